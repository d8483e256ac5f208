// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// brokenSpan panics where a request that is not remembered is looked at.
type brokenSpan struct{ sdktrace.ReadOnlySpan }

func (brokenSpan) SpanKind() trace.SpanKind         { panic("broken") }
func (brokenSpan) Attributes() []attribute.KeyValue { return nil }

func TestFaultsStayInside(t *testing.T) {
	next := &grab{}
	p, err := New(next)
	if err != nil {
		t.Fatal(err)
	}
	broken := brokenSpan{snapshots(1, true)[0]}
	p.OnEnd(broken)
	if next.span != sdktrace.ReadOnlySpan(broken) {
		t.Errorf("after a fault the next processor got %v, want the span as it came", next.span)
	}
	if n := p.Stats().Faults; n != 1 {
		t.Errorf("%d faults counted, want 1", n)
	}
}

// TestFaultWhileDraining has a full log in which the cells find a word that cannot be: nobody may wait for its shard for ever.
func TestFaultWhileDraining(t *testing.T) {
	p, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p.core.cells.byID = make([]*cell, 1)
	p.core.rec.Record(packWord(0, slowlog.NumOutcomes, time.Millisecond)) // one beyond the outcomes
	p.Link().TakeDeltas(func(*Delta) {})
	if n := p.Stats().Faults; n != 1 {
		t.Errorf("%d faults counted, want 1", n)
	}
	p.OnEnd(snapshots(1, true)[0])
	var counted uint64
	p.Link().TakeDeltas(func(d *Delta) { counted += d.Outcomes.Total() })
	if counted != 1 {
		t.Errorf("counted %d after a fault, want 1", counted)
	}
}

// TestRecallTellsEndpointsApart looks up more endpoints than there are hints.
func TestRecallTellsEndpointsApart(t *testing.T) {
	p, err := New(nil, WithMaxEndpoints(1000))
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 900)
	for i := range names {
		names[i] = string(rune('a'+i%26)) + time.Duration(i).String()
	}
	for range 3 {
		for _, name := range names {
			for _, method := range []string{"GET", "PUT"}[:1+len(name)%2] {
				e := p.core.table.lookup(httpClass, method, name)
				if e.route != name && e.route != conventions.OverflowRoute || e.route == name && e.method != method {
					t.Fatalf("%s %s is %s %s", method, name, e.method, e.route)
				}
				if again := p.core.table.recall(httpClass, method, name); again != nil && again != e {
					t.Fatalf("%s %s is recalled as %s %s", method, name, again.method, again.route)
				}
			}
		}
	}
}

// A consumer of deltas that panics has had what it was given: no request counts twice, and those of other endpoints are still to come.
func TestConsumerThatPanics(t *testing.T) {
	r := newRig(t)
	r.link.TakeDeltas(func(*Delta) {})
	for _, route := range []string{"/a", "/b", "/c"} {
		r.http("GET", route+"/{x}", 200, time.Millisecond)
	}
	total := uint64(0)
	take := func(panics bool) {
		defer func() {
			if v := recover(); (v != nil) != panics {
				t.Errorf("recovered %v", v)
			}
		}()
		r.link.TakeDeltas(func(d *Delta) {
			if total += d.Outcomes.Total(); panics {
				panic("broken")
			}
		})
	}
	take(true)
	take(false)
	if total != 3 {
		t.Errorf("%d requests, want 3", total)
	}
}
