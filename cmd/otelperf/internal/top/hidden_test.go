// SPDX-License-Identifier: Apache-2.0

package top

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/otelperf/otelperf-go/otelperf"
)

// What the screen has no room for, or the filter leaves out, is said with the key that shows it.
func TestHiddenIsSaid(t *testing.T) {
	s := newScreen(t, 80, 24, largeService(t))
	s.has("10 more rows: ↓", "1 more line of why: enter")
	s.press("/", "c", "a", "r", "t", "enter")
	s.has("19 filtered out: esc")
	s.press("esc")
	s.send(tea.WindowSizeMsg{Width: 200, Height: 60})
	s.hasNot(" … ")
	s.send(tea.WindowSizeMsg{Width: 120, Height: 12})
	s.has("more rows: ↓", "2 dependencies: d", "2 slow requests: tab")
}

// Rows that differ in their middle alone do so on the screen, too, and the lines of slow requests.
func TestRowsStayDifferent(t *testing.T) {
	a := newService(t, "a")
	for _, tenant := range []string{"alpha", "beta", "gamma", "delta"} {
		r := a.summary.Endpoints[2]
		r.Route = "/api/v2/organizations/{organization}/" + tenant + "/projects/{project}/issues/{issue}"
		a.summary.Endpoints = append(a.summary.Endpoints, r)
		q := a.summary.SlowQueries[1]
		q.Route = r.Route
		a.summary.SlowQueries = append(a.summary.SlowQueries, q)
	}
	s := newScreen(t, 80, 40, a)
	for _, tenant := range []string{"alpha", "beta", "gamma", "delta"} {
		if n := strings.Count(s.text(), "/"+tenant); n != 2 {
			t.Errorf("%s is shown %d times on\n%s", tenant, n, s.text())
		}
	}
}

// WHY is of what the headline names, wherever the cursor stands, and never what is known of another endpoint.
func TestWhyIsOfTheHeadline(t *testing.T) {
	a := newService(t, "a")
	other := a.summary.Spikes[0]
	other.ID = "sp-2"
	other.Endpoints = []otelperf.SpikeEndpoint{{Method: "GET", Route: "/products", Kind: "server", Matter: "failures", State: "open", Cause: "all of them: pool is empty"}}
	other.Causes, other.After = nil, nil
	a.summary.Spikes[0].Endpoints[0].Matter = "latency"
	a.summary.Spikes = append(a.summary.Spikes, other)
	a.summary.Verdict = otelperf.Verdict{Status: "failing", Title: "GET /products is failing"}
	s := newScreen(t, 120, 30, a)
	for range 3 {
		s.has("FAILING  GET /products is failing", "WHY  GET /products: all of them: pool is empty")
		s.press("down")
	}
	a.summary.Spikes[1].Endpoints = append(a.summary.Spikes[1].Endpoints, a.summary.Spikes[0].Endpoints[0])
	a.summary.Spikes[1].Endpoints[0].Cause = ""
	a.summary.Spikes[1].Cause = "GET /checkout: it waits"
	s.poll()
	s.has("WHY  GET /products: not known yet")
	s.hasNot("/products: GET /checkout")
}

// Details and what came of a change are wrapped, not cut, and scroll to their end.
func TestLongLinesWrap(t *testing.T) {
	long := strings.Repeat("word ", 40) + "end-of-it"
	a := newService(t, "a")
	a.summary.Spikes[0].Endpoints[0].Causes[0].Sentence = long
	a.summary.Spikes[0].After.Sentence = long
	a.summary.Spikes[0].Signals[0].Sentence = strings.Repeat("x", 150) + "-end"
	s := newScreen(t, 80, 24, a)
	s.press("tab", "tab", "tab")
	s.press("enter")
	seen := ""
	for range 20 {
		seen += s.text()
		s.press("down")
	}
	for _, want := range []string{"end-of-it", " -end", slowID} {
		if !strings.Contains(seen, want) {
			t.Errorf("no %q in the details of the spike: %s", want, s.text())
		}
	}
	s.press("esc")
	s.run(s.press("c"))
	s.has("end-of-it: a", "circumstance, which proves nothing")
	s.press("esc")
	s.say("it is refused: "+long, true)
	s.has("end-of-it")
	s.send(tea.WindowSizeMsg{Width: 20, Height: 6})
	if n := strings.Count(s.View().Content, "\n") + 1; n != 6 {
		t.Errorf("%d lines on 6", n)
	}
	for _, line := range broken("    "+long, 30) {
		if ansi.StringWidth(line) > 30 || !strings.HasPrefix(line, "    ") {
			t.Errorf("a part is %q", line)
		}
	}
}
