// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
)

const (
	hello = `{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`
	ready = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	list  = `{"jsonrpc":"2.0","id":7,"method":"tools/list"}`
)

// typed is a server to which lines can be typed.
type typed struct {
	t    testing.TB
	in   *io.PipeWriter
	out  *bufio.Reader
	done chan error
}

func typeTo(t testing.TB) *typed {
	t.Helper()
	c, err := client.New("127.0.0.1:1", client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	toServer, in := io.Pipe()
	out, fromServer := io.Pipe()
	s := &typed{t, in, bufio.NewReader(out), make(chan error, 1)}
	go func() {
		s.done <- New([]*client.Client{c}, "test").Run(t.Context(), Lines(toServer, fromServer))
		_ = fromServer.Close()
	}()
	t.Cleanup(func() {
		_ = in.Close()
		_, _ = io.Copy(io.Discard, out)
		<-s.done
	})
	return s
}

// line types a line without waiting for it to be read.
func (s *typed) line(text string) {
	go func() { _, _ = io.WriteString(s.in, text+"\n") }()
}

type reply struct {
	Version string `json:"jsonrpc"`
	ID      any    `json:"id"`
	Error   struct {
		Code    int
		Message string
	}
	Result json.RawMessage
}

func (s *typed) answer() (r reply) {
	s.t.Helper()
	text, err := s.out.ReadString('\n')
	if err == nil {
		err = json.Unmarshal([]byte(text), &r)
	}
	if err != nil || r.Version != "2.0" {
		s.t.Fatalf("the server answers %q, %v", text, err)
	}
	return r
}

// What is no message is refused, each line by an answer of its own, and the server goes on.
func TestLinesThatAreNoMessages(t *testing.T) {
	s := typeTo(t)
	s.line(hello)
	if r := s.answer(); r.ID != "hello" || r.Error.Code != 0 {
		t.Fatalf("it answers %+v", r)
	}
	s.line(ready)
	for _, tt := range []struct {
		line string
		code int
		id   any
		want string
	}{
		{"hello", -32700, nil, "no JSON"},
		{"", -32700, nil, "empty"},
		{"  \t", -32700, nil, "empty"},
		{"{", -32700, nil, "no JSON"},
		{list + list, -32700, nil, "no JSON"},
		{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", -32700, nil, "no UTF-8"},
		{`{"jsonrpc":"1.0","id":3,"method":"tools/list"}`, -32600, 3.0, `"1.0"`},
		{`{"id":"x","method":"tools/list"}`, -32600, "x", "2.0"},
		{`{"jsonrpc":"2.0","id":{"a":1},"method":"tools/list"}`, -32600, nil, ""},
		{`{"jsonrpc":"2.0","id":4,"method":5}`, -32600, 4.0, ""},
		{`{"jsonrpc":"2.0"}`, -32600, nil, ""},
		{`[` + list + `]`, -32600, nil, ""},
		{`null`, -32600, nil, ""},
		{`{"jsonrpc":"2.0","id":5,"method":"tools/list","params":"` + strings.Repeat("x", 3*MaxMessage) + `"}`, -32600, nil, fmt.Sprintf("more than %d bytes", MaxMessage)},
		{`{"jsonrpc":"1.0","id":"` + strings.Repeat("i", MaxMessage/2) + `"}`, -32600, nil, ""},
	} {
		s.line(tt.line)
		r := s.answer()
		if r.Error.Code != tt.code || r.ID != tt.id || !strings.Contains(r.Error.Message, tt.want) || len(r.Error.Message) > 400 {
			t.Errorf("%.60q is answered %+v, want %d of %v with %q", tt.line, r, tt.code, tt.id, tt.want)
		}
		s.line(list + "\r") // as on Windows
		if r := s.answer(); r.ID != 7.0 || r.Result == nil {
			t.Fatalf("after %.60q the tools are %+v", tt.line, r)
		}
	}
}

// The last line may lack its end; it is answered, and then the server ends without an error.
func TestEndOfLines(t *testing.T) {
	s := typeTo(t)
	s.line(hello)
	s.answer()
	go func() {
		_, _ = io.WriteString(s.in, list)
		_ = s.in.Close()
	}()
	if r := s.answer(); r.ID != 7.0 {
		t.Errorf("it answers %+v", r)
	}
	err := <-s.done
	if s.done <- err; err != nil {
		t.Errorf("it ends with %v", err)
	}
}

// FuzzLines lets a client send any lines: each is a message or is refused with one line of UTF-8.
func FuzzLines(f *testing.F) {
	for _, line := range []string{hello, ready, list, "", "null", `{"jsonrpc":"2.0","id":1e999}`, "\xff", `{"id":"\u0000"}`} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		m, refused := messageOf(lineRead{line: line})
		if (m == nil) == (refused == nil) || !utf8.Valid(refused) || refused != nil && !json.Valid(refused) || strings.ContainsRune(string(refused), '\n') {
			t.Errorf("%q is %v, refused with %q", line, m, refused)
		}
	})
}
