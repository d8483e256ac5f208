// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/access"
	"github.com/otelperf/otelperf-go/otelperf/internal/feed"
	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// elsewhere is a service that somebody else judges: twenty requests a second, which take as long as took says of the second.
type elsewhere struct {
	took     func(second time.Time) time.Duration
	engine   *engine.Engine
	requests *slowlog.Store
	book     mutes.Book
	marks    marks.List
	watcher  atomic.Pointer[feed.Watcher]
	began    time.Time
	slow     uint64
	guard    *access.Guard
}

const received = 10 * time.Second // is how long after its end a second is judged

var endpointElsewhere = conventions.Endpoint{Method: "GET", Route: "/a"}

func newElsewhere(t *testing.T, took func(time.Time) time.Duration) *elsewhere {
	e := &elsewhere{took: took, began: time.Now(), guard: access.New(access.Config{BearerToken: "secret"})}
	var err error
	if e.engine, err = engine.New(engine.Options{SlowFrom: e.SlowFrom}); err != nil {
		t.Fatal(err)
	}
	if e.requests, err = slowlog.New(slowlog.OnAdd(func(r *slowlog.Entry) {
		if w := e.watcher.Load(); w != nil {
			w.Slow(r)
		}
	})); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *elsewhere) Engine() *engine.Engine                      { return e.engine }
func (e *elsewhere) Requests() *slowlog.Store                    { return e.requests }
func (e *elsewhere) Book() *mutes.Book                           { return &e.book }
func (e *elsewhere) Marks() *marks.List                          { return &e.marks }
func (e *elsewhere) Delay() time.Duration                        { return received }
func (e *elsewhere) Began() time.Time                            { return e.began }
func (e *elsewhere) SlowFrom(conventions.Endpoint) time.Duration { return 300 * time.Millisecond }
func (e *elsewhere) MaxEndpoints() int                           { return 77 }
func (e *elsewhere) Slow() uint64                                { return e.slow }
func (e *elsewhere) Guard() *access.Guard                        { return e.guard }
func (e *elsewhere) Normal(ep conventions.Endpoint) (n slowlog.Normal, ok bool) {
	return slowlog.Normal{Samples: 3, Breakdown: slowlog.Breakdown{slowlog.DB: 12}}, ep == endpointElsewhere
}

func (e *elsewhere) Hints() []feed.Hint {
	return []feed.Hint{{Name: "sampled", Text: "A share is seen."}}
}

func (e *elsewhere) Errors() []spikeprocessor.ErrorGroup {
	return []spikeprocessor.ErrorGroup{{Method: "GET", Route: "/a", Type: "Boom", Count: 3}}
}

func (e *elsewhere) Watch(w feed.Watcher) (stop func()) {
	e.watcher.Store(&w)
	return func() { e.watcher.CompareAndSwap(&w, nil) }
}

func (e *elsewhere) Reset(baselines bool) {
	e.slow = 0
	e.tell(e.engine.Reset(baselines))
}

func (e *elsewhere) Resource() *resource.Resource {
	return resource.NewSchemaless(semconv.ServiceName("node-shop"), semconv.ServiceInstanceID("pods"))
}

func (e *elsewhere) tell(events []engine.Event) {
	if w := e.watcher.Load(); w != nil {
		for i := range events {
			w.Event(&events[i])
		}
	}
}

// run judges every second until a time.
func (e *elsewhere) run(until time.Time) {
	for now := time.Now(); now.Before(until); now = time.Now() {
		time.Sleep(time.Second)
		second := time.Now().Add(-received)
		if second.Before(e.began) {
			continue
		}
		d := &spikeprocessor.Delta{Endpoint: endpointElsewhere, All: &latency.Histogram{}}
		took := e.took(second)
		for range 20 {
			d.All.Record(took)
		}
		d.Outcomes[slowlog.OutcomeOK] = 20
		if took >= e.SlowFrom(endpointElsewhere) {
			e.slow += 20
			e.requests.Add(&slowlog.Entry{
				TraceID: trace.TraceID{1, byte(second.Unix())}, SpanID: trace.SpanID{1}, Method: "GET", Route: "/a", Kind: "server", Start: second.Add(-took), Duration: took,
				Reason: slowlog.ReasonThreshold,
			})
		}
		e.tell(e.engine.Advance(second, func(yield func(*spikeprocessor.Delta) bool) { yield(d) }))
	}
}

