// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/feed"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// elsewhere is a service whose requests are received: so many a second, which take as long as took says of the second.
type elsewhere struct {
	took   func(second time.Time) time.Duration
	sink   feed.Sink
	last   time.Time
	states []spikeprocessor.EndpointState
	slow   uint64
}

const received = 10 * time.Second // of the test's feed, its delay

var endpointElsewhere = conventions.Endpoint{Method: "GET", Route: "/a"}

func (e *elsewhere) Delay() time.Duration { return received }
func (e *elsewhere) Attach(s feed.Sink)   { e.sink = s }
func (e *elsewhere) Slow() uint64         { return e.slow }

func (e *elsewhere) Publish(_ conventions.Endpoint, s spikeprocessor.EndpointState) {
	e.states = append(e.states, s)
}

func (e *elsewhere) Resource() *resource.Resource {
	return resource.NewSchemaless(semconv.ServiceName("node-shop"), semconv.ServiceInstanceID("pods"))
}

func (e *elsewhere) Collect(_ context.Context, use func(time.Time, iter.Seq[*spikeprocessor.Delta])) error {
	for until := time.Now().Add(-received); ; {
		next := e.last.Add(time.Second)
		if e.last.IsZero() {
			next = until.Truncate(time.Second)
		}
		if next.After(until) {
			return nil
		}
		e.last = next
		d := &spikeprocessor.Delta{Endpoint: endpointElsewhere, All: &latency.Histogram{}}
		took := e.took(next)
		for range 20 {
			d.All.Record(took)
		}
		d.Outcomes[slowlog.OutcomeOK] = 20
		if took >= e.sink.SlowAbove(endpointElsewhere) {
			e.slow += 20
			e.sink.Requests.Add(&slowlog.Entry{
				TraceID: trace.TraceID{1, byte(next.Unix())}, SpanID: trace.SpanID{1}, Method: "GET", Route: "/a", Kind: "server", Start: next.Add(-took), Duration: took,
				Reason: slowlog.ReasonThreshold,
			})
		}
		use(next, func(yield func(*spikeprocessor.Delta) bool) { yield(d) })
	}
}

// A Monitor shows a service that runs elsewhere under its own name: its numbers by the time at which they were measured, its spikes, its
// slow requests, and nothing of the process that the Monitor is in.
func TestFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fault := time.Now().Add(30 * time.Minute)
		src := &elsewhere{took: func(second time.Time) time.Duration {
			if second.After(fault) {
				return 900 * time.Millisecond
			}
			return 20 * time.Millisecond
		}}
		mon, err := otelperf.New(otelperf.WithFeed(src), everybody)
		if err != nil {
			t.Fatal(err)
		}
		defer mon.Shutdown(context.Background()) //nolint:errcheck // was not looked at
		time.Sleep(31 * time.Minute)
		ask := asker{t, mon.Handler()}
		sum := ask.ask("/summary", "?window=1h")
		if sum["service"] != "node-shop" || sum["instance"] != "pods" {
			t.Errorf("the service is %v %v", sum["service"], sum["instance"])
		}
		spikes := listOf(sum, "spikes")
		if len(spikes) != 1 {
			t.Fatalf("%d spikes, want one: %v", len(spikes), spikes)
		}
		began, err := time.Parse(time.RFC3339, spikes[0]["start"].(string))
		if off := began.Sub(fault); err != nil || off < -2*time.Second || off > 2*time.Second {
			t.Errorf("it began at %v, the fault at %v (%v)", began, fault, err)
		}
		if n := sum["slow_queries_count"].(float64); n < 40*20 || n > 60*20 {
			t.Errorf("%v slow requests", n)
		}
		if slow := listOf(sum, "slow_queries"); len(slow) == 0 || slow[0]["route"] != "/a" {
			t.Errorf("slow requests are %v", slow)
		}
		if last := src.states[len(src.states)-1]; last.SpikeID != spikes[0]["id"] {
			t.Errorf("the source was told of %+v", last)
		}
		if d := mon.Diagnostics(); d.Source != "otlp" || d.Stalled || len(d.Hints) != 0 {
			t.Errorf("diagnostics: source %q, stalled %v, hints %q", d.Source, d.Stalled, d.Hints)
		}
		if r := ask.ask("/runtime", ""); len(listOf(r, "signals")) != 0 || !strings.Contains(r["notes"].([]any)[0].(string), "not known here") {
			t.Errorf("the runtime is %v", r)
		}
		if a := ask.ask("/active", ""); !strings.Contains(a["note"].(string), "not known here") {
			t.Errorf("what runs is %v", a)
		}
	})
}

func TestFeedAndMetricSource(t *testing.T) {
	if _, err := otelperf.New(otelperf.WithFeed(&elsewhere{}), otelperf.WithMetricSource()); !errors.Is(err, otelperf.ErrConfig) {
		t.Errorf("both are taken: %v", err)
	}
	if _, err := otelperf.New(otelperf.WithFeed(nil)); !errors.Is(err, otelperf.ErrConfig) {
		t.Errorf("no feed is taken: %v", err)
	}
}
