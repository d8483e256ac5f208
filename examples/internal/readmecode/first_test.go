// SPDX-License-Identifier: Apache-2.0

package readmecode

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
)

// All Go code in the READMEs of the module compiles, and the programs of the first one do what it says.
func TestFirstReadme(t *testing.T) {
	blocks, err := Blocks(module)
	if err != nil {
		t.Fatal(err)
	}
	binaries, err := Build(module, t.TempDir(), blocks)
	if err != nil {
		t.Fatal(err)
	}
	programs := 0
	for i, b := range blocks {
		if b.File != "README.md" {
			continue
		}
		programs++
		t.Run(b.Name(), func(t *testing.T) {
			t.Parallel()
			if binaries[i] == "" {
				t.Fatal("the code of the first README is not a whole program")
			}
			useProgram(t, binaries[i])
		})
	}
	if programs != 2 {
		t.Errorf("the README has %d programs, want one with a pipeline and one without", programs)
	}
}

// useProgram starts a program of the README, sends it requests, looks at its numbers and ends it.
func useProgram(t *testing.T, binary string) {
	began := time.Now()
	base, end := startProgram(t, binary)
	const requests = 20
	for range requests {
		if status, body := fetch(t, base+"/hello/gopher"); status != http.StatusOK || body != "Hello, gopher\n" {
			t.Fatalf("reply %d %q", status, body)
		}
	}
	if status, _ := fetch(t, base+"/debug/otelperf/"); status != http.StatusOK {
		t.Errorf("the page is answered with %d", status)
	}
	var summary struct {
		Service       string
		TotalRequests int `json:"total_requests"`
		Endpoints     []struct {
			Method, Route string
			Count         int
			P99           *float64 `json:"p99_ms"`
		}
	}
	exampletest.Eventually(t, "the summary has all requests", func() bool { // one that was made a moment before may be answered
		status, body := fetch(t, base+"/debug/otelperf/summary")
		if err := json.Unmarshal([]byte(body), &summary); status != http.StatusOK || err != nil {
			t.Fatalf("the summary is %d %.200s, %v", status, body, err)
		}
		return summary.TotalRequests >= requests
	})
	if summary.Service != "elsewhere" {
		t.Errorf("the service is %q, want what the environment says", summary.Service)
	}
	if len(summary.Endpoints) != 1 || summary.Endpoints[0].Method != "GET" || summary.Endpoints[0].Route != "/hello/{name}" || summary.Endpoints[0].Count != requests {
		t.Errorf("the summary has %+v, want %d requests of GET /hello/{name} and nothing of what only watches", summary, requests)
	} else if p99 := summary.Endpoints[0].P99; p99 == nil || *p99 <= 0 || *p99 > exampletest.Patience.Seconds()*1000 {
		t.Errorf("the endpoint has no p99: %v", p99)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("the numbers came after %v", took)
	}
	end()
}

var shownURL = regexp.MustCompile(`(http://[^/]+)/debug/otelperf/\n`)

// startProgram starts a program at any free port and returns what the URLs of its paths begin with. end interrupts it, and it has to
// come to a good end.
func startProgram(t *testing.T, binary string) (base string, end func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, "-listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "OTEL_SERVICE_NAME=elsewhere")
	cmd.Stdout = os.Stderr
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	out := bufio.NewReader(stderr)
	first, err := out.ReadString('\n')
	shown := shownURL.FindStringSubmatch(first)
	if err != nil || shown == nil {
		t.Fatalf("the program says %q, %v, and not where its page is", first, err)
	}
	return shown[1], func() {
		t.Helper()
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		rest, _ := io.ReadAll(out)
		if err := cmd.Wait(); err != nil || strings.TrimSpace(string(rest)) != "" {
			t.Errorf("after an interrupt: %v, and it says %q", err, rest)
		}
	}
}

func fetch(t *testing.T, url string) (status int, body string) {
	t.Helper()
	client := http.Client{Timeout: exampletest.Patience}
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}
