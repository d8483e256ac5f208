// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
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
			Dependency: strings.Repeat(evil, 100), CallsPerRequest: 25, Share: 1, Requests: 32, Parallel: true, Example: &otelperf.RequestRef{TraceID: evil, Stored: true},
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
			s.Endpoints[0].RepeatedCalls = &otelperf.RepeatedCalls{Dependency: "postgresql SELECT authors", CallsPerRequest: calls, Share: 0.9375, Requests: 32, Example: &otelperf.RequestRef{
				TraceID: "0af7651916cd43dd8448eb211c80319c", Start: time.Unix(1e9, 0), DurationMs: 1203.4, Stored: true,
			}}
		}
		return fleet.Answer{URL: "http://" + instance + "/", Summary: s}
	}
	const want = "note  GET /books: 25 calls of postgresql SELECT authors per request (in 94 % of the last 32 looked at), as in that of 01:46:40 UTC, 1203 ms, trace 0af7651916cd43dd8448eb211c80319c\n"
	for _, answers := range [][]fleet.Answer{{answer("a", 25)}, {answer("a", 12), answer("b", 25), answer("c", 0)}} {
		v := fleet.Merge(answers)
		for _, text := range []string{Summary(v), Table(v)} {
			if !strings.Contains(text, want) {
				t.Errorf("of %d instances no %q in\n%s", len(answers), want, text)
			}
		}
	}
}

// Times are local ones that say their zone, and their day where it is not that of the answer: on a screen they are local alone.
func TestTimesSayTheirZone(t *testing.T) {
	before := time.Local
	t.Cleanup(func() { time.Local = before })
	time.Local = time.FixedZone("KST", 9*3600)
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC) // 12:00 there
	end := now.Add(-time.Hour)
	v := &fleet.View{Time: now}
	for want, s := range map[string]otelperf.Spike{
		"OPEN since 11:58:30 KST (1m30s)  slow":                 {State: "open", Start: now.Add(-90 * time.Second), Reason: "slow"},
		"OPEN since 2026-02-28 22:00:00 KST (14h)  slow":        {State: "open", Start: now.Add(-14 * time.Hour), Reason: "slow"},
		"ended 10:30:00 to 11:00:00 KST (30m)  slow":            {State: "ended", Start: end.Add(-30 * time.Minute), End: &end, Reason: "slow"},
		"ended 2026-02-28 23:00:00 to 11:00:00 KST (12h)  slow": {State: "ended", Start: end.Add(-12 * time.Hour), End: &end, Reason: "slow"},
		"unknown 10:30:00 KST  slow":                            {State: "unknown", Start: end.Add(-30 * time.Minute), Reason: "slow"},
	} {
		if got := SpikeLine(&fleet.Spike{Spike: s}, v); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	var muted fleet.Spike
	if err := json.Unmarshal([]byte(`{"state": "open", "start": "2026-03-01T03:00:00Z", "muted": {"by": "a", "until": "2026-03-01T04:00:00Z"}}`), &muted.Spike); err != nil {
		t.Fatal(err)
	}
	if got := SpikeLine(&muted, v); !strings.Contains(got, "  muted until 2026-03-01 13:00 KST by a  ") {
		t.Errorf("a muted one is %q", got)
	}
	open := fleet.Spike{Spike: otelperf.Spike{State: "open", Start: now.Add(-90 * time.Second), Reason: "slow"}}
	if got, want := ShortSpikeLine(&open, v), "OPEN since 11:58:30 (1m30s)  slow"; got != want {
		t.Errorf("on a screen %q, want %q", got, want)
	}
	slow := []otelperf.SlowRequest{{Time: now, Route: "/a"}, {Time: now.Add(-time.Minute), Route: "/b"}}
	if got := SlowTable(slow); !strings.HasPrefix(got, "TIME KST ") || !strings.Contains(got, "\n12:00:00 ") {
		t.Errorf("slow requests:\n%s", got)
	}
	slow[1].Time = now.Add(-24 * time.Hour)
	if got := SlowTable(slow); !strings.Contains(got, "\n2026-03-01 12:00:00 ") || !strings.Contains(got, "\n2026-02-28 12:00:00 ") {
		t.Errorf("slow requests of two days:\n%s", got)
	}
}

// Whose numbers of a store are is said, whose a spike is, and what of it could not be read.
func TestStoredNumbersSayWhose(t *testing.T) {
	var sum otelperf.Summary
	err := json.Unmarshal([]byte(`{"service": "shop", "instance": "shop-1", "time": "2026-03-01T12:00:00Z", "window": "24h", "window_seconds": 86400,
		"stored": {"from": "2026-02-28T12:00:00Z", "to": "2026-03-01T12:00:00Z", "step_seconds": 600, "gaps": [], "instances": ["shop-1", "shop-2"],
			"note": "Slow requests and marks may be missing."},
		"spikes": [{"id": "s-1", "state": "open", "instance": "shop-2", "start": "2026-03-01T11:58:30Z", "reason": "slow"}]}`), &sum)
	if err != nil {
		t.Fatal(err)
	}
	text := Summary(fleet.Merge([]fleet.Answer{{URL: "u", Summary: &sum}}))
	for _, want := range []string{"\nstored by 2 instances: shop-1, shop-2\n", "  shop-2  slow\n", "\nnote  shop-1: Slow requests and marks may be missing.\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
