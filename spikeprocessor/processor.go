// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Processor is an sdktrace.SpanProcessor that measures local roots and hands every span on to the processor it wraps,
// and an sdkmetric.Producer of what it measured.
type Processor struct {
	core *core
	next sdktrace.SpanProcessor // nil: stands alone
}

var _ sdktrace.SpanProcessor = (*Processor)(nil)

// core is what processors that wrap different ones share.
type core struct {
	// What every request reads comes first: two cache lines, and the layouts. Nothing of it is written as requests go by.
	asks      atomic.Pointer[asks] // nil: nobody knows more of requests than their spans
	mark      atomic.Pointer[mark] // nil: nobody wants to know of every request
	stopped   atomic.Bool
	digesting atomic.Bool // somebody calls Digest
	running   *inflight   // nil: switched off
	table     *table
	rec       *latency.Recorder
	cfg       config
	layouts   conventions.Layouts

	start   time.Time
	cells   cells // touched only under the recorder's mutex
	store   *slowlog.Store
	keeps   *limiter
	queries *queries
	errors  *errorGroups

	digestMu sync.Mutex // one Digest at a time; guards tidied
	tidied   time.Time

	suspicion       atomic.Int64 // unix ns of the last request that was kept; for RecordSuspects
	samplerUsed     atomic.Bool
	innerRecordOnly atomic.Bool
	resource        atomic.Pointer[resource.Resource]

	gather  gatherer
	recents recents
	bench   workbench
	rescues rescues
	panics  panicStacks
	stats   stats
}

// New returns a processor in front of next, which may be nil. The error joins every option that was refused.
func New(next sdktrace.SpanProcessor, opts ...Option) (*Processor, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	c := &core{cfg: cfg, start: time.Now(), store: cfg.store, keeps: newLimiter(keepPerSecond, keepBurst), queries: newQueries(), errors: newErrorGroups()}
	if cfg.inFlight {
		c.running = newInFlight(defaultInFlightSlots)
	}
	if cfg.rescueRate > 0 {
		c.rescues.budget = newLimiter(cfg.rescueRate, float64(cfg.rescueBurst))
	}
	if c.store == nil {
		if c.store, err = slowlog.New(); err != nil {
			return nil, err
		}
	}
	c.table = newTable(cfg.maxEndpoints, c.prepare)
	c.rec = latency.NewRecorder(c.applyWords)
	return &Processor{core: c, next: next}, nil
}

// With returns a processor in front of next that shares all else with p, for programs with several tracer providers.
func (p *Processor) With(next sdktrace.SpanProcessor) *Processor {
	return &Processor{core: p.core, next: next}
}

// OnStart notes what is running, unless WithInFlight(false), and hands the span on. Attributes are neither read nor set
// at this point: that would cost every span. Whoever [Link.AskOutcomes] named hears of local roots.
func (p *Processor) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) {
	t, a := p.core.running, p.core.asks.Load()
	if t != nil || a != nil {
		if parent := s.Parent(); parent.HasSpanID() && !parent.IsRemote() {
			if t != nil {
				t.child(parent.SpanID(), s)
			}
		} else {
			p.core.startRoot(ctx, s, t, a)
		}
	}
	if p.next != nil {
		p.next.OnStart(ctx, s)
	}
}

func (c *core) startRoot(ctx context.Context, s sdktrace.ReadWriteSpan, t *inflight, a *asks) {
	if t != nil {
		t.start(s.SpanContext().SpanID(), s)
	}
	if a != nil {
		a.started(ctx, s)
	}
}

// OnEnd records a local root, holds a child until its root ends, and hands the span on.
func (p *Processor) OnEnd(s sdktrace.ReadOnlySpan) {
	if parent := s.Parent(); parent.HasSpanID() && !parent.IsRemote() {
		p.endChild(s, parent.SpanID())
	} else {
		p.endRoot(s)
	}
}

// guard turns a fault of ours into a count: it must not reach the caller of span.End. After maxFaults of them something
// is broken for good, and the counting ends.
func (c *core) guard() {
	if recover() != nil && c.stats.faults.Add(1) >= maxFaults {
		c.stopped.Store(true)
	}
}

// applyWords is the recorder's callback; the recorder serialises it.
func (c *core) applyWords(words []uint64) {
	defer c.guard()
	c.cells.apply(words)
}

// ForceFlush flushes the wrapped processor.
func (p *Processor) ForceFlush(ctx context.Context) error {
	if p.next == nil {
		return nil
	}
	return p.next.ForceFlush(ctx)
}

// Shutdown ends the counting and shuts the wrapped processor down. The tracer provider calls it.
func (p *Processor) Shutdown(ctx context.Context) error {
	p.core.stop()
	if p.next == nil {
		return nil
	}
	return p.next.Shutdown(ctx)
}

// stop ends the counting.
func (c *core) stop() {
	c.stopped.Store(true)
	c.gather.clear()
}

// SlowLog returns the store that keeps slow and failed requests.
func (p *Processor) SlowLog() *slowlog.Store { return p.core.store }
