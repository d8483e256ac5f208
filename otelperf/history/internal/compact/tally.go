// SPDX-License-Identifier: Apache-2.0

package compact

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Tally is what one endpoint did in a span of time.
type Tally struct {
	Outcomes slowlog.OutcomeCounts
	Cells    []Cell  // ascending
	Count    uint64  // sum of the cells
	Seconds  float64 // sum of the durations
	Grain    uint8   // 2^Grain buckets are known together
	Guessed  bool    // durations came from wider buckets of others, without a bound of error
}

// Cell is how many durations were in a bucket of package latency.
type Cell struct {
	Bucket int
	N      uint64
}

// maxCount bounds counts of a minute, so that sums do not overflow.
const maxCount = 1 << 48

// Take sets t to what a histogram has.
func (t *Tally) Take(outcomes *slowlog.OutcomeCounts, h *latency.Histogram, guessed bool) {
	t.Reset()
	t.Guessed = guessed
	for o, n := range outcomes {
		t.Outcomes[o] = min(n, maxCount)
	}
	for b, n := range h.Buckets() {
		n = min(n, maxCount)
		t.Cells = append(t.Cells, Cell{b, n})
		t.Count += n
	}
	t.Seconds, t.Grain = h.SumSeconds(), uint8(latency.Scale-h.TrustedScale())
}

// Reset empties t and keeps its memory.
func (t *Tally) Reset() { *t = Tally{Cells: t.Cells[:0]} }

// AddTo adds the durations to h.
func (t *Tally) AddTo(h *latency.Histogram) {
	for _, c := range t.Cells {
		h.MergeBucket(c.Bucket, c.N)
	}
	h.AddSum(time.Duration(min(t.Seconds*1e9, math.MaxInt64/2)))
	h.Trust(latency.Scale - int(t.Grain))
}

// Empty reports whether nothing was done.
func (t *Tally) Empty() bool { return t.Count == 0 && t.Outcomes == slowlog.OutcomeCounts{} }

// Add adds o to t.
func (t *Tally) Add(o *Tally) {
	t.Outcomes.Add(&o.Outcomes)
	t.Count += o.Count
	t.Seconds += o.Seconds
	t.Grain, t.Guessed = max(t.Grain, o.Grain), t.Guessed || o.Guessed
	for _, c := range o.Cells {
		i, found := slices.BinarySearchFunc(t.Cells, c, func(a, b Cell) int { return cmp.Compare(a.Bucket, b.Bucket) })
		if found {
			t.Cells[i].N += c.N
		} else {
			t.Cells = slices.Insert(t.Cells, i, c)
		}
	}
}

// middles are seconds in the middle of each bucket.
var middles = func() (m [latency.NumBuckets]float64) {
	for b := range m {
		m[b] = (latency.LowerBound(b) + latency.LowerBound(b+1)) / 2
	}
	return m
}()

// fineness is the steps, as a share of what the buckets say of a sum, in which it is known.
const fineness = 4096

// guess is the sum of the durations as the buckets have it.
func (t *Tally) guess() (sum float64) {
	for _, c := range t.Cells {
		sum += float64(float64(c.N) * middles[c.Bucket])
	}
	return sum
}

// model is all probabilities, which begin anew for each endpoint.
type model struct {
	cells  parts
	shares parts // of outcomes
	same   prob  // as many durations as outcomes have
	count  magnitude
	rough  prob
	beyond [12]magnitude // of the sum, by the size of the count
}

var fresh = func() *model {
	m := &model{cells: *newParts(), shares: *newParts(), same: prob{p: 63 << 10}, count: newMagnitude(), rough: prob{p: 63 << 10}}
	for i := range m.beyond {
		m.beyond[i] = newMagnitude()
	}
	return m
}()

// seconds codes the sum.
func (c *coder) seconds(m *model, t *Tally) {
	if t.Count == 0 {
		return
	}
	guess, steps := t.guess(), int64(0)
	if !c.reading {
		steps = int64(math.Round((t.Seconds/guess - 1) * fineness))
	}
	steps = c.signed(&m.beyond[min(bits.Len64(t.Count)/2, len(m.beyond)-1)], steps)
	t.Seconds = max(0, guess+float64(guess*float64(steps)/fineness))
}

// durations codes how many there are; as a rule as many as requests that are timed.
func (c *coder) durations(m *model, t *Tally, most uint64) {
	timed := min(t.Outcomes.Timed(), most)
	if !c.bit(&m.same, t.Count != timed) {
		t.Count = timed
		return
	}
	t.Count = min(c.number(&m.count, t.Count), most)
}

// grain codes how exact the buckets are.
func (c *coder) grain(m *model, t *Tally) {
	if c.bit(&m.rough, t.Grain > 0) {
		t.Grain = uint8(c.raw(uint64(t.Grain), 4))
	}
}
