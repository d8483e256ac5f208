// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"math"
	"time"
)

// perOctave is the number of input buckets per factor of two: OpenTelemetry's exponential histogram at scale 6.
const perOctave = 64

// A time.Duration lies between 1 ns and 2^63 ns, so no bucket outside these indexes can come from one.
const (
	minIndex = -30 * perOctave
	maxIndex = 34*perOctave - 1
)

// Bucket is one non-empty bucket of the requests that ended since the last tick.
type Bucket struct {
	// Index is that of OpenTelemetry's base-2 exponential histogram at scale 6 over seconds: the bucket holds
	// durations in (2^(Index/64), 2^((Index+1)/64)] s, about 1.1 % wide.
	Index int32
	// Count is the number of requests, Failed how many of them were server errors: a server error faster than the
	// usual median is left out, as it says nothing about latency.
	Count, Failed uint32
}

// Index returns the bucket index of a duration in seconds. Zero, negative and NaN give the lowest index, +Inf the
// highest.
func Index(seconds float64) int32 {
	i := math.Ceil(math.Log2(seconds)*perOctave) - 1
	switch {
	case !(i > minIndex): // also NaN
		return minIndex
	case i > maxIndex:
		return maxIndex
	}
	return int32(i)
}

// Bound returns the lower bound, exclusive, of a bucket in seconds; Bound(i+1) is the upper, inclusive.
func Bound(index int32) float64 {
	return math.Exp2(float64(index) / perOctave)
}

// Tally collects single requests into the buckets of one tick. The zero value is ready. It holds at most 4096
// distinct buckets, which is all that a duration can reach; it is for programs without histograms of their own.
type Tally struct {
	buckets []Bucket
	place   map[int32]int
}

// Add counts one request.
func (t *Tally) Add(d time.Duration, failed bool) {
	if t.place == nil {
		t.place = make(map[int32]int)
	}
	index := Index(d.Seconds())
	at, ok := t.place[index]
	if !ok {
		at = len(t.buckets)
		t.place[index] = at
		t.buckets = append(t.buckets, Bucket{Index: index})
	}
	t.buckets[at].Count++
	if failed {
		t.buckets[at].Failed++
	}
}

// Buckets returns what was added since the last Reset, in no particular order. The slice is valid until the next
// Add or Reset.
func (t *Tally) Buckets() []Bucket { return t.buckets }

// Reset empties the tally and keeps its memory.
func (t *Tally) Reset() {
	t.buckets = t.buckets[:0]
	clear(t.place)
}

// duration turns a number of seconds into a Duration, saturating.
func duration(seconds float64) time.Duration {
	ns := seconds * 1e9
	if !(ns < math.MaxInt64) {
		return math.MaxInt64
	}
	return time.Duration(ns)
}
