// SPDX-License-Identifier: Apache-2.0

package events

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// FlushResult says what Flush did and what it had to leave.
type FlushResult struct {
	// Emitted is the number of events that were handed to the log provider while Flush ran.
	Emitted uint64 `json:"emitted"`
	// Queued is the number of accepted events that were not yet handed to the log provider.
	Queued int64 `json:"queued"`
	// Unconfirmed is the number of events that were handed to it and are not known to have been exported.
	Unconfirmed int64 `json:"unconfirmed"`
	// Lost is the number of accepted events that were found to be lost since the Flush before this one.
	Lost uint64 `json:"lost"`
}

// Left is the number of events that may still leave the process.
func (r FlushResult) Left() int64 { return r.Queued + r.Unconfirmed }

// Flush waits until all events accepted before the call have been handed to the log provider and calls its
// ForceFlush, if it has one. It returns when ctx ends, even if the provider does not heed ctx,
// and the error then says what is left. Without a deadline it waits as long as the provider does.
//
// A deadline ends the waiting, not the export, which goes on for up to 30 s from the call: a batch processor gives up
// what it is exporting when its context ends, so that an impatient Flush would cost the events it was to save.
//
// The error is ErrLost if events were lost since the last Flush; how much is known of that, [WithDeliveries] decides.
func (t *Tracker) Flush(ctx context.Context) (FlushResult, error) {
	p := t.pipe
	before := p.emitted.Load()
	err := p.awaitEmission(ctx)
	if err == nil {
		err = p.forceFlush(ctx)
	}
	r := FlushResult{Emitted: p.emitted.Load() - before, Queued: p.pending.Load(), Unconfirmed: p.unconfirmed(), Lost: p.reportLost()}
	if r.Lost > 0 {
		err = joined(ErrLost, err)
	}
	if err != nil {
		err = fmt.Errorf("events: flush: %d queued and %d unconfirmed events are left, %d are lost: %w", r.Queued, r.Unconfirmed, r.Lost, err)
	}
	return r, err
}

// joined is errors.Join on one line.
func joined(err, cause error) error {
	if cause == nil {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// reportLost returns how many events were lost since it was called last.
func (p *pipeline) reportLost() uint64 {
	p.reportMu.Lock()
	defer p.reportMu.Unlock()
	gone := p.lost.Load() + p.deliveries.failed.Load() + p.missing.Load()
	n := gone - p.reported
	p.reported = gone
	return n
}

// unconfirmed is what was emitted and is not settled yet. An event can be exported before it is counted as emitted.
func (p *pipeline) unconfirmed() int64 { return int64(p.open(p.emitted.Load())) }

func (p *pipeline) open(emitted uint64) uint64 {
	settled := p.deliveries.delivered.Load() + p.deliveries.failed.Load() + p.missing.Load()
	return emitted - min(settled, emitted)
}

// Shutdown stops taking events and waits until those on the queue have been emitted. If ctx ends first,
// the rest is lost, counted as such, and the error says how many. It neither flushes
// nor shuts down the log provider, whose own Shutdown comes after this one and ends what a Flush that ran out of time
// may still be exporting. It can be called again.
func (t *Tracker) Shutdown(ctx context.Context) error {
	p := t.pipe
	p.close()
	select {
	case <-p.done:
		p.cancel()
		return nil
	default:
	}
	select {
	case <-p.done:
		p.cancel()
		return nil
	case <-ctx.Done():
		left := p.pending.Load()
		p.cancel() // what is still queued is now passed over
		return fmt.Errorf("events: shutdown: %d events are left: %w", left, context.Cause(ctx))
	}
}

func (p *pipeline) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed.Swap(true) {
		close(p.stop)
	}
}

// awaitEmission waits for a barrier to come out of the queue, or for the end of the goroutine.
func (p *pipeline) awaitEmission(ctx context.Context) error {
	barrier := make(chan struct{})
	select {
	case p.queue <- queued{barrier: barrier}:
	case <-p.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case <-barrier:
		return nil
	case <-p.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

type flusher interface{ ForceFlush(context.Context) error }

// forceFlush calls the provider's ForceFlush on a goroutine of its own, since a provider may not heed ctx and is not to
// be cut short by it. There is one such goroutine at a time, however many flushes are asked for.
func (p *pipeline) forceFlush(ctx context.Context) error {
	f, _ := p.currentProvider().(flusher)
	select {
	case p.flushing <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	result := make(chan error, 1)
	go func() {
		defer func() { <-p.flushing }()
		own, cancel := patient(ctx)
		defer cancel()
		emitted := p.emitted.Load()
		err := callFlush(own, f)
		if f != nil || !p.watched {
			p.settle(emitted, err)
		}
		result <- err
	}()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// patience is how long an export goes on when the Flush that began it has run out of time.
const patience = 30 * time.Second

// patient returns ctx with a deadline moved to at least patience from now. Without a deadline ctx stays as it is.
func patient(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}
	}
	if least := time.Now().Add(patience); deadline.Before(least) {
		deadline = least
	}
	return context.WithDeadline(context.WithoutCancel(ctx), deadline)
}

// settle counts what the result of a ForceFlush says of the events emitted before it. Where an exporter is watched,
// it knows better, and what has not come to it after a success will not come any more.
func (p *pipeline) settle(emitted uint64, err error) {
	open := p.open(emitted)
	switch {
	case p.watched && err == nil:
		p.missing.Add(open)
	case p.watched:
	case err == nil:
		p.deliveries.delivered.Add(open)
	default:
		p.deliveries.failed.Add(open)
	}
}

var errFlushPanic = errors.New("the log provider's ForceFlush panicked")

// callFlush calls f unless it is nil, which is a provider that holds nothing back.
func callFlush(ctx context.Context, f flusher) (err error) {
	if f == nil {
		return nil
	}
	defer func() {
		if recover() != nil {
			err = errFlushPanic
		}
	}()
	return f.ForceFlush(ctx)
}
