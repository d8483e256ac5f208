// SPDX-License-Identifier: Apache-2.0

package events

import (
	"context"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog/fault"
)

// Invariant: every entry that offer took is counted in pending until it is counted in exactly
// one of emitted, disabled and lost. What is emitted is unconfirmed until it is counted in exactly one of delivered,
// failed and missing.

const (
	maxQueueBytes = 16 << 20
	scopeName     = "github.com/otelperf/otelperf-go/otelperf/events"
)

// pipeline is the bounded queue between Track and the log provider, and the goroutine that empties it.
type pipeline struct {
	provider log.LoggerProvider // nil: the global one
	logger   log.Logger
	queue    chan queued
	bytes    atomic.Int64 // of the entries in queue

	mu     sync.RWMutex // offer holds it for reading, so that after closing nothing is added
	closed atomic.Bool  // set under mu
	stop   chan struct{}
	done   chan struct{}   // closed when the goroutine has ended
	ctx    context.Context // of all emissions; canceled when Shutdown runs out of time
	cancel context.CancelFunc

	pending                 atomic.Int64
	emitted, disabled, lost atomic.Uint64
	panics                  atomic.Uint64 // of the log provider; each is a lost event

	deliveries *Deliveries // counted at the exporter if watched, else by what ForceFlush returns
	watched    bool
	missing    atomic.Uint64
	flushing   chan struct{} // holds the one flush that may run
	reportMu   sync.Mutex    // guards reported
	reported   uint64        // how many lost events Flush has reported
}

// queued is an entry, or else a barrier: closing it says that all before it have been emitted.
type queued struct {
	entry   *entry
	barrier chan struct{}
}

func newPipeline(c *config) *pipeline {
	p := &pipeline{
		provider:   c.provider,
		queue:      make(chan queued, c.queueSize),
		stop:       make(chan struct{}),
		done:       make(chan struct{}),
		deliveries: c.deliveries,
		watched:    c.deliveries != nil,
		flushing:   make(chan struct{}, 1),
	}
	if !p.watched {
		p.deliveries = &Deliveries{}
	}
	p.logger = p.currentProvider().Logger(scopeName)
	p.ctx, p.cancel = context.WithCancel(context.Background())
	go p.run()
	return p
}

func (p *pipeline) currentProvider() log.LoggerProvider {
	if p.provider != nil {
		return p.provider
	}
	return otel.GetLoggerProvider()
}

// offer puts an entry on the queue, or says why not. It never blocks.
func (p *pipeline) offer(e *entry) error {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.closed.Load() {
		return ErrShutdown
	}
	if p.bytes.Add(int64(e.size)) <= maxQueueBytes {
		p.pending.Add(1)
		select {
		case p.queue <- queued{entry: e}:
			return nil
		default:
			p.pending.Add(-1)
		}
	}
	p.bytes.Add(int64(-e.size))
	return ErrQueueFull
}

// run empties the queue until stop is closed, and then what is left in it.
func (p *pipeline) run() {
	defer close(p.done)
	for {
		select {
		case q := <-p.queue:
			p.handle(q)
		case <-p.stop:
			p.drain()
			return
		}
	}
}

func (p *pipeline) drain() {
	for {
		select {
		case q := <-p.queue:
			p.handle(q)
		default:
			return
		}
	}
}

func (p *pipeline) handle(q queued) {
	if q.barrier != nil {
		close(q.barrier)
		return
	}
	p.bytes.Add(int64(-q.entry.size))
	p.count(p.emit(q.entry))
	p.pending.Add(-1)
}

type outcome int

const (
	outcomeLost outcome = iota
	outcomeEmitted
	outcomeDisabled
)

func (p *pipeline) count(o outcome) {
	switch o {
	case outcomeEmitted:
		p.emitted.Add(1)
	case outcomeDisabled:
		p.disabled.Add(1)
	default:
		p.lost.Add(1)
	}
}

// emit hands the entry to the log provider. A panic of the provider costs the event, not the process; so does a fault of ours.
func (p *pipeline) emit(e *entry) outcome {
	if p.ctx.Err() != nil {
		return outcomeLost
	}
	ctx := p.ctx
	if e.span.IsValid() {
		ctx = trace.ContextWithSpanContext(ctx, e.span)
	}
	wanted := false
	if !fault.Contain(&p.panics, func() {
		wanted = p.logger.Enabled(ctx, log.EnabledParameters{Severity: e.severity, EventName: e.Name})
	}) {
		return outcomeLost
	}
	if !wanted {
		return outcomeDisabled
	}
	var r log.Record
	if !fault.Shared.Guard("an event", func() { r = e.record() }) || !fault.Contain(&p.panics, func() { p.logger.Emit(ctx, r) }) {
		return outcomeLost
	}
	return outcomeEmitted
}

func (e *entry) record() log.Record {
	var r log.Record
	r.SetEventName(e.Name)
	r.SetTimestamp(e.Time)
	r.SetObservedTimestamp(e.Observed)
	r.SetSeverity(e.severity)
	r.SetBody(e.body)
	r.AddAttributes(e.Attributes...)
	return r
}
