// SPDX-License-Identifier: Apache-2.0

package top

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf"
)

func TestScreens(t *testing.T) {
	a := newService(t, "a")
	s := newScreen(t, 120, 18, a)
	s.golden("wide")
	s.send(tea.WindowSizeMsg{Width: 60, Height: 12})
	s.golden("narrow")
	s.send(tea.WindowSizeMsg{Width: 120, Height: 36})
	s.run(s.press("enter"))
	s.golden("endpoint")
	s.press("esc")
	s.run(s.press("c"))
	s.golden("compare")
	s.press("esc", "tab")
	s.run(s.press("enter"))
	s.has("SELECT carts  spiking", "tenant=acme")
	s.press("esc", "tab")
	s.run(s.press("enter"))
	s.golden("slow")
	s.press("esc", "tab", "enter")
	s.golden("spike")
	s.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	s.press("esc", "?")
	s.golden("help")
}

// At any size every line fits, and there are as many as the terminal has.
func TestEverySizeFits(t *testing.T) {
	a, b := newService(t, "a"), newService(t, "b")
	s := newScreen(t, 80, 24, a, b)
	for _, mode := range [][]string{nil, {"enter"}, {"esc", "?"}, {"x", "/", "z"}} {
		s.press(mode...)
		for width := 1; width < 200; width += 19 {
			for height := 1; height < 60; height += 7 {
				s.send(tea.WindowSizeMsg{Width: width, Height: height})
				lines := strings.Split(s.View().Content, "\n")
				if width >= minWidth && height >= minHeight && len(lines) != height {
					t.Fatalf("%dx%d: %d lines", width, height, len(lines))
				}
				for _, l := range lines {
					if w := ansi.StringWidth(l); width >= minWidth && w > width {
						t.Fatalf("%dx%d: %q is %d wide", width, height, l, w)
					}
				}
			}
		}
	}
}

// What a client put into a path does not reach the terminal.
func TestEscapesAreNeutralised(t *testing.T) {
	s := newScreen(t, 120, 30, newService(t, "a\x1b]0;x\a"))
	content := s.View().Content
	for _, bad := range []string{"\x1b[31mred", "\u202e", "\x1b]0", "\a"} {
		if strings.Contains(content, bad) {
			t.Errorf("%q is on the screen", bad)
		}
	}
	s.has("/?[31mred?")
}

func TestSurvivesARestart(t *testing.T) {
	a := newService(t, "a")
	s := newScreen(t, 180, 24, a)
	s.hasNot("no answer")
	a.down.Store(true)
	s.poll()
	s.has("no answer since", "the last was at", "GET /checkout", "p99 410 ms") // the numbers stay
	a.down.Store(false)
	a.summary.UptimeSeconds = 2
	s.poll()
	s.has("restarted at")
	s.hasNot("no answer")
	s.now = s.now.Add(2 * newsHolds)
	s.hasNot("restarted")
}

// The verdict stands above all else; of several instances it is that of the worst.
func TestVerdict(t *testing.T) {
	a, b := newService(t, "a"), newService(t, "b")
	a.summary.Spikes, b.summary.Spikes = nil, nil
	a.summary.Verdict = otelperf.Verdict{Status: "ok", Title: "Nothing is wrong", Detail: "4 endpoints are judged, and within what is usual."}
	b.summary.Verdict = a.summary.Verdict
	s := newScreen(t, 140, 24, a, b)
	s.has("OK  Nothing is wrong. 4 endpoints are judged")
	b.summary.Verdict = otelperf.Verdict{Status: "unknown", Title: "Cannot tell yet"}
	s.poll()
	s.has("UNKNOWN  b: Cannot tell yet")
	a.summary.Verdict = otelperf.Verdict{Status: "failing", Title: "GET /pay is failing"}
	s.poll()
	s.has("FAILING  a: GET /pay is failing; 1 more instance not well")
}

func TestStartsWithNobodyThere(t *testing.T) {
	a := newService(t, "a")
	a.down.Store(true)
	s := newScreen(t, 120, 20, a)
	s.has("waiting for the first answer", "no answer since")
	s.press("enter", "tab", "enter", "s", "/", "x", "enter") // there is nothing to do it to
	a.down.Store(false)
	s.press("esc")
	s.poll()
	s.has("GET /checkout", "GET /products")
}

