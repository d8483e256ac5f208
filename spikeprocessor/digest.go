// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"sync"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

const (
	maxPending       = 256 // kept requests whose anatomy waits for Digest
	maxSamples       = 32  // ordinary requests that wait for Digest
	samplesPerSecond = 4   // of one endpoint
)

// workbench is where what the span path leaves behind waits for Digest. All of it is bounded.
type workbench struct {
	mu      sync.Mutex // guards all below; held for a few instructions on the span path
	pending []*kept
	samples []sample
}

// sample is one ordinary request, for what is normal.
type sample struct {
	entry  *entry
	root   sdktrace.ReadOnlySpan
	kin    family
	slow   bool
	status int
	d      time.Duration
}

// wait puts a kept request on the bench; false if that is full.
func (w *workbench) wait(k *kept) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.pending) >= maxPending {
		return false
	}
	w.pending = append(w.pending, k)
	return true
}

func (w *workbench) sample(s sample) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.samples) < maxSamples {
		w.samples = append(w.samples, s)
	}
}

func (w *workbench) take() (pending []*kept, samples []sample) {
	w.mu.Lock()
	defer w.mu.Unlock()
	pending, samples = w.pending, w.samples
	w.pending, w.samples = nil, nil
	return pending, samples
}

// digest is Link.Digest.
func (c *core) digest(now time.Time) {
	c.digestMu.Lock()
	defer c.digestMu.Unlock()
	c.digesting.Store(true)
	pending, samples := c.bench.take()
	c.learnAll(samples, now)
	for _, k := range pending {
		c.build(k)
	}
	for i := range c.recents.ring {
		if k := c.recents.ring[i].Load(); k != nil {
			c.build(k)
		}
	}
	c.recents.expire(now.Add(-lateWindow))
	if now.Sub(c.tidied) >= time.Second || now.Before(c.tidied) {
		c.tidied = now
		c.gather.tidy()
		if c.running != nil {
			c.running.sweep(now, staleInFlight)
		}
		for _, e := range c.table.entries() {
			if e.samples.Load() != samplesPerSecond {
				e.samples.Store(samplesPerSecond)
			}
		}
	}
}

// build makes the anatomy of a kept request and puts it into the slow log, if there is anything new.
func (c *core) build(k *kept) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.dirty {
		return
	}
	k.dirty = false
	a := slowlog.Build(c.slowSpan(k.root), c.slowSpans(k.children), slowlog.BuildOptions{
		QueryText: c.cfg.queryText, Normal: k.entry.usual.normal(), Dropped: k.dropped,
	})
	c.store.ReplaceAnatomy(k.trace, k.id, a)
}

// learnAll takes samples in. An ordinary one stands for the ordinary requests of its endpoint since the last call.
func (c *core) learnAll(samples []sample, now time.Time) {
	taken := map[*entry]int{}
	for _, s := range samples {
		if !s.slow {
			taken[s.entry]++
		}
	}
	weights := map[*entry]int{}
	c.rec.Locked(func() {
		for e, n := range taken {
			if int(e.id) < len(c.cells.byID) && c.cells.byID[e.id] != nil {
				total := c.cells.byID[e.id].requests()
				weights[e] = int(total-e.sampledAt) / n
				e.sampledAt = total
			}
		}
	})
	for _, s := range samples {
		if s.slow {
			c.learn(s, 1, now)
		} else {
			c.learn(s, weights[s.entry], now)
		}
	}
}
