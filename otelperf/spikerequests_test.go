// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// A spike is explained by its first endpoint: one that panics not by what another waits for that became slow in the same second. One of its
// failed requests comes first.
func TestSpikeOfTwoFaultsIsOfTheFirst(t *testing.T) {
	store, err := slowlog.New()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	add := func(n byte, route string, outcome slowlog.Outcome, took time.Duration) {
		store.Add(&slowlog.Entry{
			TraceID: trace.TraceID{n}, SpanID: trace.SpanID{n}, Method: "GET", Route: route, Kind: "http", Reason: slowlog.ReasonThreshold,
			Start: start.Add(time.Duration(n) * time.Second), Duration: took, Outcome: outcome, Error: slowlog.ErrorInfo{Type: "panic", Message: "no card"},
		})
	}
	const ms = time.Millisecond
	add(1, "/pay", slowlog.OutcomePanic, 2*ms)
	add(2, "/pay", slowlog.OutcomePanic, ms)
	for n := byte(3); n < 7; n++ {
		add(n, "/catalog", slowlog.OutcomeOK, 100*ms)
	}
	wait := causes.Why{Sentence: "GET /catalog: +119 ms for a lock", Causes: []causes.Ranked{{About: "lock main.go:314"}}}
	requests := spikeRequests{slow: store}
	part := func(m engine.Matter, route string, w causes.Why) engine.Part {
		p := engine.Part{Endpoint: conventions.Endpoint{Method: "GET", Route: route}, Matter: m, State: engine.Open, Start: start, Evidence: baseline.Event{Threshold: 50 * ms}, Why: w}
		p.Total.Above, p.Total.N = 2, 4
		p.Errors = requests.Errors(&p)
		return p
	}
	const panicked = "GET /pay: 2 of 4 panicked, all of them: no card"
	for name, tt := range map[string]struct {
		parts []engine.Part
		cause string
		first byte
	}{
		"panics and a lock elsewhere": {[]engine.Part{part(engine.Panics, "/pay", causes.Why{}), part(engine.Latency, "/catalog", wait)}, panicked, 1},
		"panics and a lock, of one":   {[]engine.Part{part(engine.Panics, "/pay", causes.Why{}), part(engine.Latency, "/pay", wait)}, panicked, 1},
		"failures without an error":   {[]engine.Part{part(engine.Failures, "/none", causes.Why{}), part(engine.Latency, "/catalog", wait)}, "", 3},
		"failures of what is slow":    {[]engine.Part{part(engine.Failures, "/catalog", causes.Why{}), part(engine.Latency, "/catalog", wait)}, wait.Sentence, 3},
		"a lock alone":                {[]engine.Part{part(engine.Latency, "/catalog", wait)}, wait.Sentence, 3},
	} {
		in := engine.Incident{State: engine.Open, Parts: tt.parts}
		in.Examples = requests.Examples(&in)
		s := spikeOf(&in)
		if s.Cause != tt.cause || (len(s.Causes) > 0) != (tt.cause == wait.Sentence) {
			t.Errorf("%s: the cause is %q with %v, want %q", name, s.Cause, s.Causes, tt.cause)
		}
		if last := s.Endpoints[len(s.Endpoints)-1]; last.Matter == string(engine.Latency) && last.Cause != wait.Sentence {
			t.Errorf("%s: the cause of the part is %q", name, last.Cause)
		}
		if len(in.Examples) == 0 || in.Examples[0].TraceID[0] != tt.first && tt.first != 3 {
			t.Errorf("%s: the examples are %v, want one of trace %d first", name, in.Examples, tt.first)
		}
	}
}

// The last request of an error of a spike is the last one that is stored.
func TestLastRequestOfAnErrorIsStored(t *testing.T) {
	store, err := slowlog.New()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	add := func(n byte, kind string) {
		store.Add(&slowlog.Entry{
			TraceID: trace.TraceID{n}, SpanID: trace.SpanID{n}, Method: "GET", Route: "/pay", Kind: "http", Reason: slowlog.ReasonFailed,
			Start: start.Add(time.Duration(n) * time.Second), Outcome: slowlog.OutcomeServerError, Error: slowlog.ErrorInfo{Type: kind},
		})
	}
	add(1, "timeout")
	add(2, "timeout")
	add(3, "other")
	lost := engine.Request{TraceID: trace.TraceID{9}, SpanID: trace.SpanID{9}}
	in := engine.Incident{State: engine.Open, Parts: []engine.Part{{
		Endpoint: conventions.Endpoint{Method: "GET", Route: "/pay"}, Matter: engine.Failures, State: engine.Open, Start: start,
		Errors: []engine.ErrorGroup{{Type: "timeout", Count: 7, Last: lost}, {Type: "gone", Count: 2, Last: lost}},
	}}}
	s := spikeOf(&in)
	s.look(store, &in)
	if e := s.Errors[0]; e.LastRequest.TraceID != (trace.TraceID{2}).String() || !e.LastRequest.Stored || e.Count != 7 {
		t.Errorf("the first error is %+v of %+v, want trace 2", e, e.LastRequest)
	}
	if r := s.Errors[1].LastRequest; r.TraceID != lost.TraceID.String() || r.Stored {
		t.Errorf("the error of which nothing is stored has %+v", r)
	}
}

// The examples of a spike are the slowest requests of its time above its threshold, also those from before it was found.
func TestExamplesOfASpike(t *testing.T) {
	store, err := slowlog.New()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	add := func(n byte, route string, after, took time.Duration) {
		store.Add(&slowlog.Entry{
			TraceID: trace.TraceID{n}, SpanID: trace.SpanID{n}, Method: "GET", Route: route, Kind: "http", Reason: slowlog.ReasonThreshold,
			Start: start.Add(after), Duration: took,
		})
	}
	const ms = time.Millisecond
	add(1, "/a", -time.Minute, 900*ms) // before it
	add(2, "/a", time.Second, 100*ms)  // found later
	add(3, "/a", 20*time.Second, 300*ms)
	add(4, "/a", 21*time.Second, 9*ms) // not slow
	add(5, "/b", 22*time.Second, 800*ms)
	add(6, "/a", 23*time.Second, 200*ms)
	add(7, "/a", 24*time.Second, 50*ms)
	add(8, "/a", 2*time.Minute, 700*ms) // after it
	in := engine.Incident{Parts: []engine.Part{{
		Endpoint: conventions.Endpoint{Method: "GET", Route: "/a"}, Start: start, End: start.Add(time.Minute), Evidence: baseline.Event{Threshold: 10 * ms},
	}}}
	example := func(n byte, after, took time.Duration) engine.Request {
		return engine.Request{TraceID: trace.TraceID{n}, SpanID: trace.SpanID{n}, Start: start.Add(after), Duration: took}
	}
	want := []engine.Request{example(3, 20*time.Second, 300*ms), example(6, 23*time.Second, 200*ms), example(2, time.Second, 100*ms)}
	if got := (spikeRequests{slow: store}).Examples(&in); !slices.Equal(got, want) {
		t.Errorf("examples are %v, want %v", got, want)
	}
}
