// SPDX-License-Identifier: Apache-2.0

package points

import (
	"math/bits"

	"github.com/otelperf/otelperf-go/otelperf/internal/buckets"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
)

// more leaves in p what came to a series since old, in other buckets than p's. It reports false if the series has begun anew; what p is then
// is of no use.
func more(p, old *buckets.Point) bool {
	if p.Explicit || old.Explicit {
		return moreByCount(p, old)
	}
	if p.Scale > old.Scale {
		coarsen(p, old.Scale)
	}
	if p.Threshold < old.Threshold {
		raise(p, old.Threshold)
	}
	return p.Subtract(old)
}

// coarsen gives exponential buckets a lower scale.
func coarsen(p *buckets.Point, scale int32) {
	by := uint32(min(int64(p.Scale)-int64(scale), 31)) //nolint:gosec // not negative
	first := p.Offset >> by
	for i, n := range p.Counts {
		p.Counts[i] = 0
		p.Counts[int64(int32(i)+p.Offset)>>by-int64(first)] += n //nolint:gosec // at most mostBuckets
	}
	p.Offset, p.Scale = first, scale
}

// raise counts as zeros what lies in buckets that begin below a threshold.
func raise(p *buckets.Point, threshold float64) {
	for i, n := range p.Counts {
		if lo, _ := units.ExponentialBounds(int(p.Offset)+i, int(p.Scale)); lo < threshold {
			p.Zeros, p.Counts[i] = p.Zeros+n, 0
		}
	}
	p.Threshold = threshold
}

// moreByCount spreads what came as all of p is spread.
func moreByCount(p, old *buckets.Point) bool {
	all, before := p.Total(), old.Total()
	if all < before {
		return false
	}
	seen, placed := uint64(0), uint64(0)
	spread := func(n *uint64) {
		seen += *n
		*n = 0
		if all > 0 {
			hi, lo := bits.Mul64(seen, all-before)
			end, _ := bits.Div64(hi, lo, all)
			*n, placed = end-placed, end
		}
	}
	spread(&p.Zeros)
	for i := range p.Counts {
		spread(&p.Counts[i])
	}
	p.SubtractSums(old)
	return true
}