// A Monitor shows a service that runs elsewhere under its own name: its numbers by the time at which they were measured, its spikes, its
// slow requests, and nothing of the process that the Monitor is in. What it notes outlives it.
func TestFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fault := time.Now().Add(30 * time.Minute)
		src := newElsewhere(t, func(second time.Time) time.Duration {
			if second.After(fault) {
				return 900 * time.Millisecond
			}
			return 20 * time.Millisecond
		})
		src.run(fault)
		mon, err := otelperf.New(otelperf.WithFeed(src)) // long after it began
		if err != nil {
			t.Fatal(err)
		}
		src.run(fault.Add(time.Minute))
		ask := asker{t, withToken(mon.Handler())}
		sum := ask.ask("/summary", "?window=1h")
		if sum["service"] != "node-shop" || sum["instance"] != "pods" || sum["uptime_seconds"].(float64) < 31*60 {
			t.Errorf("the service is %v %v, up for %v", sum["service"], sum["instance"], sum["uptime_seconds"])
		}
		if n := sum["total_requests"].(float64); n < 30*60*20 {
			t.Errorf("%v requests", n)
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
		if d := mon.Diagnostics(); d.Source != "otlp" || d.Stalled || len(d.Hints) != 1 || d.HintNames[0] != "sampled" {
			t.Errorf("diagnostics: source %q, stalled %v, hints %q", d.Source, d.Stalled, d.Hints)
		}
		if r := ask.ask("/runtime", ""); len(listOf(r, "signals")) != 0 || !strings.Contains(r["notes"].([]any)[0].(string), "not known here") {
			t.Errorf("the runtime is %v", r)
		}
		if a := ask.ask("/active", ""); !strings.Contains(a["note"].(string), "not known here") {
			t.Errorf("what runs is %v", a)
		}
		if d := ask.ask("/endpoints/detail", "?method=GET&route=/a"); d["normal_samples"] != 3.0 || !strings.Contains(fmt.Sprint(d["note"]), "received from elsewhere") {
			t.Errorf("what is known of an endpoint is %v", d)
		}
		if a := ask.ask("/endpoints/stacks", "?method=GET&route=/a"); !strings.Contains(fmt.Sprint(a["note"]), "not known here") {
			t.Errorf("where its requests are is %v", a)
		}
		if e := ask.ask("/evidence", ""); e["enabled"] != false || !strings.Contains(fmt.Sprint(e["hint"]), "received from elsewhere") {
			t.Errorf("evidence is %v", e)
		}
		if e := listOf(ask.ask("/errors", ""), "errors"); len(e) != 1 || e[0]["type"] != "Boom" || e[0]["last_request"] != nil {
			t.Errorf("errors are %v", e)
		}
		if s := mon.Settings(); s.SlowThresholdMs != 300 || s.MaxEndpoints != 77 || s.BaselineRatio != 2 || len(s.Changeable) != 0 || s.Access[0] != "bearer token" || !s.MayChange || s.Headers || s.Stacks || len(s.IgnoredPaths) > 0 {
			t.Errorf("settings are %+v", s)
		}
		if err := mon.Mark("build 77"); err != nil {
			t.Error(err)
		}
		if err := mon.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if src.watcher.Load() != nil {
			t.Error("it is told of what is new after its end")
		}
		if all := src.marks.All(); len(all) != 1 || all[0].Text != "build 77" {
			t.Errorf("marks are %v", all)
		}
	})
}

// withToken has every request know the token.
func withToken(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Authorization", "Bearer secret")
		h.ServeHTTP(w, r)
	})
}

func TestFeedAndMetricSource(t *testing.T) {
	if _, err := otelperf.New(otelperf.WithFeed(newElsewhere(t, nil)), otelperf.WithMetricSource()); !errors.Is(err, otelperf.ErrConfig) {
		t.Errorf("both are taken: %v", err)
	}
	if _, err := otelperf.New(otelperf.WithFeed(nil)); !errors.Is(err, otelperf.ErrConfig) {
		t.Errorf("no feed is taken: %v", err)
	}
}