func TestLoadBalancerIsRecognised(t *testing.T) {
	a := newService(t, "a")
	s := newScreen(t, 140, 20, a)
	for _, name := range []string{"b", "a"} {
		a.summary.Instance = name
		s.poll()
	}
	s.has("several instances answer in turn")
}

// One URL answers for all instances, behind a load balancer too, and f turns to them and back.
func TestFleet(t *testing.T) {
	a := newService(t, "a")
	s := newScreen(t, 140, 30, a)
	s.press("f")
	s.has("WithFleet(store)")
	a.shared()
	for _, name := range []string{"b", "a"} {
		a.summary.Instance = name
		s.poll()
	}
	s.has("f shows all of them together")
	s.run(s.press("f"))
	s.has("all 2 instances, numbers up to 4s old", "16.0/s", "b is out of line at GET /checkout", "the other instances could not be read (connection refused)", "1 of the entries", "  b  ")
	for _, text := range []string{"in turn", "restarted", "up 2m5s"} {
		s.hasNot(text)
	}
	s.press("tab", "tab", "tab", "a")
	s.has("is at b: ask that instance itself")
	for range 4 {
		s.run(s.press("w"))
	}
	if got := strings.Join(a.windows, " "); strings.Contains(got, "24h") || !strings.HasSuffix(got, "1h all 1m 5m") {
		t.Errorf("windows %s were asked for", got)
	}
	s.run(s.press("f"))
	s.has("up 2m5s", " 8.00/s")
	s.hasNot("16.0/s")
	s.hasNot("out of line at GET")
	b := newService(t, "b")
	two := newScreen(t, 140, 30, a, b)
	two.press("f")
	two.has("give one alone")
}

func TestSeveralInstances(t *testing.T) {
	a, b := newService(t, "a"), newService(t, "b")
	a.noRows, b.noRows = true, true
	s := newScreen(t, 140, 30, a, b)
	// They give no histograms here: counts add, and there is no quantile.
	s.has("2 instances", "16.0/s", "p99 -", "gives no histograms")
	b.down.Store(true)
	s.poll()
	s.has("8.00/s", "p99 410 ms", b.URL)
}

func TestSortAndFilter(t *testing.T) {
	s := newScreen(t, 120, 20, newService(t, "a"))
	order := func() (names string) {
		for _, r := range s.rows() {
			names += strings.TrimPrefix(r.Route, "/")[:1]
		}
		return names
	}
	for _, want := range []string{"cp\x1be", "cp\x1be", "cp\x1be", "pc\x1be"} { // impact, p99, ratio, rate
		if got := order(); got != want {
			t.Errorf("by %s the order is %q, want %q", sortings[s.sort].name, got, want)
		}
		s.press("s")
	}
	s.sort = 1
	s.press("r")
	if got := order(); got != "\x1bpce" { // no data stays last
		t.Errorf("the other way round it is %q", got)
	}
	s.press("r", "/", "C", "H", "E", "x", "backspace", "tab")
	if got := order(); got != "c" {
		t.Errorf("filter %q leaves %q", s.filter, got)
	}
	s.has(`filter "CHE"`)
	s.hasNot("GET /products")
	s.press("esc")
	if got := order(); len(got) != 4 {
		t.Errorf("without a filter there are %q", got)
	}
	s.press("/")
	s.send(tea.PasteMsg{Content: strings.Repeat("\x1bab\n", 100)})
	if len(s.filter) != maxFilter || strings.ContainsAny(s.filter, "\x1b\n") {
		t.Errorf("what was pasted is %q", s.filter)
	}
}

// The cursor stays on its endpoint when the order changes.
func TestCursorFollowsItsLine(t *testing.T) {
	a := newService(t, "a")
	s := newScreen(t, 120, 24, a)
	s.press("s", "down") // by p99
	a.summary.Endpoints[2].P99Ms = new(5000.0)
	s.poll()
	if i := s.cursor(endpointPanel); s.rows()[i].Route != "/products" || i != 0 {
		t.Errorf("cursor is at %d, on %s", i, s.rows()[i].Route)
	}
	s.press("end", "down")
	if i := s.cursor(endpointPanel); i != 3 {
		t.Errorf("at the end the cursor is at %d", i)
	}
	a.summary.Endpoints = a.summary.Endpoints[:1]
	s.poll()
	if i := s.cursor(endpointPanel); i != 0 {
		t.Errorf("on an endpoint that is gone the cursor is at %d", i)
	}
}

