// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
)

// What the first line says, worst first, and green only if nothing is wrong.
func TestVerdict(t *testing.T) {
	now := time.Date(2026, 5, 4, 3, 0, 0, 0, time.UTC)
	row := func(route string, count uint64, state string, needed uint64, ready *float64) EndpointRow {
		return EndpointRow{Method: "GET", Route: route, Kind: "http", Totals: Totals{Count: count}, State: state, Needed: needed, ReadySeconds: ready}
	}
	spike := func(matter, route string) Spike {
		return Spike{State: "open", Start: now, Endpoints: []SpikeEndpoint{{Method: "GET", Route: route, Kind: "http", State: "open", Matter: matter}}}
	}
	muted := func(s Spike) Spike {
		s.Muted = &mutes.Muted{By: "me", Until: now.Add(time.Hour)}
		return s
	}
	normal, quiet := row("/a", 500, "normal", 0, nil), row("/q", 0, "learning", 400, nil)
	learning, rare := row("/b", 300, "learning", 120, new(39.0)), row("/r", 3, "learning", 400, nil)
	grace := row("/a", 500, "normal", 0, new(150.0))
	usual := row("/five", 500, "normal", 0, nil)
	usual.ErrorState, usual.UsualErrorRate, usual.ErrorCount = "elevated", new(.05), 25
	fresh := row("/new", 500, "normal", 0, nil)
	fresh.ErrorState, fresh.ErrorCount, fresh.ErrorRate = "learning", 25, new(.05)
	slow, failing := spike("latency", "/a"), spike("failures", "/pay")
	slow.Endpoints[0].Causes, slow.Endpoints[0].Cause = []causes.Ranked{{}}, "It waits for postgresql."
	left := spike("silence", "(all endpoints)")
	left.Matter, left.Severity, left.Reason = "silence", "warning", "no request for 40 s"
	past := spike("latency", "/a")
	past.State, past.End = "ended", new(now.Add(-33*time.Minute))
	past.Endpoints[0].End = past.End
	last, long := spike("latency", "/brief"), spike("latency", "/brief")
	last.State, last.End, last.Endpoints[0].Matter = "ended", new(now.Add(-3*time.Minute)), "failures"
	last.Endpoints[0].End = last.End
	long.State, long.End = "ended", new(now.Add(-61*time.Minute))
	long.Endpoints[0].End = long.End
	cheap, dear, called := row("/cheap", 500, "spiking", 0, nil), row("/dear", 500, "spiking", 0, nil), spike("latency", "cart:80")
	cheap.Impact, dear.Impact, called.Endpoints[0].Kind = 1, 800, "dependency"
	called.Endpoints[0].Method = "http"
	queried, job := spike("latency", "postgresql SELECT carts"), spike("latency", "nightly")
	queried.Endpoints[0].Kind, queried.Endpoints[0].Method, job.Endpoints[0].Kind, job.Endpoints[0].Method = "dependency", "db", "job", "job"
	above := grace
	above.Kind, above.State = slow.Endpoints[0].Kind, "elevated"
	fails := EndpointRow{Method: "GET", Route: "/pay", Kind: failing.Endpoints[0].Kind, State: "normal", Totals: Totals{Count: 40, ErrorCount: 10, ErrorRate: new(0.25)}}
	was, brief := above, above
	was.ReadySeconds, brief.ReadySeconds, brief.Route = nil, nil, "/brief"
	for _, tt := range []struct {
		name                  string
		facts                 facts
		status, title, detail string
	}{
		{"switched off", facts{disabled: "OTEL_SDK_DISABLED"}, "off", "Switched off", "OTEL_SDK_DISABLED is set: nothing is measured."},
		{"stalled", facts{stalled: true, endpoints: []EndpointRow{normal}}, "unknown", "Cannot tell", "Evaluation has stopped: the numbers are old."},
		{"no requests", facts{}, "unknown", "No requests yet", "The first one that ends shows up here within a second."},
		{"none in the window", facts{endpoints: []EndpointRow{quiet}}, "unknown", "Cannot tell yet", "There was no request in this window."},
		{"all judged", facts{endpoints: []EndpointRow{normal, quiet}}, "ok", "Nothing is wrong", "One endpoint is judged, and within what is usual."},
		{"a rare one learns", facts{endpoints: []EndpointRow{normal, rare}}, "ok", "Nothing is wrong",
			"One endpoint is judged, and within what is usual. GET /r is still learning what is usual: 400 more requests."},
		{"a busy one learns", facts{endpoints: []EndpointRow{normal, learning, rare}}, "unknown", "Cannot tell yet",
			"2 endpoints are still learning what is usual, first GET /b: 120 more requests, about 39 s at this rate. One endpoint is judged, and within what is usual."},
		{"after a restart", facts{endpoints: []EndpointRow{grace}}, "unknown", "Cannot tell yet",
			"GET /a is not judged for another 2 min, after a start or a silence."},
		{"after a spike", facts{endpoints: []EndpointRow{normal}, spikes: []Spike{past}}, "ok", "Nothing is wrong",
			"One endpoint is judged, and within what is usual. The last incident ended 33 min ago."},
		{"slow in a spike before", facts{endpoints: []EndpointRow{was, brief}, spikes: []Spike{last, past, long}}, "ok", "Nothing is wrong",
			"2 endpoints are judged, and within what is usual. One was slower than usual in this window, in an incident that is over. " +
				"One was slower than usual in this window, too short or too little for an incident. The last incident ended 3 min ago."},
		{"always fails", facts{endpoints: []EndpointRow{normal, usual}}, "elevated", "Nothing new, but GET /five fails 5 % as usual",
			"2 endpoints are judged, and within what is usual."},
		{"fails, and it may be usual", facts{endpoints: []EndpointRow{normal, fresh}}, "unknown", "Cannot tell yet",
			"Of GET /new 5 % fail, and whether that is usual is not known yet. 2 endpoints are judged, and within what is usual."},
		{"open before the restart", facts{endpoints: []EndpointRow{normal}, spikes: []Spike{{ID: "old", State: "open", Endpoints: failing.Endpoints}}, unseen: []string{"old"}},
			"unknown", "Cannot tell yet", "Open before the restart, and not confirmed since: GET /pay."},
		{"open before the restart, and slow", facts{endpoints: []EndpointRow{above}, spikes: []Spike{{ID: "old", State: "open", Endpoints: slow.Endpoints}}, unseen: []string{"old"}},
			"unknown", "Cannot tell yet", "Open before the restart: GET /a. It is slower than usual now, too, and is judged in about 2 min."},
		{"open before the restart, and fails", facts{endpoints: []EndpointRow{fails}, spikes: []Spike{{ID: "old", State: "open", Endpoints: failing.Endpoints}}, unseen: []string{"old"}},
			"unknown", "Cannot tell yet", "Open before the restart: GET /pay. It fails in 25.0 % of its requests now, too, and is not judged yet."},
		{"nothing comes, and it may be elsewhere", facts{endpoints: []EndpointRow{quiet}, spikes: []Spike{left}}, "unknown", "Cannot tell: nothing comes from it any more",
			"no request for 40 s."},
		{"nothing comes, and another fails", facts{endpoints: []EndpointRow{normal}, spikes: []Spike{left, failing}}, "failing", "GET /pay is failing", ""},
		{"a budget is used up", facts{endpoints: []EndpointRow{normal}, budgets: []ErrorBudget{{Name: "pay", State: "ok"}, {Name: "cart", State: "used_up"}}},
			"elevated", "Nothing new, but the error budget of cart is used up", "One endpoint is judged, and within what is usual."},
		{"slow", facts{endpoints: []EndpointRow{normal, usual}, spikes: []Spike{slow}}, "slow", "GET /a has left its usual latency", "It waits for postgresql."},
		{"failing comes first", facts{endpoints: []EndpointRow{normal}, spikes: []Spike{slow, failing, spike("panics", "/pay"), spike("failures", "/cart")}},
			"failing", "2 endpoints are failing: GET /pay and GET /cart", "Also slow: GET /a."},
		{"what costs most comes first, and what is called last", facts{endpoints: []EndpointRow{cheap, dear}, spikes: []Spike{called, spike("latency", "/cheap"), spike("latency", "/dear")}},
			"slow", "GET /dear, 1 more endpoint and 1 dependency have left their usual latency", ""},
		{"only endpoints are called endpoints", facts{endpoints: []EndpointRow{cheap, dear}, spikes: []Spike{spike("latency", "/cheap"), spike("latency", "/dear"), slow}},
			"slow", "3 endpoints have left their usual latency: GET /dear and 2 more", "It waits for postgresql."},
		{"an endpoint and what it calls", facts{endpoints: []EndpointRow{dear}, spikes: []Spike{called, spike("latency", "/dear")}},
			"slow", "GET /dear and 1 dependency have left their usual latency", ""},
		{"of each kind", facts{endpoints: []EndpointRow{dear}, spikes: []Spike{called, queried, job, spike("latency", "/dear")}},
			"slow", "GET /dear, 2 dependencies and 1 job have left their usual latency", ""},
		{"a dependency alone", facts{endpoints: []EndpointRow{dear}, spikes: []Spike{called}}, "slow", "Dependency http cart:80 has left its usual latency", ""},
		{"dependencies alone", facts{endpoints: []EndpointRow{dear}, spikes: []Spike{called, queried}},
			"slow", "2 dependencies have left their usual latency: http cart:80 and db postgresql SELECT carts", ""},
		{"a job alone", facts{endpoints: []EndpointRow{dear}, spikes: []Spike{job}}, "slow", "job nightly has left its usual latency", ""},
		{"of each kind, besides", facts{endpoints: []EndpointRow{dear}, spikes: []Spike{failing, called, queried, job}},
			"failing", "GET /pay is failing", "Also slow: dependency http cart:80, 1 more dependency and 1 job."},
		{"silent", facts{endpoints: []EndpointRow{normal}, spikes: []Spike{spike("silence", "/a")}}, "silent", "GET /a lacks its usual requests", ""},
		{"burning before client errors", facts{endpoints: []EndpointRow{normal}, spikes: []Spike{spike("client_errors", "/a"), spike("objective", "/pay")}},
			"burning", "The error budget of GET /pay burns", "Also client errors: GET /a."},
		{"client errors", facts{endpoints: []EndpointRow{normal}, spikes: []Spike{spike("client_errors", "/a")}}, "elevated", "More client errors than usual at GET /a", ""},
		{"muted counts less", facts{endpoints: []EndpointRow{normal}, spikes: []Spike{muted(failing), slow}}, "slow", "GET /a has left its usual latency",
			"It waits for postgresql. 1 more incident is muted."},
		{"all muted", facts{endpoints: []EndpointRow{normal}, spikes: []Spike{muted(failing)}}, "failing", "GET /pay is failing", "Muted until 04:00 UTC."},
		{"while learning", facts{endpoints: []EndpointRow{learning}, spikes: []Spike{failing}}, "failing", "GET /pay is failing", ""},
	} {
		tt.facts.now, tt.facts.from = now, now.Add(-time.Hour)
		got, of := tt.facts.verdict(), VerdictSubject{}
		if got.Of.Route != "" && !strings.Contains(got.Title, got.Of.Route) {
			t.Errorf("%s: %q is of %+v", tt.name, got.Title, got.Of)
		}
		got.Of, of = of, got.Of
		if got != (Verdict{Status: tt.status, Title: tt.title, Detail: tt.detail}) {
			t.Errorf("%s:\n got %q of %+v\nwant %q", tt.name, got, of, []string{tt.status, tt.title, tt.detail})
		}
	}
}
