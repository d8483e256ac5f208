// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/slowlog/fault"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Processor is an sdktrace.SpanProcessor that measures local roots and hands every span on to the processor it wraps,
// and an sdkmetric.Producer of what it measured.
//
// One Processor belongs to one tracer provider; [Processor.With] makes those of others.
type Processor struct {
	core   *core
	next   sdktrace.SpanProcessor // nil: stands alone
	source atomic.Uint32          // whose its unsampled spans are
	closed atomic.Bool            // shut down
	second atomic.Uint64          // see isSecond
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
	calls     conventions.CallLayouts
	names     names

	start   time.Time
	cells   cells // touched only under the recorder's mutex
	store   *slowlog.Store
	keeps   *limiter
	queries *queries
	errors  *errorGroups

	digestMu   sync.Mutex // one Digest at a time; guards tidied, refilled and rebuilt
	refilled   int        // times, by which endpoints take turns
	tidied     time.Time
	rebuilt    int // where in the ring of recents the last Digest ended
	digestTime time.Duration
	forgetAll  atomic.Bool // the next Digest is to have all endpoints make room

	suspicion   atomic.Int64 // unix ns of the last request that was kept; for RecordSuspects
	samplerUsed atomic.Bool
	recorded    idSet // notes of our sampler, of spans that start at this moment
	parts       idSet // spans that are part of the request above them, though of a kind that serves
	resource    atomic.Pointer[resource.Resource]
	faults      fault.Log
	gaveUp      atomic.Bool // after maxFaults

	turn    atomic.Uint64 // goes up when a processor is shut down
	doubled atomic.Uint64 // like Processor.second, of any of them

	log     *childLog // nil: nothing is to be known of children, or all of it at once
	gather  gatherer
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
	c := &core{cfg: cfg, start: time.Now(), store: cfg.store, keeps: newLimiter(keepPerSecond, keepBurst), queries: newQueries(), errors: newErrorGroups(), digestTime: digestTime}
	if cfg.inFlight {
		c.running = newInFlight(defaultInFlightSlots)
		c.running.front, c.running.letGo = newFront(), c.letGo
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
	c.names.init(cfg.maxEndpoints)
	c.rec = latency.NewRecorder(c.applyWords)
	c.gather.init()
	if cfg.anatomy && c.running != nil || cfg.dependencies {
		c.log = newChildLog(c)
	}
	return &Processor{core: c, next: next}, nil
}

// With returns a processor in front of next that shares all else with p, for programs with several tracer providers, or one that is
// made anew when the program's configuration changes. It costs nothing but its memory.
func (p *Processor) With(next sdktrace.SpanProcessor) *Processor {
	return &Processor{core: p.core, next: next}
}

// OnStart notes what is running, unless WithInFlight(false), and hands the span on. Attributes are neither read nor set
// at this point: that would cost every span. Whoever [Link.AskOutcomes] named hears of requests.
func (p *Processor) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) {
	if !p.isSecond() && !p.start(ctx, s) {
		p.stepBack()
	}
	if p.next != nil {
		p.next.OnStart(ctx, s)
	}
}

// start reports whether the span is to be counted by p; false if another processor has started it.
func (p *Processor) start(ctx context.Context, s sdktrace.ReadWriteSpan) bool {
	c := p.core
	if above := trace.SpanFromContext(ctx); c.starts(above) {
		// The parent as the SDK found it: asking the span takes its lock. One that was made a new root has another trace.
		own, parent := s.SpanContext(), above.SpanContext()
		if isLocal(&parent) && parent.TraceID() == own.TraceID() {
			if !c.startChild(ctx, s, &own, above, parent.SpanID()) {
				return false
			}
		} else if !c.startRoot(ctx, s, &own) {
			return false
		}
	}
	if c.samplerUsed.Load() {
		p.noteSource(s)
	}
	return true
}

// isLocal reports whether a parent is a span of this process. One without a trace is none: the SDK begins a new one.
func isLocal(parent *trace.SpanContext) bool {
	return parent.SpanID() != trace.SpanID{} && parent.TraceID() != trace.TraceID{} && !parent.IsRemote()
}

