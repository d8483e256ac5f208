// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/lab/trial"
)

// comparison counts what the connector and the detector alone said.
type comparison struct{ same, different int }

// watcher is a service of one endpoint, of which each second's requests come as spans.
type watcher struct {
	fleet *fleet.Fleet
	alone trial.Watcher
	count *comparison
	td    ptrace.Traces
	spans [2]ptrace.SpanSlice // that succeeded and that failed
	id    uint64
}

const (
	// epoch is a Monday at midnight UTC, as in package trial.
	epoch = 1_699_833_600
	// lateness is as short as can be: the spans of a second come when it is over.
	lateness = time.Second
)

func newWatcher(c *comparison) trial.Watcher {
	f, err := fleet.New(fleet.Settings{Lateness: lateness, SpanBytes: -1, SlowFrom: time.Hour})
	if err != nil {
		panic(err) // they are within their ranges
	}
	w := &watcher{fleet: f, alone: trial.NewDetector(), count: c, td: ptrace.NewTraces()}
	rs := w.td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "lab")
	for i := range w.spans {
		w.spans[i] = rs.ScopeSpans().AppendEmpty().Spans()
	}
	return w
}

// Second implements trial.Watcher. The detector gets the second before at when it is over, which is at.
func (w *watcher) Second(at int, requests []baseline.Bucket) baseline.Event {
	end := time.Unix(epoch+int64(at)-1, 5e8)
	if len(requests) > 0 {
		w.send(end, requests)
	}
	ev := latency(w.fleet.Tick(time.Unix(epoch+int64(at), 0).Add(lateness)))
	if alone := w.alone.Second(at, requests); wordOf(alone.Kind) == ev.Kind {
		w.count.same += words(ev.Kind)
	} else {
		w.count.different += words(ev.Kind) + words(alone.Kind)
	}
	return ev
}

// wordOf is a start or an end: what goes on and is the new normal has ended, too.
func wordOf(k baseline.Kind) baseline.Kind {
	if k == baseline.None || k == baseline.Started {
		return k
	}
	return baseline.Ended
}

func words(k baseline.Kind) int {
	if k == baseline.None {
		return 0
	}
	return 1
}

// latency is what was said of latencies, as the detector says it.
func latency(news []fleet.News) (said baseline.Event) {
	for i := range news {
		p := news[i].Event.Part
		if p == nil || p.Matter != engine.Latency {
			continue
		}
		said = *p.Latest()
		if said.Kind = baseline.Ended; news[i].Event.Started {
			said.Kind = baseline.Started
		}
	}
	return said
}

// send sends requests as spans that ended at a time.
func (w *watcher) send(end time.Time, requests []baseline.Bucket) {
	var n [2]int
	for _, b := range requests {
		n[0] += int(b.Count - b.Failed)
		n[1] += int(b.Failed)
	}
	for i, status := range [...]int64{200, 500} {
		resize(w.spans[i], n[i], status)
	}
	var next [2]int
	for _, b := range requests {
		d := time.Duration(1e9 * (baseline.Bound(b.Index) + baseline.Bound(b.Index+1)) / 2)
		for k := range b.Count {
			i := 0
			if k < b.Failed {
				i = 1
			}
			w.span(w.spans[i].At(next[i]), end, d)
			next[i]++
		}
	}
	w.fleet.Traces(end.Add(time.Second/2), w.td)
}

func (w *watcher) span(sp ptrace.Span, end time.Time, d time.Duration) {
	w.id++
	var trace pcommon.TraceID
	binary.BigEndian.PutUint64(trace[8:], w.id)
	sp.SetTraceID(trace)
	sp.SetStartTimestamp(pcommon.NewTimestampFromTime(end.Add(-d)))
	sp.SetEndTimestamp(pcommon.NewTimestampFromTime(end))
}

// resize makes it so many spans, which differ in nothing but what span sets.
func resize(spans ptrace.SpanSlice, n int, status int64) {
	if spans.Len() > n {
		i := 0
		spans.RemoveIf(func(ptrace.Span) bool { i++; return i > n })
	}
	for spans.Len() < n {
		sp := spans.AppendEmpty()
		sp.SetSpanID(pcommon.SpanID{1})
		sp.SetKind(ptrace.SpanKindServer)
		sp.SetName("GET /lab")
		sp.Attributes().PutStr("http.request.method", "GET")
		sp.Attributes().PutStr("http.route", "/lab")
		sp.Attributes().PutInt("http.response.status_code", status)
	}
}
