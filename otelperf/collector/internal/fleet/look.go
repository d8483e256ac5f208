// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// A request is slow, whatever the threshold, above slowFactor times its endpoint's baseline p99 and above slowFloor: as in a process.
const (
	slowFactor = 4
	slowFloor  = 50 * time.Millisecond
)

const (
	// maxPending bounds the requests of a service that wait for the rest of their spans, keepPerSecond those of a second.
	maxWaiting    = 256
	keepPerSecond = 50
	// Of ordinary requests, ordinaryEach of a service are looked at in a second, and of an endpoint one in ordinaryEvery seconds, once
	// fewUsual are known.
	ordinaryEach  = 4
	ordinaryEvery = 10
	fewUsual      = 16
)

// pending is a request that waits for the rest of its spans.
type pending struct {
	entry *slowlog.Entry
	row   *row
	since int64 // unix second in which the first of them may have come: its own came late itself
	due   int64 // unix second in which the last of them has come
	slow  bool  // else it is an ordinary one, from which is learned what is usual
}

// keeps counts what was looked at in a second.
type keeps struct {
	second, slow, ordinary int64
}

// publish takes in what the engine knows of an endpoint. It runs in Advance, with the lock held.
func (s *Service) publish(ep conventions.Endpoint, state spikeprocessor.EndpointState) {
	id, ok := s.rows.named[ep]
	if !ok {
		return
	}
	r := s.rows.all[id]
	r.state = state
	r.slow = 0
	if state.BaselineP99 > 0 {
		r.slow = max(slowFactor*state.BaselineP99, slowFloor)
	}
}

// reason says why a request is kept; "" if it is not.
func (s *Service) reason(r *row, o slowlog.Outcome, d time.Duration) string {
	switch {
	case o.Timed() && d > s.set.SlowFrom:
		return slowlog.ReasonThreshold
	case o.Timed() && r.slow > 0 && d > r.slow:
		return slowlog.ReasonBaseline
	case o.Failed():
		return slowlog.ReasonFailed
	case o.Timed() && r.state.SpikeID != "" && d > r.state.SpikeThreshold:
		return slowlog.ReasonSpike
	}
	return ""
}

// look decides whether a request is kept once the rest of its spans had time to arrive. The lock is held.
func (s *Service) look(sp ptrace.Span, q *conventions.Request, id int32, d time.Duration, now time.Time) {
	r := s.rows.all[id]
	reason, second := s.reason(r, q.Outcome, d), now.Unix()
	if second != s.keeps.second {
		s.keeps = keeps{second: second}
	}
	if reason == "" {
		if s.set.SpanBytes > 0 && s.wantsOrdinary(r, second) {
			s.keeps.ordinary++
			r.sampled = second
			s.await(sp, q, r, d, second, "")
		}
		return
	}
	if reason != slowlog.ReasonFailed && reason != slowlog.ReasonSpike {
		s.slows++
	}
	longest := d > r.longest
	r.longest = max(r.longest, d)
	if len(s.pending) >= maxWaiting || s.keeps.slow >= keepPerSecond && !longest {
		s.tally.slowDropped++
		return
	}
	s.keeps.slow++
	s.await(sp, q, r, d, second, reason)
}

func (s *Service) wantsOrdinary(r *row, second int64) bool {
	if s.keeps.ordinary >= ordinaryEach || len(s.pending) >= maxWaiting || r.state.SpikeID != "" {
		return false
	}
	every := int64(ordinaryEvery)
	if r.usual.requests < fewUsual {
		every = 1
	}
	return second-r.sampled >= every
}

// await notes a request, in memory of its own.
func (s *Service) await(sp ptrace.Span, q *conventions.Request, r *row, d time.Duration, second int64, reason string) {
	e := &slowlog.Entry{
		TraceID: trace.TraceID(sp.TraceID()), SpanID: trace.SpanID(sp.SpanID()), ParentSpanID: trace.SpanID(sp.ParentSpanID()),
		Method: r.endpoint.Method, Route: r.endpoint.Route, Kind: r.endpoint.Kind.String(), Status: q.Status, Outcome: q.Outcome,
		Start: sp.StartTimestamp().AsTime(), Duration: d, Threshold: s.set.SlowFrom, Sampled: true, Reason: reason,
	}
	if reason != "" {
		e.Path = strings.Clone(conventions.Clip(s.reads.Path()))
		e.SpikeID, e.BaselineP99 = r.state.SpikeID, r.state.BaselineP99
		if e.BaselineP99 > 0 {
			e.Ratio = float64(d) / float64(e.BaselineP99)
		}
		if q.Outcome.Failed() || sp.Status().Code() == ptrace.StatusCodeError {
			f := failureOf(sp)
			e.Error = slowlog.ErrorInfo{Type: f.typ, Message: f.message}
		}
	}
	late := int64(lateOf(s.set))
	s.pending = append(s.pending, pending{entry: e, row: r, since: second - 2*late - int64(d/time.Second) - 1, due: second + late, slow: reason != ""})
}
