// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/worker"
	"github.com/otelperf/otelperf-go/slowlog/fault"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// source is where an engine's deltas come from.
type source interface {
	// Collect calls use with what came since its last call, up to a time, and returns within ctx. After an error, what is lacking comes with a
	// later one.
	Collect(ctx context.Context, use func(time.Time, iter.Seq[*spikeprocessor.Delta])) error
}

// spanSource takes deltas from a processor.
type spanSource struct{ link spikeprocessor.Link }

func (s spanSource) Collect(_ context.Context, use func(time.Time, iter.Seq[*spikeprocessor.Delta])) error {
	use(time.Now(), func(yield func(*spikeprocessor.Delta) bool) {
		more := true
		s.link.TakeDeltas(func(d *spikeprocessor.Delta) { more = more && yield(d) })
	})
	return nil
}

// maxCollect is how long a collection of the program's metrics may take, if the interval is not shorter.
const maxCollect = 10 * time.Second

// errFault is what an evaluation returns that met a fault of ours.
var errFault = errors.New("otelperf: a fault in the evaluation was recovered")

// Reader is the metric reader that windows, baselines and spikes come from: an engine, what feeds it, and the goroutines that make it
// tick. It embeds an SDK reader, since the SDK lets nothing else be registered with a MeterProvider; with the span source (the default)
// it collects nothing through it and works as well without being registered.
//
// All methods are safe for concurrent use.
type Reader struct {
	*sdkmetric.ManualReader
	engine  *engine.Engine
	source  source // nil: somebody else advances the engine
	every   time.Duration
	paced   bool                // the source runs code of the program: it is asked once in every, whoever looks on
	digest  func(time.Time)     // what the span path leaves to others
	onSpike func(*engine.Event) // must return at once
	faults  *fault.Log

	digesting sync.Mutex
	turn      chan struct{} // holds the one evaluation that may run; a digest needs no turn
	ticks     *worker.Worker
	digests   *worker.Worker // with a paced source alone
	cancel    context.CancelFunc
	spent     atomic.Int64 // ns by the clock, in evaluations and digests
	failure   atomic.Pointer[string]
	closed    atomic.Bool
}

func newReader(mr *sdkmetric.ManualReader, e *engine.Engine, src source, every time.Duration, paced bool, faults *fault.Log) *Reader {
	return &Reader{
		ManualReader: mr, engine: e, source: src, every: every, paced: paced, faults: faults,
		turn: make(chan struct{}, 1), ticks: worker.New(), digests: worker.New(), cancel: func() {},
	}
}

// start begins to tick. A collection may take its time, meanwhile the span path's rest is digested by another goroutine.
func (r *Reader) start() {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	tick := func() {
		ctx, cancel := context.WithTimeout(ctx, r.patience())
		defer cancel()
		_ = r.evaluate(ctx) // counted by the engine
	}
	r.ticks.Run(func() { each(r.every, r.ticks.Stopping(), tick) })
	if r.paced {
		r.digests.Run(func() { each(time.Second, r.digests.Stopping(), r.digestNow) })
	}
}

// each calls f at intervals until stop is closed.
func each(interval time.Duration, stop <-chan struct{}, f func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			f()
		}
	}
}

func (r *Reader) patience() time.Duration { return min(r.every, maxCollect) }

// digestNow does what the span path leaves to others. Nobody waits for it but who called it: the next evaluation need not.
func (r *Reader) digestNow() {
	r.digesting.Lock() // digests wait for each other anyway: the time that took is not spent
	defer r.digesting.Unlock()
	began := time.Now()
	r.faults.Guard("a digest", func() { r.digest(began) })
	r.spent.Add(int64(time.Since(began)))
}

// refresh brings the engine up to date for somebody who looks. A paced source is not asked: what it had at the last tick is the answer,
// which is there at once, even for a callback that the source is waiting for.
func (r *Reader) refresh() {
	if r.paced {
		r.digestNow()
		return
	}
	_ = r.evaluate(context.Background()) // counted by the engine
}

// evaluate brings the engine up to date, within ctx, and then the slow log. A failed collection feeds nothing, not even time.
func (r *Reader) evaluate(ctx context.Context) error {
	if r.closed.Load() {
		return nil
	}
	var err error
	if r.source != nil {
		err = r.advanceInTurn(ctx)
	}
	r.digestNow()
	return err
}

func (r *Reader) advanceInTurn(ctx context.Context) error {
	if err := r.begin(ctx); err != nil {
		return err
	}
	defer r.end()
	if r.closed.Load() {
		return nil
	}
	err := errFault
	if !r.faults.Guard("an evaluation", func() { err = r.advance(ctx) }) {
		r.engine.Fault()
	}
	var failure *string
	if err != nil {
		failure = new(err.Error())
	}
	r.failure.Store(failure)
	return err
}

// why says why the last evaluation failed; "" if it did not.
func (r *Reader) why() string {
	if failure := r.failure.Load(); failure != nil {
		return ": " + *failure
	}
	return ""
}

// begin waits for its turn, within ctx.
func (r *Reader) begin(ctx context.Context) error {
	select {
	case r.turn <- struct{}{}:
		return nil
	default:
	}
	select {
	case r.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("otelperf: an evaluation is waiting for its turn: %w", ctx.Err())
	}
}

func (r *Reader) end() { <-r.turn }

func (r *Reader) advance(ctx context.Context) error {
	began := time.Now()
	var events []engine.Event
	fed := false
	err := r.source.Collect(ctx, func(now time.Time, deltas iter.Seq[*spikeprocessor.Delta]) {
		fed, events = true, append(events, r.engine.Advance(now, deltas)...)
	})
	if !fed {
		r.engine.CollectFailed()
	}
	r.spent.Add(int64(time.Since(began)))
	r.report(events)
	return err
}

func (r *Reader) report(events []engine.Event) {
	for i := range events {
		r.onSpike(&events[i])
	}
}

// reset starts the engine's numbers anew. What a paced source cannot be asked for in time counts as after the reset.
func (r *Reader) reset(baselines bool) {
	ctx, cancel := context.WithTimeout(context.Background(), r.patience())
	defer cancel()
	_ = r.evaluate(ctx) // counted by the engine
	if r.begin(ctx) == nil {
		defer r.end()
	}
	r.report(r.engine.Reset(baselines))
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

// close ends the goroutines and evaluates once more, within ctx. What there was no time for is tried again by the next call.
func (r *Reader) close(ctx context.Context) error {
	r.cancel() // a tick that waits for the source gives up
	err := errors.Join(r.ticks.Close(ctx), r.digests.Close(ctx))
	if r.closed.Load() {
		return err
	}
	last := r.evaluate(ctx)
	if last != nil && ctx.Err() != nil && errors.Is(last, ctx.Err()) {
		return errors.Join(err, last)
	}
	r.closed.Store(true)
	_ = r.ManualReader.Shutdown(ctx) // only ever says that it was shut down before
	if errors.Is(last, sdkmetric.ErrReaderNotRegistered) {
		last = nil // there was never anything to collect
	}
	return errors.Join(err, last)
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
