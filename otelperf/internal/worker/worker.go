// SPDX-License-Identifier: Apache-2.0

// Package worker is the one goroutine of something that has a goroutine: it is started once, told to end once, and waited for.
package worker

import (
	"context"
	"sync"
)

// Worker is the one goroutine of what embeds it. Its methods are safe for concurrent use once Run has returned.
type Worker struct {
	stop    chan struct{} // closed: the goroutine is to finish what it has, and end
	done    chan struct{} // closed: it has ended
	once    sync.Once
	started bool // before any other goroutine knows the worker
}

// New returns a worker without a goroutine yet.
func New() *Worker { return &Worker{stop: make(chan struct{}), done: make(chan struct{})} }

// Run starts the goroutine, which is to return soon after Stopping is closed. It is called once, or never.
func (w *Worker) Run(f func()) {
	w.started = true
	go func() {
		defer close(w.done)
		f()
	}()
}

// Stopping is closed when the goroutine is to end.
func (w *Worker) Stopping() <-chan struct{} { return w.stop }

// Close tells the goroutine to end and waits for that within ctx. It may be called more than once.
func (w *Worker) Close(ctx context.Context) error {
	w.once.Do(func() { close(w.stop) })
	if !w.started {
		return nil
	}
	select {
	case <-w.done: // whatever ctx says
		return nil
	default:
	}
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Deliver runs a goroutine that hands what comes through queue to f, one by one. When w is to end, it hands on what is there, and
// returns.
func Deliver[T any](w *Worker, queue <-chan T, f func(T)) {
	w.Run(func() {
		for {
			select {
			case v := <-queue:
				f(v)
			case <-w.stop:
				for len(queue) > 0 {
					f(<-queue)
				}
				return
			}
		}
	})
}
