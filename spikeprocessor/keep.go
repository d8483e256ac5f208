// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"time"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

// How many slow or failed requests are kept in a second, and in one burst. An incident in which every request is slow
// must not become worse by what is written about it.
const (
	keepPerSecond = 100
	keepBurst     = 200
)

// keep puts a slow or failed request into the slow log. It runs in the goroutine that ended the span.
func (c *core) keep(s sdktrace.ReadOnlySpan, e *entry, r resolved, d time.Duration) {
	reason := e.reason(r, d)
	if reason == "" {
		return
	}
	if reason == slowlog.ReasonThreshold || reason == slowlog.ReasonBaseline {
		c.stats.slow.Add(1)
	}
	if reason == slowlog.ReasonSpike && !c.store.Admits(e.endpoint.Method, e.endpoint.Route, s.EndTime(), d) {
		return
	}
	if !e.longestYet(d) && !c.keeps.allow(s.EndTime()) {
		c.stats.notKept.Add(1)
		return
	}
	entry := e.describe(s, r, d)
	entry.Reason = reason
	if c.store.Add(entry) && c.cfg.onKeep != nil {
		c.callOnKeep(entry)
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

func (c *core) callOnKeep(entry *slowlog.Entry) {
	defer func() {
		if recover() != nil {
			c.stats.hookPanics.Add(1)
		}
	}()
	c.cfg.onKeep(entry)
}

// reason says why a request is kept; "" if it is not. Streams are never slow, jobs and requests are.
func (e *entry) reason(r resolved, d time.Duration) string {
	switch {
	case r.outcome.Timed() && int64(d) > e.threshold.Load():
		return slowlog.ReasonThreshold
	case r.outcome.Timed() && int64(d) > e.slowNanos.Load():
		return slowlog.ReasonBaseline
	case r.outcome.Failed():
		return slowlog.ReasonFailed
	case r.outcome.Timed() && e.spiking():
		return slowlog.ReasonSpike
	default:
		return ""
	}
}

func (e *entry) spiking() bool {
	v := e.view.Load()
	return v != nil && v.SpikeID != ""
}

func (e *entry) describe(s sdktrace.ReadOnlySpan, r resolved, d time.Duration) *slowlog.Entry {
	sc := s.SpanContext()
	entry := &slowlog.Entry{
		TraceID: sc.TraceID(), SpanID: sc.SpanID(), ParentSpanID: s.Parent().SpanID(),
		Method: e.endpoint.Method, Route: e.endpoint.Route, Kind: e.kind.String(),
		Path: stringAttr(s.Attributes(), keyURLPath), Status: int(r.status), Outcome: r.outcome.String(),
		Start: s.StartTime(), Duration: d, Threshold: time.Duration(e.threshold.Load()),
		Sampled: sc.IsSampled(), Error: errorOf(s),
	}
	if v := e.view.Load(); v != nil {
		entry.SpikeID, entry.BaselineP99 = v.SpikeID, v.BaselineP99
		if v.BaselineP99 > 0 {
			entry.Ratio = float64(d) / float64(v.BaselineP99)
		}
	}
	return entry
}

// errorOf finds what went wrong: the last exception recorded on the span, else its status description.
func errorOf(s sdktrace.ReadOnlySpan) (info slowlog.ErrorInfo) {
	events := s.Events()
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].Name != "exception" {
			continue
		}
		attrs := events[i].Attributes
		return slowlog.ErrorInfo{
			Type:    stringAttr(attrs, keyExceptionType),
			Message: stringAttr(attrs, keyExceptionMessage),
			Stack:   stringAttr(attrs, keyExceptionStack),
		}
	}
	if st := s.Status(); st.Code == codes.Error {
		info.Type, info.Message = stringAttr(s.Attributes(), "error.type"), st.Description
	}
	return info
}
