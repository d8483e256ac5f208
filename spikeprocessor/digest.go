// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Bounds of one Digest: it builds anatomies for digestTime, and whatever the clock says, until it has built some of so many bytes.
const (
	digestTime  = 50 * time.Millisecond
	digestBytes = 1 << 20
)

// digest is Link.Digest.
func (c *core) digest(now time.Time) {
	c.digestMu.Lock()
	defer c.digestMu.Unlock()
	began := time.Now()
	c.digesting.Store(true)
	samples := c.bench.takeSamples()
	c.learnAll(samples, now)
	c.bench.forget(samples)
	c.buildAll(began, now)
	c.bench.expire(now.Add(-lateWindow))
	if now.Sub(c.tidied) >= time.Second || now.Before(c.tidied) {
		c.tidied = now
		c.tidyHeld(now)
		if c.running != nil {
			c.running.sweep(now)
		}
		c.forget(now)
		c.refill(now)
	}
}

// refill lets requests be looked at again: so few of those endpoints that had requests just now that there is room for all of them, or
// where there are too many of these, they take turns. Else busy endpoints would leave no room for others.
func (c *core) refill(now time.Time) {
	busy := func(e *entry) bool { return e.seen.Equal(now) && e.endpoint.Kind != conventions.KindDependency }
	n := 0
	for e := range c.table.rows() {
		if busy(e) {
			n++
		}
	}
	each := int32(min(samplesPerSecond, max(1, maxSamples/max(n, 1))))
	turns := max(1, (n+maxSamples-1)/maxSamples)
	c.refilled++
	i := 0
	for e := range c.table.rows() {
		want := each
		if busy(e) {
			if i++; i%turns != c.refilled%turns {
				want = 0
			}
		}
		if e.samples.Load() != want {
			e.samples.Store(want)
		}
	}
}

// buildAll builds anatomies, of requests that have none yet and of those that got late children by turns. What there is no time
// for waits for the next call, which goes on from there.
func (c *core) buildAll(began, now time.Time) {
	built := int64(0)
	more := func() bool { return built < digestBytes || time.Since(began) < c.digestTime }
	dirty := maxRecent
	for more() {
		k, n := c.bench.next()
		if k != nil {
			built += n
			c.build(k, now)
			c.bench.done(k)
		}
		again := false
		for ; dirty > 0 && !again && more(); dirty-- {
			c.rebuilt = (c.rebuilt + 1) % maxRecent
			if k := c.bench.recents.ring[c.rebuilt].Load(); k != nil && c.build(k, now) {
				built += c.bench.weight(k)
				again = true
			}
		}
		if k == nil && dirty == 0 {
			return
		}
	}
}

// learnAll takes samples in. An ordinary one stands for the ordinary requests of its endpoint since the last call.
func (c *core) learnAll(samples []sample, now time.Time) {
	taken := map[*entry]int{}
	for i := range samples {
		if !samples[i].slow {
			taken[samples[i].entry]++
		}
	}
	weights := map[*entry]int{}
	c.rec.Locked(func() {
		entries := c.table.entries()
		for e, n := range taken {
			if entries[e.id] == e { // else it has been forgotten
				total := c.cells.requests(e.id)
				weights[e] = int(total-e.sampledAt) / n
				e.sampledAt = total
			}
		}
	})
	for i := range samples {
		s := &samples[i]
		weight := 1
		if !s.slow {
			weight = weights[s.entry]
		}
		c.learn(s, c.slowSpans(s.kin.spans), weight, now)
	}
}
