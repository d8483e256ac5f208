// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf"
)

const evil = "\x1b[2J\u202e\a\nx\u009b"

func hostile(service, instance string) otelperf.Summary {
	s := otelperf.Summary{Service: service + evil, Instance: instance + evil, Version: evil, Window: otelperf.Window5m, WindowSeconds: 60, Time: time.Unix(1e9, 0)}
	s.ByOutcome = map[string]uint64{evil: 3}
	for range maxRows + 3 {
		s.Endpoints = append(s.Endpoints, otelperf.EndpointRow{Method: evil, Route: strings.Repeat(evil, 100), Kind: evil, State: evil, RepeatedCalls: &otelperf.RepeatedCalls{
			Dependency: strings.Repeat(evil, 100), CallsPerRequest: 25, Share: 1, Requests: 32, Parallel: true, TraceID: new(evil),
		}})
	}
	s.Dependencies, s.Jobs = s.Endpoints[:1], s.Endpoints[:1]
	for range maxSpikes + 2 {
		s.Spikes = append(s.Spikes, otelperf.Spike{State: evil, Reason: strings.Repeat(evil, 1000), Start: s.Time})
	}
	s.SlowQueries = []otelperf.SlowRequest{{TraceID: evil, Method: evil, Route: evil, Outcome: evil, Reason: evil}}
	s.Diagnostics.Hints = []string{evil}
	return s
}

// Whatever the answers hold, the text is lines of bounded length of what can be printed.
func TestTextIsSafe(t *testing.T) {
	a, b := hostile("shop", "a"), hostile("stock", "b")
	b.WindowSeconds = 300
	for _, answers := range [][]fleet.Answer{{{URL: "u", Summary: &a}}, {{URL: "u" + evil, Summary: &a}, {URL: "w", Summary: &b}, {URL: "x", Summary: &a}}} {
		v := fleet.Merge(answers)
		for _, text := range []string{Summary(v), Table(v)} {
			for line := range strings.SplitSeq(text, "\n") {
				if i := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 || len(line) > 1000 {
					t.Errorf("line of %d bytes has %q", len(line), line[max(i, 0):min(len(line), max(i, 0)+10)])
				}
			}
			if n := strings.Count(text, "\n"); n > 2*maxRows+100 {
				t.Errorf("%d lines", n)
			}
		}
	}
}

func TestBoundsAreSaid(t *testing.T) {
	a := hostile("shop", "a")
	text := Summary(fleet.Merge([]fleet.Answer{{URL: "u", Summary: &a}}))
	for _, want := range []string{"\nand 3 more\n", "\n  and 2 more\n", "window    5m, covers 1m\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the text", want)
		}
	}
	b := hostile("shop", "b")
	b.WindowSeconds = 300
	if text := Summary(fleet.Merge([]fleet.Answer{{URL: "u", Summary: &a}, {URL: "w", Summary: &b}})); !strings.Contains(text, ", covers 1m to 5m\n") {
		t.Error("two windows of different length are not told apart")
	}
}

func TestBaselineOfSeveral(t *testing.T) {
	r := &fleet.Row{BaselineMinMs: new(10.0), BaselineMaxMs: new(20.0)}
	if got := Baseline(r); got != "10.0–20.0" {
		t.Errorf("baseline is %q", got)
	}
	r.BaselineMinMs = new(20.0)
	if got := Baseline(r); got != "20.0" {
		t.Errorf("baseline is %q", got)
	}
}

// Notes say which requests repeat calls: of several instances, as the one that repeats them most has it.
func TestRepeatedCallsAreNoted(t *testing.T) {
	answer := func(instance string, calls int) fleet.Answer {
		s := &otelperf.Summary{Service: "shop", Instance: instance, Window: otelperf.Window5m, Time: time.Unix(1e9, 0)}
		s.Endpoints = []otelperf.EndpointRow{{Method: "GET", Route: "/books", Kind: "http", State: "normal"}}
		if calls > 0 {
			s.Endpoints[0].RepeatedCalls = &otelperf.RepeatedCalls{Dependency: "postgresql SELECT authors", CallsPerRequest: calls, Share: 0.9375, Requests: 32, TraceID: new("0af7651916cd43dd8448eb211c80319c")}
		}
		return fleet.Answer{URL: "http://" + instance + "/", Summary: s}
	}
	const want = "note  GET /books: 25 calls of postgresql SELECT authors per request (in 94 % of the last 32 looked at), as in 0af7651916cd43dd8448eb211c80319c\n"
	for _, answers := range [][]fleet.Answer{{answer("a", 25)}, {answer("a", 12), answer("b", 25), answer("c", 0)}} {
		v := fleet.Merge(answers)
		for _, text := range []string{Summary(v), Table(v)} {
			if !strings.Contains(text, want) {
				t.Errorf("of %d instances no %q in\n%s", len(answers), want, text)
			}
		}
	}
}