// starts reports whether anything is to be known of a span that starts below another one: that it runs, or below what.
func (c *core) starts(above trace.Span) bool {
	if c.running != nil || c.asks.Load() != nil || c.names.looking() {
		return true
	}
	_, local := above.(sdktrace.ReadOnlySpan)
	return local
}

func (c *core) startRoot(ctx context.Context, s sdktrace.ReadWriteSpan, own *trace.SpanContext) bool {
	if t := c.running; t != nil && t.start(own, s) {
		return false
	}
	if a := c.asks.Load(); a != nil {
		a.started(ctx, s)
	}
	if c.names.looking() {
		c.names.look(s)
	}
	return true
}

func (c *core) startChild(ctx context.Context, s sdktrace.ReadWriteSpan, own *trace.SpanContext, above trace.Span, parent trace.SpanID) bool {
	if kind := s.SpanKind(); serves(kind) {
		if !c.isPart(above, s, kind) {
			return c.startRoot(ctx, s, own)
		}
		c.parts.add(partID(own.SpanID()))
	}
	if t := c.running; t != nil {
		t.child(parent, s)
	}
	return true
}

// OnEnd records a request, holds any other span until the request that it belongs to ends, and hands the span on.
func (p *Processor) OnEnd(s sdktrace.ReadOnlySpan) {
	if p.isSecond() {
		p.handOn(s)
		return
	}
	if parent := s.Parent(); isLocal(&parent) {
		if kind := s.SpanKind(); !p.core.isRequest(s, kind) {
			p.endChild(s, &parent, kind)
			return
		}
	}
	p.endRoot(s)
}

// guard turns a fault of ours into a count: it must not reach the caller of span.End. After maxFaults of them something
// is broken for good, and the counting ends. Nothing of the program's runs inside of it: a panic of next is the program's own.
func (c *core) guard() {
	if c.faults.Recovered("the span processor", recover()) && c.faults.Count() >= maxFaults && !c.gaveUp.Swap(true) {
		c.stop()
		c.faults.Report(fmt.Errorf("otelperf: %d faults of its own: requests are not counted any more until the program is started again; spans are handed on", maxFaults))
	}
}

// counted runs f when all that ended before has been counted, as the recorder's Do does.
func (c *core) counted(f func()) {
	if c.log != nil {
		c.log.flush()
	}
	c.rec.Do(f)
}

// applyWords is the recorder's callback; the recorder serialises it.
func (c *core) applyWords(words []uint64) {
	defer c.guard()
	entries := c.table.entries()
	for i, w := range words {
		if id, o, d := unpackWord(w); int(id) < len(entries) && entries[id] == nil { // it came after its row had gone, see quarantine
			words[i] = packWord(c.table.stray().id, o, d)
		}
	}
	c.cells.apply(words)
}

// ForceFlush flushes the wrapped processor.
func (p *Processor) ForceFlush(ctx context.Context) error {
	if p.next == nil {
		return nil
	}
	return p.next.ForceFlush(ctx)
}

// Shutdown shuts the wrapped processor down: its tracer provider is at its end, and calls it. Spans that end elsewhere are exported
// through it no more. The counting goes on for the providers of the processors that [Processor.With] has made or will make;
// [Link.Stop] ends it. Where nobody calls [Link.Digest], the child spans that are held are let go.
func (p *Processor) Shutdown(ctx context.Context) error {
	if !p.closed.Swap(true) {
		p.core.turn.Add(1)
		p.core.leave(p)
	}
	if p.next == nil {
		return nil
	}
	return p.next.Shutdown(ctx)
}

// leave lets go of what belongs to a processor that was shut down. Requests of its provider that run still will end unheard; what is
// known of them is tidied up by Digest, or else here.
func (c *core) leave(p *Processor) {
	c.bench.recents.leave(p)
	if c.digesting.Load() {
		return
	}
	c.letAllGo()
	if c.running != nil {
		c.running.sweep(time.Now())
	}
}

// stop ends the counting.
func (c *core) stop() {
	c.stopped.Store(true)
	c.letAllGo()
}

// letAllGo lets go of all children.
func (c *core) letAllGo() {
	if c.log != nil {
		c.log.clear()
	}
	c.gather.clear()
}

// SlowLog returns the store that keeps slow and failed requests.
func (p *Processor) SlowLog() *slowlog.Store { return p.core.store }
