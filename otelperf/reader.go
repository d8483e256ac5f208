// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"errors"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// source is where an engine's deltas come from.
type source interface {
	// Collect calls use with what came since the last successful Collect. After an error nothing was used.
	Collect(ctx context.Context, use func(iter.Seq[*spikeprocessor.Delta])) error
}

// spanSource takes deltas from a processor.
type spanSource struct{ link spikeprocessor.Link }

func (s spanSource) Collect(_ context.Context, use func(iter.Seq[*spikeprocessor.Delta])) error {
	use(func(yield func(*spikeprocessor.Delta) bool) {
		more := true
		s.link.TakeDeltas(func(d *spikeprocessor.Delta) { more = more && yield(d) })
	})
	return nil
}

// Reader is the metric reader that windows, baselines and spikes come from: an engine, what feeds it, and the one
// goroutine that makes it tick. It embeds an SDK reader, since the SDK lets nothing else be registered with a
// MeterProvider; with the span source (the default) it collects nothing through it and works as well without being
// registered.
//
// All methods are safe for concurrent use.
type Reader struct {
	*sdkmetric.ManualReader
	engine  *engine.Engine
	source  source
	every   time.Duration
	digest  func(time.Time)     // what the span path leaves to others
	onSpike func(*engine.Event) // must return at once

	evaluating sync.Mutex // one evaluation at a time
	cancel     context.CancelFunc
	done       chan struct{}
	spent      atomic.Int64 // ns, in evaluations
	closed     atomic.Bool
}

func newReader(mr *sdkmetric.ManualReader, e *engine.Engine, src source, every time.Duration) *Reader {
	return &Reader{ManualReader: mr, engine: e, source: src, every: every, done: make(chan struct{})}
}

// start begins to tick: once a second, of which every so many are evaluations.
func (r *Reader) start() {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() {
		defer close(r.done)
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for n := int64(1); ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				if n%max(1, int64(r.every/time.Second)) == 0 {
					r.tick(ctx)
				} else {
					r.digest(time.Now())
				}
			}
		}
	}()
}

// tick is one evaluation that survives a fault of ours.
func (r *Reader) tick(ctx context.Context) {
	defer func() {
		if v := recover(); v != nil {
			r.engine.Fault()
		}
	}()
	_ = r.evaluate(ctx) // counted by the engine
}

// evaluate brings the engine up to date. A failed collect feeds nothing, not even time.
func (r *Reader) evaluate(ctx context.Context) error {
	r.evaluating.Lock()
	defer r.evaluating.Unlock()
	if r.closed.Load() {
		return nil
	}
	began := time.Now()
	var events []engine.Event
	err := r.source.Collect(ctx, func(deltas iter.Seq[*spikeprocessor.Delta]) { events = r.engine.Advance(began, deltas) })
	if err != nil {
		r.engine.CollectFailed()
	}
	r.digest(began)
	r.spent.Add(int64(time.Since(began)))
	for i := range events {
		r.onSpike(&events[i])
	}
	return err
}

// reset starts the engine's numbers anew, between two evaluations.
func (r *Reader) reset(baselines bool) {
	r.evaluating.Lock()
	defer r.evaluating.Unlock()
	events := r.engine.Reset(baselines)
	for i := range events {
		r.onSpike(&events[i])
	}
}

// ForceFlush is one evaluation: what ended before it is in the numbers after it. The MeterProvider calls it, too.
func (r *Reader) ForceFlush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return r.evaluate(ctx)
}

// Shutdown is called by the MeterProvider. It evaluates once more; then what comes through the SDK ends by itself, since the
// provider's instruments record no longer. The engine runs on until Monitor.Shutdown: a second provider, with which the
// SDK refuses to register a reader, calls Shutdown all the same, and so do programs that shut the provider down first.
func (r *Reader) Shutdown(ctx context.Context) error {
	return r.ForceFlush(ctx)
}

// close evaluates once more, ends the goroutine and waits for it, within ctx.
func (r *Reader) close(ctx context.Context) error {
	err := r.ForceFlush(ctx)
	if errors.Is(err, sdkmetric.ErrReaderNotRegistered) {
		err = nil // there was never anything to collect
	}
	if r.closed.Swap(true) {
		return nil
	}
	r.cancel()
	select {
	case <-r.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	_ = r.ManualReader.Shutdown(ctx) // only ever says that it was shut down before
	return err
}

// registered reports whether a MeterProvider has the reader.
func (r *Reader) registered() bool {
	state, ok := r.MarshalLog().(struct {
		Type       string
		Registered bool
		Shutdown   bool
	})
	return ok && state.Registered
}
