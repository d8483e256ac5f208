// SPDX-License-Identifier: Apache-2.0

package top

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
)

// Captures are what a terminal shows: testdata/tmux has them, and
//
//	go test ./internal/top -run Captures -update
//
// makes them anew, with tmux where there is one. OTELPERF_REQUIRE=tmux fails where there is none.
var captures = []struct{ width, height int }{{80, 24}, {120, 40}, {200, 60}}

// shown are the screens of each size, by the keys that lead there from the list.
var shown = []struct {
	name string
	keys []string
}{{"list", nil}, {"why", []string{"Enter"}}, {"help", []string{"?"}}}

// largeService has routes that differ at their ends alone, and minutes of all.
func largeService(t *testing.T) *service {
	s := newService(t, "a")
	s.mu.Lock() // who asks may be another process
	defer s.mu.Unlock()
	for i, end := range []string{"comments", "labels", "assignees", "timeline", "attachments", "reactions", "milestone", "subscribers", "links", "history", "events", "locks"} {
		r := s.summary.Endpoints[2]
		r.Route = "/api/v2/organizations/{organization}/projects/{project}/issues/{issue}/" + end
		r.Rate, r.Count, r.Impact = new(6-float64(i)/2), uint64(60-4*i), 20-float64(i)
		s.summary.Endpoints = append(s.summary.Endpoints, r)
	}
	s.trends = map[string][]*float64{}
	for _, rows := range [][]otelperf.EndpointRow{s.summary.Endpoints, s.summary.Dependencies} {
		for i := range rows {
			if r := &rows[i]; r.P99Ms != nil {
				usual := *r.BaselineP99Ms
				s.trends[r.Name()] = append(slices.Repeat([]*float64{&usual, new(usual * 0.8)}, 13), r.P99Ms, r.P99Ms)
			}
		}
	}
	return s
}

func TestCaptures(t *testing.T) {
	for _, size := range captures {
		s := newScreen(t, size.width, size.height, largeService(t))
		for _, screen := range shown {
			t.Run(fmt.Sprintf("%dx%d-%s", size.width, size.height, screen.name), func(t *testing.T) {
				for _, key := range screen.keys {
					if cmd := s.press(strings.ToLower(key)); cmd != nil {
						s.run(cmd)
					}
				}
				s.golden(strings.ReplaceAll(t.Name(), "TestCaptures", "tmux"))
				s.press("esc")
			})
		}
	}
}

// The same on a terminal of tmux: what Bubble Tea writes leads to what the model draws.
func TestCapturesOfTmux(t *testing.T) {
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		if slices.Contains(strings.FieldsFunc(os.Getenv("OTELPERF_REQUIRE"), func(r rune) bool { return r == ' ' || r == ',' || r == '\t' }), "tmux") {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "tmux.conf")
	if err := os.WriteFile(config, []byte("set -g status off\nset -g default-terminal screen-256color\nset -s escape-time 0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	socket := ""
	in := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(tmux, append([]string{"-S", socket, "-f", config}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("tmux %q: %v: %s", args, err, out)
		}
		return string(out)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// waitFor has the terminal show a capture.
	waitFor := func(name string) {
		t.Helper()
		want, err := os.ReadFile(filepath.Join("testdata", "tmux", name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for deadline := time.Now().Add(time.Minute); got != string(want) && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			got = trimmed(in("capture-pane", "-p"))
		}
		if got != string(want) {
			t.Fatalf("%s: tmux shows\n%s\nwant\n%s", name, got, want)
		}
	}
	s := largeService(t)
	for i, size := range captures {
		socket = filepath.Join(dir, fmt.Sprint(i)) // a server of its own
		name := fmt.Sprintf("%dx%d-", size.width, size.height)
		in("new-session", "-d", "-x", fmt.Sprint(size.width), "-y", fmt.Sprint(size.height), "-e", "LC_ALL=C.UTF-8", "-e", topURL+"="+s.URL, self)
		for _, screen := range shown {
			waitFor(name + "list") // Escape and a key that follow each other at once are another key
			for _, key := range screen.keys {
				in("send-keys", key)
			}
			waitFor(name + screen.name)
			if screen.keys != nil {
				in("send-keys", "Escape")
			}
		}
		in("kill-server")
	}
}

// trimmed is text without spaces at the ends of its lines.
func trimmed(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}

// topURL is the variable by which this test binary becomes the program that tmux runs.
const topURL = "OTELPERF_TEST_TOP_URL"

// runTop shows the service at a URL until it is ended.
func runTop(url string) int {
	c, err := client.New(url, client.Options{Timeout: time.Minute})
	if err != nil {
		return 1
	}
	defer c.Close()
	config := Config{Clients: []*client.Client{c}, Window: otelperf.Window5m, Every: 500 * time.Millisecond, By: "ben"}
	if err := Run(context.Background(), config, os.Stdin, os.Stdout); err != nil {
		return 1
	}
	return 0
}
