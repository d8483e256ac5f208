// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
)

// ending is what every answer has beside what was asked for.
type ending struct {
	Unanswered []unanswered `json:"unanswered,omitempty" jsonschema:"services that did not answer, and why: nothing of them is in this answer"`
	LeftOut    []string     `json:"left_out,omitempty" jsonschema:"what this answer leaves out, and how to see it"`
	Next       []step       `json:"next,omitempty" jsonschema:"calls that lead on, the best first"`

	cut map[string]int // index in LeftOut of the note on a list
}

type unanswered struct {
	URL   string `json:"url"`
	Error string `json:"error"`
	err   error
}

// forget takes out those that only lack what was asked for.
func (e *ending) forget() {
	e.Unanswered = slices.DeleteFunc(e.Unanswered, func(u unanswered) bool { return errors.Is(u.err, client.ErrNotFound) })
}

// step is a call of a tool.
type step struct {
	Tool      string            `json:"tool"`
	Arguments map[string]string `json:"arguments,omitempty"`
	Why       string            `json:"why"`
}

func (e *ending) end() *ending { return e }

func (e *ending) leaveOut(format string, args ...any) {
	e.LeftOut = append(e.LeftOut, fmt.Sprintf(format, args...))
}

// replaceNote says what a list lacks, once.
func (e *ending) replaceNote(list, note string) {
	if i, ok := e.cut[list]; ok {
		e.LeftOut[i] = note
		return
	}
	if e.cut == nil {
		e.cut = map[string]int{}
	}
	e.cut[list] = len(e.LeftOut)
	e.LeftOut = append(e.LeftOut, note)
}

// then adds a call that leads on; arguments are names and values in turn. Empty values are left out.
func (e *ending) then(tool, why string, arguments ...string) {
	s := step{Tool: tool, Why: why}
	for pair := range slices.Chunk(arguments, 2) {
		if pair[1] == "" {
			continue
		}
		if s.Arguments == nil {
			s.Arguments = map[string]string{}
		}
		s.Arguments[pair[0]] = pair[1]
	}
	e.Next = append(e.Next, s)
}

// stay has the calls that lead on be of the same past time as the answer.
func (e *ending) stay(v values) {
	for i := range e.Next {
		s := &e.Next[i]
		if v.text("at") == "" || !strings.HasPrefix(s.Tool, "list_") && s.Tool != traceTool.name {
			continue
		}
		if s.Arguments == nil {
			s.Arguments = map[string]string{}
		}
		s.Arguments["at"], s.Arguments["for"] = v.text("at"), v.text("for")
	}
}

func (e *ending) text() string {
	var b strings.Builder
	for _, u := range e.Unanswered {
		fmt.Fprintf(&b, "No answer from %s: %s\n", u.URL, u.Error)
	}
	for _, text := range e.LeftOut {
		fmt.Fprintf(&b, "Left out: %s\n", text)
	}
	for _, s := range e.Next {
		arguments := []byte("{}")
		if s.Arguments != nil {
			arguments, _ = json.Marshal(s.Arguments) // texts alone
		}
		fmt.Fprintf(&b, "Next: %s %s: %s\n", s.Tool, inJSON.Replace(string(arguments)), s.Why)
	}
	return b.String()
}
