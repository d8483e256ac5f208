// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"strings"
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

// TestLayoutsSayWhatTheScanSays compares the remembering scan with the plain one while layouts change under it.
func TestLayoutsSayWhatTheScanSays(t *testing.T) {
	method, route, status := attribute.String(keyHTTPMethod, "GET"), attribute.String(keyHTTPRoute, "/a"), attribute.Int(keyHTTPStatus, 404)
	outcome, other := conventions.OutcomeKey.String("canceled"), attribute.String("url.path", "/a/1")
	computed := attribute.String(strings.Clone(keyHTTPRoute), "/b")   // the key is no constant
	sameLength := attribute.String("otelperf.endings", "as long as ") // as the key of outcomes
	scheme := attribute.String("url.scheme", "https")                 // as long as that of routes
	var l layouts
	for _, attrs := range [][]attribute.KeyValue{
		{}, {method}, {method, route, status}, {method, route, status}, {route, method, status}, {method, route, outcome, status},
		{method, route, other, status}, {method, route, outcome, status}, {method, other, route, status}, {outcome, method, route, status},
		{status, route, method, outcome}, {method, route, status, other}, {other, other, other, other}, {other, method, route, status},
		{method, status}, {method, other, status}, {method, status, other}, {method, route, status}, {method, computed, status}, {computed, method, status},
		{method, outcome, status}, {method, other, status}, {method, scheme, status}, {method, sameLength, status}, {outcome, method, status},
		{method, other, status}, {status, method, other}, {method, status, route}, {method, status, outcome}, {method, method, status}, {method, status, status},
		{method, route, scheme, status}, {method, route, sameLength, status}, {method, scheme, scheme, status}, {computed, method, scheme, status},
		make([]attribute.KeyValue, 40),
	} {
		for range 2 {
			m1, r1, s1, o1, told1, server := l.scan(attrs)
			m2, r2, s2, o2, told2 := scan(attrs)
			if m1 != m2 || r1 != r2 || s1 != s2 || o1 != o2 || told1 != told2 {
				t.Errorf("%v: got %q %q %d %v %v, want %q %q %d %v %v", attrs, m1, r1, s1, o1, told1, m2, r2, s2, o2, told2)
			}
			if server && (r1 != "" || stringAttr(attrs, keyURLPath) == "") {
				t.Errorf("%v: taken for a server's without a route", attrs)
			}
			if m2 != "" && s2 != 0 && r2 == "" && !told2 {
				l.learnServer(attrs)
			}
		}
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
				e := p.core.table.lookup(conventions.KindHTTP, method, name)
				if e.route != name && e.route != conventions.OverflowRoute || e.route == name && e.method != method {
					t.Fatalf("%s %s is %s %s", method, name, e.method, e.route)
				}
				if again := p.core.table.recall(conventions.KindHTTP, method, name); again != nil && again != e {
					t.Fatalf("%s %s is recalled as %s %s", method, name, again.method, again.route)
				}
			}
		}
	}
}
