// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"context"
	"sync"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

// Spans leads from a server span that ends before any instance can mend it to the exchange that it is about: one that was started
// below all instances, as a router's own instrumentation does it, or one above an http.TimeoutHandler, which leaves
// its handler behind when the client does. A span processor calls Started and Ended. It costs nothing but a flag to read until
// such a request comes to an outermost instance.
//
// Invariant: an exchange is in the list of its span's shard from Started or outlive until Ended or until it is finished, whichever
// comes first. So there are no more than running requests, and an entry is a field of its exchange: no allocation. Locks
// are held for a few instructions, and one in 64 requests that end together meets another.
//
// The zero value is for Config.Spans of one New. All methods are safe for concurrent use.
type Spans struct {
	m      *middleware
	wanted atomic.Bool
	held   atomic.Int64
	shards [64]spanShard
}

// spanShard fills a cache line.
type spanShard struct {
	mu    sync.Mutex
	first *exchange // linked by exchange.nextBelow
	_     [48]byte
}

// Started takes a local root that has started with ctx. An exchange takes the first server span below it.
func (s *Spans) Started(ctx context.Context, span sdktrace.ReadWriteSpan) {
	if !s.wanted.Load() {
		return
	}
	e, _ := s.m.exchangeOf(ctx)
	if e == nil || span.SpanKind() != trace.SpanKindServer || !e.adopt(span.SpanContext()) {
		return
	}
	if limited(ctx, e) {
		e.mark(markLimited)
	}
	s.list(e)
}

// limited says whether ctx has a deadline that the request did not have when it arrived: its handler may be left behind.
func limited(ctx context.Context, e *exchange) bool {
	own, _ := e.Deadline()
	deadline, ok := ctx.Deadline()
	return ok && !deadline.Equal(own)
}

// outlive takes an exchange whose span, above it, may end while its handler runs.
func (s *Spans) outlive(e *exchange, span trace.SpanContext) {
	if e.adopt(span) {
		e.mark(markOutlived)
		s.list(e)
	}
}

// list puts an exchange into the list of its span's shard.
func (s *Spans) list(e *exchange) {
	sh := s.shard(e.below)
	s.held.Add(1) // before the mark is looked at: who sets it after that sees that there is something to take out
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if e.marked(markFinished) { // nobody would take it out
		s.held.Add(-1)
		return
	}
	e.nextBelow, sh.first = sh.first, e
}

// Ended gives the outcome of the request whose span ends, if its status does not tell it. The handler below the span has
// returned by then, or is panicking, which the span itself tells, or was left behind because its time was over or its client had left.
func (s *Spans) Ended(id trace.SpanID) (o slowlog.Outcome, ok bool) {
	if s.held.Load() == 0 {
		return 0, false
	}
	e := s.take(id)
	if e == nil {
		return 0, false
	}
	if e.marked(markOutlived) {
		return slowlog.OutcomeCanceled, e.clientGone()
	}
	w := e.w
	if e.marked(markLimited) {
		w = nil
	}
	end := e.ending(w)
	o = end.outcome()
	return o, end.misled || o != slowlog.OutcomeOfStatus(end.status)
}

// take removes the exchange of a span, nil if there is none.
func (s *Spans) take(id trace.SpanID) *exchange {
	sh := s.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for at := &sh.first; *at != nil; at = &(*at).nextBelow {
		if e := *at; e.below == id {
			*at, e.nextBelow = e.nextBelow, nil
			s.held.Add(-1)
			return e
		}
	}
	return nil
}

func (s *Spans) shard(id trace.SpanID) *spanShard { return &s.shards[id[7]%uint8(len(s.shards))] }

// want is called by an outermost instance for a request that has no span yet.
func (s *Spans) want() {
	if !s.wanted.Load() {
		s.wanted.Store(true)
	}
}

// adopt makes sc the span below e, and the one that headers and request line name if no instance saw one. It reports
// false if e has one.
func (e *exchange) adopt(sc trace.SpanContext) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.below.IsValid() {
		return false
	}
	e.below = sc.SpanID()
	if !e.span.IsValid() {
		e.span = sc
	}
	return true
}

// leaveSpans takes a finished exchange out of Spans, in case its span never ends.
func (e *exchange) leaveSpans() {
	e.mark(markFinished)
	s := e.m.cfg.Spans
	if s == nil || s.held.Load() == 0 {
		return
	}
	e.mu.Lock()
	id := e.below
	e.mu.Unlock()
	if id.IsValid() {
		s.take(id)
	}
}
