// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import (
	"database/sql"
	"sync"
	"sync/atomic"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/worker"
	"github.com/otelperf/otelperf-go/slowlog/fault"
)

// Pool is a connection pool and how it is asked. Stats is the program's: it may wait for the pool's lock, or panic.
type Pool struct {
	Name  string
	Stats func() sql.DBStats
}

// staleAfter is how old a pool's last answer may be for its numbers to count as of now.
const staleAfter = 3 * time.Second

// watched is a pool with the one goroutine that asks it. While it does not answer, it is asked no more.
type watched struct {
	Pool
	*worker.Worker
	ask    chan struct{}
	panics atomic.Uint64

	mu       sync.Mutex // guards all below, for moments
	answer   sql.DBStats
	answered time.Time // zero before there is one
}

func watch(p Pool) *watched {
	return &watched{Pool: p, Worker: worker.New(), ask: make(chan struct{}, 1)}
}

// start begins to answer, until Close.
func (w *watched) start() {
	w.Run(func() {
		for {
			select {
			case <-w.Stopping():
				return
			case <-w.ask:
				fault.Contain(&w.panics, w.read)
			}
		}
	})
}

func (w *watched) read() {
	s := w.Stats()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer, w.answered = s, time.Now()
}

// poke has the pool asked, and returns at once.
func (w *watched) poke() {
	select {
	case w.ask <- struct{}{}:
	default:
	}
}

// latest is the last answer and when it came.
func (w *watched) latest() (sql.DBStats, time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.answer, w.answered
}

// poolLine is a pool and what is kept of it.
type poolLine struct {
	*watched
	lines [poolKinds]*line
	stats sql.DBStats // as of the last sample
	at    time.Time   // of stats
	waits float64     // a second; NaN where that is not known
}

// sample turns the pool's last answer into values: waiting is the mean number of those that wait, which is the time that was waited in a
// second.
func (p *poolLine) sample(now time.Time) (v [poolKinds]float64) {
	v = [poolKinds]float64{unknown, unknown}
	s, at := p.latest()
	before, since := p.stats, at.Sub(p.at).Seconds()
	switch {
	case at.IsZero() || now.Sub(at) > staleAfter:
		p.waits = unknown
		return v
	case since <= 0: // it has not answered yet: what it said last holds
		v[poolInUse] = float64(s.InUse)
		return v
	case !p.at.IsZero():
		v[poolWaiting] = max(0, (s.WaitDuration-before.WaitDuration).Seconds()/since)
		p.waits = max(0, float64(s.WaitCount-before.WaitCount)/since)
	}
	v[poolInUse] = float64(s.InUse)
	p.stats, p.at = s, at
	return v
}
