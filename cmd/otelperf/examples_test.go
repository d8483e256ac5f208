// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history/bolt"
)

// Every help text has examples, and every example is a command line that does what it is shown for: at a service that has all of it.
func TestExamples(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	url := exampleService(t)
	for name, text := range map[string]string{
		"slack": url + "/slack", "pagerduty": strings.Repeat("k", 32), "webhook": strings.Repeat("s", 32),
		"requests.log":  `{"ts": "2026-03-01T12:00:00Z", "took_ms": 12}` + "\n",
		"access.log.gz": `10.0.0.7 - - [01/Mar/2026:12:00:00 +0000] "GET /a HTTP/1.1" 200 12 "-" "curl" 0.012` + "\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := storeHours(filepath.Join(dir, "shop.db"), time.Now().Add(-3*time.Hour)); err != nil {
		t.Fatal(err)
	}
	// What an example needs beside what is on this machine.
	here := strings.NewReplacer("http://localhost:8080", url, "localhost:8080", url, "https://shop.example.com", url, "shop.example.com", url, "shop-1:8080", url, "shop-2:8080", url,
		"https://shop-1:8443/debug/otelperf/", url, "https://shop-2:8443/debug/otelperf/", url, "http://alertmanager:9093", url,
		"https://hooks.example.com/otelperf", url+"/hook", "/run/secrets/", dir+"/")
	for c := range every(newRoot(io.Discard)) {
		if c.Example == "" {
			t.Errorf("%s has no example", c.CommandPath())
		}
		for line := range strings.SplitSeq(c.Example, "\n") {
			command := line
			if _, rest, found := strings.Cut(line, "<("); found {
				command = strings.TrimSuffix(rest, ")")
			}
			command, _, _ = strings.Cut(command, " >")
			command, _, _ = strings.Cut(command, " |")
			words := wordsOf(command)
			if len(words) < 2 || words[0] != "otelperf" {
				t.Errorf("%s: the example %q is no command line of otelperf", c.CommandPath(), line)
				continue
			}
			got, _, err := newRoot(io.Discard).Find(words[1:])
			if err != nil || c.HasParent() && !strings.HasPrefix(got.CommandPath(), c.CommandPath()) {
				t.Errorf("%s: the example %q is of %s, %v", c.CommandPath(), line, got.CommandPath(), err)
				continue
			}
			for i := range words {
				words[i] = here.Replace(words[i])
			}
			ctx, cancel := context.WithCancel(t.Context())
			switch got.Name() {
			case "demo": // begins, and is ended
				cancel()
				words = append(words, "--listen", "127.0.0.1:0")
			case "notify":
				words = append(words, "--pagerduty-url", url+"/pagerduty")
			}
			var out, problems strings.Builder
			status := runIn(ctx, words[1:], strings.NewReader(""), &out, &problems)
			cancel()
			said := out.Len() > 0 || slices.Contains([]string{"mcp", "replay"}, got.Name()) // without a client, and without a spike, there is nothing to say
			mends := got.Name() == "doctor" && status == exitFailure                        // the service is not wired at all
			if !said || status != exitOK && !mends || problems.Len() > 0 && !mends && got.Name() != "replay" {
				t.Errorf("%s: the example %q ends with status %d and says %q, %q", c.CommandPath(), line, status, out.String(), problems.String())
			}
		}
	}
}

