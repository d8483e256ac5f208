// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/otelperf"
)

func TestProgram(t *testing.T) {
	p := startProgram(t)
	for _, path := range []string{"/books", "/books/0", "/books/1", "/books/2", "/books/7", "/nope"} {
		p.get(t, path)
	}
	var s otelperf.Summary
	if err := json.Unmarshal(p.get(t, "/debug/otelperf/summary?window=all"), &s); err != nil {
		t.Fatal(err)
	}
	got := map[string]uint64{}
	for name, row := range s.EndpointBreakdown {
		got[name] = row.Count
	}
	if s.Service != "books" || s.TotalRequests != 6 || got["GET /books"] != 1 || got["GET /books/{id}"] != 4 || got["GET (unmatched)"] != 1 || len(got) != 3 {
		t.Errorf("service %s, %d requests %v", s.Service, s.TotalRequests, got)
	}
	if !slices.ContainsFunc(s.SlowQueries, func(r otelperf.SlowRequest) bool { return r.Path == "/books/2" }) {
		t.Errorf("%d slow requests: %+v", s.SlowQueriesCount, s.SlowQueries)
	}
	exported := p.interrupt(t)
	if !strings.Contains(exported, `"Name":"otelperf.request.duration"`) {
		t.Errorf("otelperf.request.duration was not exported:\n%s", exported)
	}
}

// program is the example as it runs.
type program struct {
	cmd    *exec.Cmd
	url    string
	stderr bytes.Buffer
}

func startProgram(t *testing.T) *program {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "books.exe")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p := &program{cmd: exec.CommandContext(t.Context(), binary, "-listen", "127.0.0.1:0")}
	p.cmd.Stderr = &p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "books: ")
	if !ok {
		t.Fatalf("the first line is %q", line)
	}
	p.url = strings.TrimSuffix(url, "/books")
	return p
}

func (p *program) get(t *testing.T, path string) []byte {
	t.Helper()
	client := http.Client{Timeout: exampletest.Patience}
	resp, err := client.Get(p.url + path)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// interrupt ends the program as Ctrl-C does and returns what it wrote to standard error.
func (p *program) interrupt(t *testing.T) string {
	t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, p.stderr.String())
	}
	return p.stderr.String()
}
