// SPDX-License-Identifier: Apache-2.0

package buckets

import (
	"math"

	"github.com/otelperf/otelperf-go/otelperf/internal/units"
)

// ends are between which values the durations of a point lie, in its unit, and their sum.
type ends struct {
	n              uint64
	from, to       float64 // of the first bucket that has any and the last one, or the shortest and the longest; to is +Inf for a bucket without an end
	hasMin, hasMax bool    // from, to are durations
	least, most    float64 // the sum
}

// What numbers that were rounded on their way may be off, as a share of them: of a sum, which is the difference of two of all time, it is more.
const (
	little       = 1e-6
	littleOfASum = 1e-3
)

// ends of p. A shortest duration that is not in the first bucket that has any, or a longest one that is not in the last, cannot be.
func (p *Point) ends() (e ends) {
	first, last := -1, -1 // the zeros come before Counts[0]
	for i, n := range p.Counts {
		if n == 0 {
			continue
		}
		if last = i; first < 0 {
			first = i
		}
	}
	var lowTo, highFrom float64
	if p.Zeros > 0 {
		e.n, lowTo, e.to = p.Zeros, p.Threshold, p.Threshold
	} else if first >= 0 {
		e.from, lowTo = p.bucket(first)
	}
	if last >= 0 {
		highFrom, e.to = p.bucket(last)
	}
	e.hasMin = p.Min >= e.from*(1-little) && p.Min <= lowTo*(1+little) && p.Min <= math.MaxFloat64
	e.hasMax = p.Max >= highFrom*(1-little) && p.Max <= e.to*(1+little) && p.Max <= math.MaxFloat64
	if p.Min > p.Max {
		e.hasMin, e.hasMax = false, false
	}
	if e.hasMin {
		e.from = p.Min
	}
	if e.hasMax {
		e.to = p.Max
	}
	e.most = float64(p.Zeros) * p.Threshold
	lo, hi := 0.0, 0.0
	base := math.Exp2(math.Ldexp(1, int(-p.Scale))) // from a bound to the next one
	for i, n := range p.Counts {
		if lo = hi; p.Explicit || p.Scale < 0 || i == 0 {
			lo, hi = p.bucket(i)
		} else {
			hi *= base // a power for each would take most of the time
		}
		if n > 0 {
			from, to := e.narrow(lo, hi)
			e.n, e.least, e.most = e.n+n, e.least+float64(n)*from, e.most+float64(n)*to
		}
	}
	return e
}

// bucket is between which values the durations of Counts[i] lie; hi is +Inf for one without an end.
func (p *Point) bucket(i int) (lo, hi float64) {
	if !p.Explicit {
		return units.ExponentialBounds(int(p.Offset)+i, int(p.Scale))
	}
	hi = math.Inf(1)
	if i < len(p.Bounds) {
		hi = max(p.Bounds[i], 0)
	}
	if i > 0 {
		lo = max(p.Bounds[i-1], 0)
	}
	return lo, hi
}

// narrow is what of a bucket lies within the ends.
func (e *ends) narrow(lo, hi float64) (from, to float64) {
	if e.hasMin {
		lo = min(max(lo, e.from), hi)
	}
	if e.hasMax {
		hi = max(min(hi, e.to), lo)
	}
	return lo, hi
}

// allow reports whether durations in these buckets can have a sum.
func (e *ends) allow(sum float64) bool {
	return e.n > 0 && sum >= e.least*(1-littleOfASum) && sum <= e.most*(1+littleOfASum) && sum <= math.MaxFloat64
}

// SumKnown reports whether the sum is one that durations in these buckets can have. It is none where a source says none, or has added up
// what is no number.
func (p *Point) SumKnown() bool {
	e := p.ends()
	return e.n == 0 || e.allow(p.Sum)
}

// likelySum is that of durations that lie in their buckets as AddTo counts them: those of a bucket without an end at its beginning.
func (p *Point) likelySum(e *ends, unit float64) (sum float64) {
	for i, n := range p.Counts {
		if n == 0 {
			continue
		}
		lo, hi := e.narrow(p.bucket(i))
		if !p.Explicit {
			lo = max(lo, shortest/unit)
		}
		mean := lo
		switch {
		case hi <= lo || math.IsInf(hi, 1) || !p.Explicit && hi*unit > longest:
		case p.Explicit:
			mean = (lo + hi) / 2
		default: // all octaves are equally likely
			mean = (hi - lo) / math.Log(hi/lo)
		}
		sum += float64(n) * mean
	}
	return sum
}