func TestWindowAsksAgain(t *testing.T) {
	a := newService(t, "a")
	s := newScreen(t, 120, 20, a)
	late := s.send(tickMsg{s.seq, time.Now()}) // a poll for 5m is under way
	cmd := s.press("w")
	if next := s.run(late); next != nil {
		t.Error("the answer for another window goes on polling: there would be two chains")
	}
	s.run(cmd)
	s.has("window 1h")
	if got := a.windows[len(a.windows)-1]; got != "1h" {
		t.Errorf("asked for %s", got)
	}
	if s.send(tickMsg{s.seq - 1, time.Now()}) != nil {
		t.Error("an old tick polls")
	}
}

func TestPause(t *testing.T) {
	a := newService(t, "a")
	s := newScreen(t, 120, 20, a)
	s.press("p")
	s.has("PAUSED")
	asked := len(a.windows)
	s.run(s.send(tickMsg{s.seq, time.Now()}))
	if len(a.windows) != asked {
		t.Error("it polls while it is paused")
	}
	s.press("p")
	s.poll()
	if len(a.windows) != asked+1 {
		t.Errorf("it polled %d times after the pause", len(a.windows)-asked)
	}
}

func TestTrends(t *testing.T) {
	a := newService(t, "a")
	s := newScreen(t, 120, 24, a)
	s.has("P99 BY POLL")
	a.trends = map[string][]*float64{"GET /checkout": {nil, new(200.0), new(200.0), new(800.0)}, "postgresql SELECT carts": {new(90.0), new(610.0)}}
	s.trendAt = time.Time{}
	s.poll()
	s.has("P99 BY MINUTE", "▃▃█ spiking", "▂█ spiking")
}

func TestSpark(t *testing.T) {
	nan := math.NaN()
	tests := []struct {
		values   []float64
		baseline *float64
		want     string
	}{
		{nil, nil, "      "},
		{[]float64{1, 1, 1}, nil, "   ▅▅▅"},
		{[]float64{1, nan, 2}, new(1.0), "   ▅ █"},
		{[]float64{9, 1, 2, 3, 4, 5, 6}, new(1.0), "▂▃▅▆▇█"},
		{[]float64{0, -1, math.Inf(1)}, nil, "   ▁▁▁"},
		{[]float64{math.MaxFloat64}, new(math.MaxFloat64), "     █"},
	}
	for _, tt := range tests {
		if got := spark(tt.values, tt.baseline, 6); got != tt.want {
			t.Errorf("spark(%v, %v) is %q, want %q", tt.values, tt.baseline, got, tt.want)
		}
	}
}

func TestHistoryIsBounded(t *testing.T) {
	a := newService(t, "a")
	s := newScreen(t, 120, 20, a)
	for range maxSamples + 5 {
		s.history.add(s.view)
	}
	for i := range 3 * maxNames {
		v := a.summary
		v.Instance = fmt.Sprint(i)
		s.sources[0].note(&fleet.Answer{Summary: &v}, time.Now())
	}
	if n := len(s.history.samples[rowKey(&s.view.Endpoints[0])]); n != maxSamples {
		t.Errorf("%d samples are kept, want %d", n, maxSamples)
	}
	if n := len(s.sources[0].names); n != maxNames {
		t.Errorf("%d names are kept, want %d", n, maxNames)
	}
}

// The whole program: it draws, and a key or the end of the context ends it without an error.
func TestRun(t *testing.T) {
	a := newService(t, "a")
	c, err := client.New(a.URL, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var out bytes.Buffer
	config := Config{Clients: []*client.Client{c}, Window: otelperf.Window5m, Every: 100 * time.Millisecond}
	if err := Run(t.Context(), config, strings.NewReader("q"), &out); err != nil {
		t.Errorf("a key ends it with %v", err)
	}
}
