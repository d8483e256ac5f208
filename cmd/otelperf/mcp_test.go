// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/agent"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
)

const (
	demoPatience = 4 * time.Minute // until the demo's incident has a cause; it begins after 45 seconds
	mostCalls    = 3               // from "what is wrong?" to the line of code
	slowed       = "GET /products/{id}"
)

// An agent that knows nothing but what the server says gets from "what is wrong?" to the cause that the demo injects and its line of
// code in three calls at most, in memory and over the command's standard input and output.
func TestAgentFindsTheCause(t *testing.T) {
	if testing.Short() {
		t.Skip("the demo's incident begins after 45 seconds")
	}
	t.Parallel()
	url, want := startDemo(t), lineOf(t, "internal/demo/story.go", "s.prices.RLock()")
	c, err := client.New(url, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	ours, theirs := mcp.NewInMemoryTransports()
	if _, err := agent.New([]*client.Client{c}, "test").Connect(t.Context(), ours, nil); err != nil {
		t.Fatal(err)
	}
	inMemory := newSession(t, theirs)
	waitForCause(t, inMemory)

	command := exec.Command("otelperf", "mcp", url)
	var stderr strings.Builder
	command.Stderr = &stderr
	overStdio := newSession(t, &mcp.CommandTransport{Command: command})
	for name, session := range map[string]*mcp.ClientSession{"in memory": inMemory, "over stdio": overStdio} {
		called := investigate(t, session, want)
		t.Logf("%s: %s", name, strings.Join(called, " → "))
		if len(called) > mostCalls {
			t.Errorf("%s: %s is found by %d calls: %s", name, want, len(called), strings.Join(called, ", "))
		}
	}
	if err := overStdio.Close(); err != nil || command.ProcessState.ExitCode() != 0 || stderr.Len() > 0 {
		t.Errorf("the command ends with %v, %v, and says %q", err, command.ProcessState, stderr.String())
	}
}

// investigate follows the answers until the cause and, of one request or of several, what they waited for name the line. It returns the tools.
func investigate(t *testing.T, s *mcp.ClientSession, line string) (called []string) {
	t.Helper()
	var wrong struct {
		Open []struct {
			ID, URL   string
			Endpoints []string
			Cause     string
		} `json:"open_incidents"`
		Title string
		Next  []struct{ Arguments map[string]string }
	}
	callTool(t, s, "whats_wrong", nil, &wrong)
	if len(wrong.Open) > 0 && (wrong.Next[0].Arguments["id"] != wrong.Open[0].ID || !strings.Contains(wrong.Title, wrong.Open[0].Endpoints[0])) {
		t.Errorf("%q leads to %v, and the first incident is %+v", wrong.Title, wrong.Next, wrong.Open[0])
	}
	called = append(called, "whats_wrong")
	for _, in := range wrong.Open {
		if in.Endpoints[0] != slowed {
			continue
		}
		if !strings.Contains(in.Cause, "waiting for the read-write lock at "+line+", held by goroutine demo.(*story).tell") {
			t.Errorf("the cause is %q, want %s in it", in.Cause, line)
		}
		var all struct {
			Causes   []struct{ Sentence, Source string }
			Recorded []struct {
				States []struct{ State, Reason string }
			}
			Next []struct {
				Tool      string
				Arguments map[string]any
			}
		}
		callTool(t, s, "get_incident", map[string]any{"id": in.ID, "url": in.URL}, &all)
		called = append(called, "get_incident")
		if len(all.Causes) == 0 || all.Causes[0].Source != "recording" || !strings.Contains(all.Causes[0].Sentence, line) {
			t.Errorf("the causes are %+v", all.Causes)
		}
		waited := false // on a busy machine it has waited for a CPU, too, and for longer
		for _, r := range all.Recorded {
			for _, state := range r.States {
				waited = waited || state.State == "rwlock" && strings.Contains(state.Reason, line)
			}
		}
		if !waited {
			t.Errorf("the recorded requests are %+v", all.Recorded)
		}
		var trace struct {
			Requests []struct{ Endpoint, Incident string }
		}
		callTool(t, s, all.Next[0].Tool, all.Next[0].Arguments, &trace)
		called = append(called, all.Next[0].Tool)
		if len(trace.Requests) > 0 && trace.Requests[0].Endpoint != slowed { // none is stored yet where it is busy
			t.Errorf("the slow request is %+v", trace.Requests)
		}
		return called
	}
	t.Errorf("what is wrong: %+v", wrong)
	return called
}

// waitForCause waits until the demo's incident is explained.
func waitForCause(t *testing.T, s *mcp.ClientSession) {
	t.Helper()
	for deadline := time.Now().Add(demoPatience); ; time.Sleep(500 * time.Millisecond) {
		var wrong struct {
			Open []struct {
				Endpoints []string
				Cause     string
			} `json:"open_incidents"`
		}
		text := callTool(t, s, "whats_wrong", nil, &wrong)
		for _, in := range wrong.Open { // another incident may name a line before
			if in.Endpoints[0] == slowed && strings.Contains(in.Cause, "story.go:") {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %v there is no cause:\n%s", demoPatience, text)
		}
	}
}

func newSession(t *testing.T, transport mcp.Transport) *mcp.ClientSession {
	t.Helper()
	s, err := mcp.NewClient(&mcp.Implementation{Name: "test"}, nil).Connect(t.Context(), transport, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// callTool reads the answer into out, and returns its text.
func callTool(t *testing.T, s *mcp.ClientSession, tool string, args map[string]any, out any) string {
	t.Helper()
	r, err := s.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: args})
	if err != nil {
		t.Fatal(err)
	}
	text := r.Content[0].(*mcp.TextContent).Text
	if r.IsError {
		t.Fatalf("%s %v: %s", tool, args, text)
	}
	body, err := json.Marshal(r.StructuredContent)
	if err == nil && out != nil {
		err = json.Unmarshal(body, out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

var announced = regexp.MustCompile(`http://[0-9.:]+/debug/otelperf/`)

// startDemo starts the demo with its incident, and returns where it is.
func startDemo(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("otelperf", "demo", "--spike", "--for", "0", "--listen", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	url := announced.FindString(first)
	if err != nil || url == "" {
		t.Fatalf("the demo says %q, %v", first, err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(io.Discard, lines)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		<-read
		_ = cmd.Wait()
	})
	return url
}

// lineOf is FILE:LINE of the only line with a text.
func lineOf(t *testing.T, path, text string) string {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil || strings.Count(string(source), text) != 1 {
		t.Fatalf("%s has %s %d times, %v", path, text, strings.Count(string(source), text), err)
	}
	before, _, _ := strings.Cut(string(source), text)
	return fmt.Sprintf("%s:%d", path[strings.LastIndexByte(path, '/')+1:], strings.Count(before, "\n")+1)
}
