// SPDX-License-Identifier: Apache-2.0

package events

import (
	"context"
	"errors"
	"fmt"
)

// FlushResult says what Flush did and what it had to leave.
type FlushResult struct {
	Emitted     uint64 `json:"emitted"`     // events handed to the log provider while Flush ran
	Queued      int64  `json:"queued"`      // accepted, not yet handed to the log provider
	Unconfirmed int64  `json:"unconfirmed"` // handed to it since its last ForceFlush that succeeded; an upper bound
}

// Left is the number of events of which Flush cannot say that they have left the process.
func (r FlushResult) Left() int64 { return r.Queued + r.Unconfirmed }

// Flush waits until all events accepted before the call have been handed to the log provider and calls its
// ForceFlush, if it has one. It returns when ctx ends, even if the provider does not heed ctx,
// and the error then says what is left. Without a deadline it waits as long as the provider does.
func (t *Tracker) Flush(ctx context.Context) (FlushResult, error) {
	p := t.pipe
	before := p.emitted.Load()
	err := p.awaitEmission(ctx)
	if err == nil {
		err = p.forceFlush(ctx)
	}
	r := FlushResult{Emitted: p.emitted.Load() - before, Queued: p.pending.Load(), Unconfirmed: p.unconfirmed.Load()}
	if err != nil {
		err = fmt.Errorf("events: flush: %d queued and %d unconfirmed events are left: %w", r.Queued, r.Unconfirmed, err)
	}
	return r, err
}

// Shutdown stops taking events and waits until those on the queue have been emitted. If ctx ends first,
// the rest is lost, counted as such, and the error says how many. It neither flushes
// nor shuts down the log provider, whose own Shutdown comes after this one. It can be called again.
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

// forceFlush calls the provider's ForceFlush on a goroutine of its own, since a provider may not heed ctx.
// There is one such goroutine at a time, however many flushes are asked for.
func (p *pipeline) forceFlush(ctx context.Context) error {
	f, ok := p.currentProvider().(flusher)
	if !ok {
		p.unconfirmed.Store(0)
		return nil
	}
	select {
	case p.flushing <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	result := make(chan error, 1)
	go func() {
		defer func() { <-p.flushing }()
		before := p.unconfirmed.Load()
		err := callFlush(ctx, f)
		if err == nil {
			p.unconfirmed.Add(-before)
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

var errFlushPanic = errors.New("the log provider's ForceFlush panicked")

func callFlush(ctx context.Context, f flusher) (err error) {
	defer func() {
		if recover() != nil {
			err = errFlushPanic
		}
	}()
	return f.ForceFlush(ctx)
}
