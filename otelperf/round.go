// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"math"
	"time"
)

func milliseconds(d time.Duration) float64 { return float64(d) / 1e6 }

// rounded is milliseconds with three decimals, for lines that people read.
func rounded(d time.Duration) float64 { return math.Round(float64(d)/1e3) / 1e3 }

func msPointer(d time.Duration) *float64 {
	return new(milliseconds(d))
}

// number returns a pointer to x rounded to six significant digits, or nil for what JSON cannot say.
func number(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	if x == 0 {
		return &x
	}
	scale := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(x))))
	if math.IsInf(scale, 0) || scale == 0 {
		return &x
	}
	x = math.Round(x*scale) / scale
	return &x
}

// exponentialBounds returns the bounds of a bucket of an exponential histogram, in the unit of its values.
func exponentialBounds(index, scale int) (lo, hi float64) {
	bound := func(i int) float64 { return math.Exp2(math.Ldexp(float64(i), -scale)) }
	return bound(index), bound(index + 1)
}

// secondsToDuration never overflows; what is no number is 0.
func secondsToDuration(s float64) time.Duration {
	switch {
	case math.IsNaN(s):
		return 0
	case s >= math.MaxInt64/1e9:
		return math.MaxInt64
	case s <= math.MinInt64/1e9:
		return math.MinInt64
	}
	return time.Duration(math.Round(s * 1e9))
}
