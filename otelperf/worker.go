// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"sync"
)

// worker is the one goroutine of what embeds it.
type worker struct {
	stop    chan struct{} // closed: the goroutine is to finish what it has, and end
	done    chan struct{} // closed: it has ended
	once    sync.Once
	started bool // before any other goroutine knows the worker
}

func newWorker() worker { return worker{stop: make(chan struct{}), done: make(chan struct{})} }

// run starts the goroutine. It is called once, or never.
func (w *worker) run(f func()) {
	w.started = true
	go func() {
		defer close(w.done)
		f()
	}()
}

// close tells the goroutine to end and waits for that within ctx. It may be called more than once.
func (w *worker) close(ctx context.Context) error {
	w.once.Do(func() { close(w.stop) })
	if !w.started {
		return nil
	}
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// deliver hands what comes through queue to f, one by one. When w is to end, it hands on what is there, and returns.
func deliver[T any](w *worker, queue <-chan T, f func(T)) {
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
}
