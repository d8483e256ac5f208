// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// cell holds the numbers of one endpoint. Invariant: it is touched only under the recorder's mutex, and a request
// is in the sums or in the delta, never in both.
type cell struct {
	delta         latency.Histogram  // since the last TakeDeltas: those that are timed and did not fail
	deltaFailed   *latency.Histogram // since the last TakeDeltas: those that failed; nil before the first
	deltaOutcomes slowlog.OutcomeCounts
	dirty         bool

	timed    latency.Histogram  // before the last TakeDeltas: those that did not fail
	failed   *latency.Histogram // before the last TakeDeltas: those that failed, at scale 3; nil before the first
	outcomes slowlog.OutcomeCounts
}

// record takes one request into the delta, and there alone: the sums follow with the next TakeDeltas, a whole histogram at a
// time, which is cheaper than request by request.
func (c *cell) record(o slowlog.Outcome, d time.Duration) {
	c.deltaOutcomes[o]++
	switch {
	case o.Failed():
		if c.failed == nil {
			c.failed, c.deltaFailed = latency.NewCoarse(), new(latency.Histogram)
		}
		c.deltaFailed.Record(d)
	case o.Timed():
		c.delta.Record(d)
	}
}

// requests is how many there have been since the start.
func (c *cell) requests() uint64 { return c.outcomes.Total() + c.deltaOutcomes.Total() }

// sumTo merges all since the start into timed and failed.
func (c *cell) sumTo(timed, failed *latency.Histogram) {
	timed.Merge(&c.timed)
	timed.Merge(&c.delta)
	if c.failed != nil {
		failed.Merge(c.failed)
		failed.Merge(c.deltaFailed)
	}
}

// fold adds the delta to the sums. Afterwards it is that of all timed requests, failed ones too, as consumers of deltas want
// it; startDelta must follow.
func (c *cell) fold() {
	c.timed.Merge(&c.delta)
	c.outcomes.Add(&c.deltaOutcomes)
	if c.failed != nil {
		c.failed.Merge(c.deltaFailed)
		c.delta.Merge(c.deltaFailed)
	}
}

// absorb takes in all that another cell has summed up.
func (c *cell) absorb(o *cell) {
	c.timed.Merge(&o.timed)
	c.outcomes.Add(&o.outcomes)
	if o.failed == nil {
		return
	}
	if c.failed == nil {
		c.failed, c.deltaFailed = latency.NewCoarse(), new(latency.Histogram)
	}
	c.failed.Merge(o.failed)
}

// startDelta empties the delta.
func (c *cell) startDelta() {
	c.delta.Reset()
	if c.deltaFailed != nil {
		c.deltaFailed.Reset()
	}
	c.deltaOutcomes = slowlog.OutcomeCounts{}
	c.dirty = false
}

// cells turns the recorder's words into numbers.
type cells struct {
	byID  []*cell
	dirty []uint32 // ids of the cells that changed since the last TakeDeltas
	taken bool     // somebody takes deltas

	yielded Delta // memory for what TakeDeltas yields
}

// apply takes words in.
func (c *cells) apply(words []uint64) {
	for _, w := range words {
		id, outcome, d := unpackWord(w)
		cl := c.at(id)
		if outcome == slowlog.OutcomeOK {
			cl.deltaOutcomes[slowlog.OutcomeOK]++
			cl.delta.Record(d)
		} else {
			cl.record(outcome, d)
		}
		if !cl.dirty {
			cl.dirty = true
			c.dirty = append(c.dirty, id)
		}
	}
}

// cell returns the one of an id, nil if there is none.
func (c *cells) cell(id uint32) *cell {
	if int(id) < len(c.byID) {
		return c.byID[id]
	}
	return nil
}

// requests is how many there have been of an id.
func (c *cells) requests(id uint32) uint64 {
	if cl := c.cell(id); cl != nil {
		return cl.requests()
	}
	return 0
}

// drop forgets the cell of an id.
func (c *cells) drop(id uint32) {
	c.byID[id] = nil
	if i := slices.Index(c.dirty, id); i >= 0 {
		c.dirty = slices.Delete(c.dirty, i, i+1)
	}
}

func (c *cells) at(id uint32) *cell {
	if cl := c.cell(id); cl != nil {
		return cl
	}
	for int(id) >= len(c.byID) {
		c.byID = append(c.byID, nil)
	}
	c.byID[id] = new(cell)
	return c.byID[id]
}

// Delta is what came to one endpoint between two calls of TakeDeltas. It is valid only during the call it is passed to.
type Delta struct {
	// ID is a small number that stands for Endpoint until a Delta says that it is Forgotten.
	ID int
	// Endpoint is whose numbers these are.
	Endpoint conventions.Endpoint
	// All holds the durations of all timed requests, Failed those of the failed among them. They are not to be
	// changed. Failed is nil where none ever failed.
	All, Failed *latency.Histogram
	// Outcomes counts all requests, timed or not.
	Outcomes slowlog.OutcomeCounts
	// Estimated counts the requests that those of Outcomes stand for, where they are a sample of all; nil: they are all. It is for counts and
	// rates, and never for what is judged: one request that counts ten times is no more evidence than one.
	Estimated *slowlog.OutcomeCounts
	// Coarse marks durations that came from buckets wider than ours: their quantiles are as coarse as those were.
	Coarse bool
	// Beyond is where a bucket without an end begins that some of them came from, at least 1 ns; 0 is none.
	Beyond time.Duration
	// OutcomesUnknown marks requests that came without their attributes, since an SDK's cardinality limit was reached: they count
	// as ok, and as unmatched by any endpoint.
	OutcomesUnknown bool
	// Forgotten says that the endpoint has made room for others, and nothing else: no Delta of it follows, ID may become another's,
	// and what it had counts as that of the overflow endpoint of the same kind, whose ID is Other.
	Forgotten bool
	Other     int // see Forgotten
}

// Represented is Estimated, or Outcomes without one.
func (d *Delta) Represented() *slowlog.OutcomeCounts {
	if d.Estimated != nil {
		return d.Estimated
	}
	return &d.Outcomes
}

// takeDeltas is Link.TakeDeltas.
func (c *core) takeDeltas(yield func(*Delta)) {
	c.counted(func() {
		first := !c.cells.taken
		c.cells.taken = true
		if first {
			c.reap(nil)
		} else {
			c.reap(yield)
		}
		entries := c.table.entries()
		done := 0
		defer func() { c.cells.dirty = slices.Delete(c.cells.dirty, 0, done) }()
		for _, id := range c.cells.dirty {
			done++
			if first {
				c.cells.byID[id].take(nil, nil)
			} else {
				c.cells.yielded = Delta{ID: int(id), Endpoint: entries[id].endpoint}
				c.cells.byID[id].take(&c.cells.yielded, yield)
			}
		}
	})
}

// take moves the delta to the sums and yields it, unless yield is nil. It is taken even if yield panics: no request counts twice.
func (c *cell) take(d *Delta, yield func(*Delta)) {
	c.fold()
	defer c.startDelta()
	if yield != nil {
		d.All, d.Failed, d.Outcomes = &c.delta, c.deltaFailed, c.deltaOutcomes
		yield(d)
	}
}
