// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"math"
	"sort"

	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Minute is what an endpoint did in one.
type Minute struct {
	Requests, Failed uint64
	Durations        *latency.Histogram // nil or empty for none
}

// errors are the shares of failed requests.
func errors(before, since []Minute) (a, b Interval) {
	of := func(minutes []Minute) share {
		parts := make([]part, 0, len(minutes))
		for i := range minutes {
			parts = append(parts, part{float64(minutes[i].Failed), float64(minutes[i].Requests)})
		}
		return shareOf(parts)
	}
	x, y := of(before), of(since)
	if x.p == 0 && y.p == 0 { // minutes tell nothing of how failures come
		return x.none(), y.none()
	}
	return both(&x, &y, func(s *share) Interval {
		low, high := s.interval(s.p)
		return Interval{s.p, low, high}
	})
}

// both gives two shares the larger one of their design effects, and returns what intervalOf makes of them.
func both(x, y *share, intervalOf func(*share) Interval) (a, b Interval) {
	x.effect, y.effect = max(x.effect, y.effect), max(x.effect, y.effect)
	a, b = unknown, unknown
	if x.minutes > 1 {
		a = intervalOf(x)
	}
	if y.minutes > 1 {
		b = intervalOf(y)
	}
	return a, b
}

// quantiles are those of all durations of each side, in seconds.
func quantiles(before, since []Minute, q float64) (a, b Interval) {
	x, y := durationsOf(before, q), durationsOf(since, q)
	return both(&x.share, &y.share, func(s *share) Interval {
		if s == &x.share {
			return x.interval(q)
		}
		return y.interval(q)
	})
}

// durations are those of one side, and the share of them up to the quantile's bucket.
type durations struct {
	share
	counts [latency.NumBuckets]float64
	at     int
}

func durationsOf(minutes []Minute, q float64) *durations {
	d, all := &durations{}, 0.0
	for i := range minutes {
		minutes[i].each(func(b int, n float64) { d.counts[b], all = d.counts[b]+n, all+n })
	}
	d.at, _ = d.bucketAt(q * all)
	parts := make([]part, len(minutes))
	for i := range minutes {
		minutes[i].each(func(b int, n float64) {
			if parts[i].of += n; b <= d.at {
				parts[i].counted += n
			}
		})
	}
	d.share = shareOf(parts)
	return d
}

// interval is that of the quantile, in seconds.
func (d *durations) interval(q float64) Interval {
	low, high := d.share.interval(q)
	first, _ := d.bucketAt(low * d.of)
	last, beyond := d.bucketAt(high*d.of + 1)
	i := Interval{math.Sqrt(latency.LowerBound(d.at) * latency.LowerBound(d.at+1)), latency.LowerBound(first), latency.LowerBound(last + 1)}
	if beyond { // nothing as long as that was seen
		i.High = math.Inf(1)
	}
	return i
}

func (m *Minute) each(use func(bucket int, n float64)) {
	if m.Durations == nil {
		return
	}
	for b, n := range m.Durations.Buckets() {
		use(b, float64(n))
	}
}

// bucketAt is the bucket that the request of a rank lies in; beyond all of them it is the last one.
func (d *durations) bucketAt(rank float64) (bucket int, beyond bool) {
	sum := 0.0
	for b, n := range d.counts {
		if sum += n; n > 0 {
			if bucket = b; sum >= rank {
				return bucket, false
			}
		}
	}
	return bucket, true
}

// fewest is how many requests of minutes that are alike have a longer one than the upper bound of a quantile: with fewer, nothing bounds it.
func fewest(q float64, minutes int) uint64 {
	t := student(float64(minutes - 1))
	return uint64(sort.Search(1<<20, func(n int) bool {
		if n == 0 {
			return false
		}
		_, high := wilson(q, float64(n), t)
		return high*float64(n)+1 <= float64(n)
	}))
}