// exampleService is a service with what the examples speak of, and of whose wiring a real one tells.
func exampleService(t *testing.T) string {
	t.Helper()
	history, err := bolt.Open(filepath.Join(t.TempDir(), "service.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = history.Close() })
	const (
		origin = `"service": "shop", "instance": "a", "time": "2026-03-02T02:11:00Z"`
		user   = `"kind": "server", "count": 500, "p50_ms": 5, "p95_ms": 20, "p99_ms": 40, "state": "normal"`
		spike  = `{"id": "20260302T021000-1", "state": "open", "start": "2026-03-02T02:10:00Z", "reason": "p99 is 800 ms", "ack": {"by": "ana"}}`
		trace  = "27312a11000000000000000000000001"
	)
	mon, err := otelperf.New(otelperf.WithLogger(slog.New(slog.DiscardHandler)), otelperf.WithHistory(history))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mon.Shutdown(context.Background()) })
	answers := map[string]string{
		"GET summary": `{` + origin + `, "window": "5m", "window_seconds": 300, "count": 1000, "endpoints": [
			{"method": "GET", "route": "/users/{id}", ` + user + `}, {"method": "GET", "route": "/orders", ` + user + `}],
			"objectives": [{"name": "orders", "state": "ok", "pattern": "*"}]}`,
		"GET slow":                          `{` + origin + `, "slow": [{"trace_id": "` + trace + `", "method": "GET", "route": "/orders"}]}`,
		"GET slow/" + trace:                 `{` + origin + `, "trace_id": "` + trace + `", "requests": [{"trace_id": "` + trace + `", "method": "GET", "route": "/orders"}]}`,
		"GET spikes":                        `{` + origin + `, "spikes": [` + spike + `]}`,
		"POST spikes/20260302T021000-1/ack": spike, "DELETE spikes/20260302T021000-1/ack": spike,
		"GET spikes/20260302T021000-1/bundle": "PK",
		"GET marks":                           `{` + origin + `, "marks": [{"id": "m-4k2mzq7abc", "kind": "deploy", "text": "build 77"}]}`,
		"POST marks":                          `{"id": "m-4k2mzq7abc", "kind": "deploy", "text": "build 77"}`,
		"GET compare":                         `{` + origin + `, "method": "GET", "route": "/users/{id}"}`,
		"GET mutes":                           `{` + origin + `, "mutes": []}`, "POST mutes": `{"id": "4k2mzq7abc", "endpoint": "*"}`, "DELETE mutes/4k2mzq7abc": `{"id": "4k2mzq7abc"}`,
		"GET endpoints":    `{` + origin + `, "from": "2026-03-02T02:00:00Z", "to": "2026-03-02T02:01:00Z", "endpoints": [{"method": "GET", "route": "/orders", "kind": "http", "count": 5, "outcomes": {"ok": 5}}]}`,
		"GET dependencies": `{` + origin + `}`,
	}
	real := http.StripPrefix("/debug/otelperf", mon.Handler())
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, ours := strings.CutPrefix(r.URL.Path, "/debug/otelperf/")
		answer, known := answers[r.Method+" "+path]
		switch {
		case r.URL.Path == "/slack":
			_, _ = io.WriteString(w, "ok")
		case r.Method == http.MethodPost && !ours: // of a sink
			w.WriteHeader(http.StatusAccepted)
		case known:
			w.Header().Set("Content-Type", "application/json")
			if strings.HasSuffix(path, "/bundle") {
				w.Header().Set("Content-Type", "application/zip")
			}
			_, _ = io.WriteString(w, answer)
		case ours:
			real.ServeHTTP(w, r)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// Every command is completed, the values of flags that have some, and nothing that is no command.
func TestCompletion(t *testing.T) {
	for _, tt := range []struct {
		typed string
		want  []string
	}{
		{"help ch", []string{"check"}},
		{"completion ", []string{"bash", "fish", "powershell", "zsh"}},
		{"chec", []string{"check"}},
		{"summary ", nil},
		{"summary --window ", []string{"1m", "5m", "1h", "24h", "7d", "all"}},
		{"history export --what ", []string{"endpoints", "incidents", "requests", "signals", "marks"}},
		{"mute --matter ", []string{"latency", "failures", "panics", "client_errors", "silence", "objective"}},
		{"mark --kind ", []string{"deploy", "version", "config"}},
	} {
		var out, problems strings.Builder
		status := run(append([]string{"__complete"}, strings.Split(tt.typed, " ")...), strings.NewReader(""), &out, &problems)
		var got []string
		for line := range strings.Lines(out.String()) {
			if name, _, _ := strings.Cut(strings.TrimSpace(line), "\t"); !strings.HasPrefix(name, ":") {
				got = append(got, name)
			}
		}
		if status != exitOK || !slices.Equal(got, tt.want) || !strings.HasSuffix(out.String(), ":4\n") {
			t.Errorf("%q is completed to %q, status %d, %s", tt.typed, got, status, out.String())
		}
	}
}

// every yields a command and all below it.
func every(c *cobra.Command) iter.Seq[*cobra.Command] {
	return func(yield func(*cobra.Command) bool) {
		if !yield(c) {
			return
		}
		for _, sub := range c.Commands() {
			for below := range every(sub) {
				if !yield(below) {
					return
				}
			}
		}
	}
}

// wordsOf splits a command line as a shell does, as far as our examples need: at spaces outside of quotes.
func wordsOf(line string) (words []string) {
	quote := rune(0)
	fields := strings.FieldsFunc(line, func(r rune) bool {
		switch {
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		case r == quote:
			quote = 0
		}
		return quote == 0 && r == ' '
	})
	for _, w := range fields {
		words = append(words, strings.Trim(w, `'"`))
	}
	return words
}
