// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/otelperf/otelperf-go/otelperf/engine"
)

// addErrors takes over those of the first part that has any.
func (s *Spike) addErrors(p *engine.Part) {
	if len(s.Errors) > 0 {
		return
	}
	for _, g := range p.Errors {
		one := SpikeError{Type: g.Type, Message: g.Message, Count: g.Count}
		if g.Last.TraceID.IsValid() {
			one.LastRequest = new(refOf(g.Last))
		}
		s.Errors = append(s.Errors, one)
	}
}

// leaveOutMessages leaves types of errors alone: messages may quote data.
func (s *Spike) leaveOutMessages(in *engine.Incident) {
	for i := range s.Errors {
		s.Errors[i].Message = ""
	}
	for i := range in.Parts {
		p, of := &in.Parts[i], &s.Endpoints[i]
		if len(p.Errors) == 0 || of.Cause == "" {
			continue
		}
		if s.Cause == of.Cause {
			s.Cause = errorCause(p, false)
		}
		of.Cause = errorCause(p, false)
	}
}

// leaveOutErrors leaves out of a spike of a history what may quote the message of an error.
func (s *Spike) leaveOutErrors() {
	for i := range s.Errors {
		s.Errors[i].Message = ""
	}
	if len(s.Causes) == 0 {
		s.Cause = ""
	}
	for i := range s.Endpoints {
		if e := &s.Endpoints[i]; len(e.Causes) == 0 {
			e.Cause = ""
		}
	}
}

// causeMessage is how much of a message is in the sentence of a cause, in bytes.
const causeMessage = 120

// errorCause says how many have failed, and with what most, such as "GET /pay: 37 of 120 failed, most of them: context deadline exceeded (31 of
// 37)"; "" if that is not known. Without messages it names types alone.
func errorCause(p *engine.Part, messages bool) string {
	if len(p.Errors) == 0 {
		return ""
	}
	all, first := uint64(0), &p.Errors[0]
	for _, g := range p.Errors {
		all += g.Count
	}
	text := first.Type
	if messages && first.Message != "" {
		text, _, _ = strings.Cut(first.Message, "\n")
	} else if _, err := strconv.Atoi(text); err == nil {
		text = "status " + text
	}
	text = strings.Map(printable, text)
	if len(text) > causeMessage {
		text = strings.ToValidUTF8(text[:causeMessage], "") + "..."
	}
	word := map[engine.Matter]string{engine.Panics: "panicked", engine.ClientErrors: "were client errors"}[p.Matter]
	who := fmt.Sprintf("%s: %d of %d %s", p.Endpoint, p.Total.Above, p.Total.N, cmp.Or(word, "failed"))
	switch {
	case first.Count == all:
		return who + ", all of them: " + text
	case 2*first.Count > all:
		return fmt.Sprintf("%s, most of them: %s (%d of %d)", who, text, first.Count, all)
	}
	return fmt.Sprintf("%s, the most frequent: %s (%d of %d)", who, text, first.Count, all)
}

// printable makes a space of what is not to be seen, such as the beginning of a terminal's escape sequence.
func printable(r rune) rune {
	if !unicode.IsPrint(r) {
		return ' '
	}
	return r
}
