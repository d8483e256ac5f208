// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"slices"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/slowlog/fault"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// How many slow or failed requests are kept in a second, and in one burst. An incident in which every request is slow
// must not become worse by what is written about it.
const (
	keepPerSecond = 100
	keepBurst     = 200
)

// keep puts a slow or failed request into the slow log, and returns it; nil if it is not in. It runs in the goroutine that ended
// the span.
func (c *core) keep(s sdktrace.ReadOnlySpan, v *verdict) *slowlog.Entry {
	e := v.entry
	if v.slow() {
		c.stats.slow.Add(1)
	}
	if v.reason == slowlog.ReasonSpike && !c.store.Admits(e.endpoint.Method, e.endpoint.Route, s.EndTime(), v.d) {
		return nil
	}
	if !e.longestYet(v.d) && !c.keeps.allow(s.EndTime()) {
		c.stats.notKept.Add(1)
		return nil
	}
	entry := c.describe(s, v)
	if !c.store.Add(entry) {
		return nil
	}
	return entry
}

// reportKept calls the functions of WithOnKeep. They are the program's, and observe: a panic of theirs must not end the request.
func (c *core) reportKept(entry *slowlog.Entry) {
	for _, f := range c.cfg.onKeep {
		fault.Contain(&c.stats.hookPanics, func() { f(entry) })
	}
}

// longestYet reports whether no request of the endpoint took longer: that one is kept at any rate.
func (e *entry) longestYet(d time.Duration) bool {
	for {
		longest := e.longest.Load()
		if int64(d) <= longest {
			return false
		}
		if e.longest.CompareAndSwap(longest, int64(d)) {
			return true
		}
	}
}

// reason says why a request is kept; "" if it is not. Streams are never slow, jobs and requests are.
func (e *entry) reason(o slowlog.Outcome, d time.Duration) string {
	switch {
	case o.Timed() && int64(d) > e.threshold.Load():
		return slowlog.ReasonThreshold
	case o.Timed() && int64(d) > e.slowNanos.Load():
		return slowlog.ReasonBaseline
	case o.Failed():
		return slowlog.ReasonFailed
	case o.Timed() && e.spiking():
		return slowlog.ReasonSpike
	default:
		return ""
	}
}

func (e *entry) spiking() bool {
	s := e.state.Load()
	return s != nil && s.SpikeID != ""
}

func (c *core) describe(s sdktrace.ReadOnlySpan, v *verdict) *slowlog.Entry {
	e, r, d, sc := v.entry, &v.r, v.d, s.SpanContext()
	entry := &slowlog.Entry{
		TraceID: sc.TraceID(), SpanID: sc.SpanID(), ParentSpanID: s.Parent().SpanID(),
		Method: e.endpoint.Method, Route: e.endpoint.Route, Kind: e.endpoint.Kind.String(),
		Path: conventions.Path(s.Attributes()), Status: r.Status, Outcome: r.Outcome,
		Start: s.StartTime(), Duration: d, Threshold: time.Duration(e.threshold.Load()),
		Sampled: sc.IsSampled(), Rescued: v.rescued != "", Reason: v.reason, Error: errorOf(s), Dimensions: c.dimensions(s),
	}
	if state := e.state.Load(); state != nil {
		entry.SpikeID, entry.BaselineP99 = state.SpikeID, state.BaselineP99
		if state.BaselineP99 > 0 {
			entry.Ratio = float64(d) / float64(state.BaselineP99)
		}
	}
	if r.Outcome == slowlog.OutcomePanic {
		if typ, message, stack, ok := c.panics.find(entry.SpanID); ok {
			entry.Error = slowlog.ErrorInfo{Type: typ, Message: message, Stack: stack}
		}
	}
	return entry
}

// dimensions are the values of the attributes that the user chose.
func (c *core) dimensions(s sdktrace.ReadOnlySpan) map[string]string {
	if len(c.cfg.dimensions) == 0 {
		return nil
	}
	found := map[string]string{}
	attrs := s.Attributes()
	for i := range attrs {
		if slices.Contains(c.cfg.dimensions, attrs[i].Key) {
			found[string(attrs[i].Key)] = attrs[i].Value.String()
		}
	}
	return found
}
