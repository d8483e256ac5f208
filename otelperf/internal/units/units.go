// SPDX-License-Identifier: Apache-2.0

// Package units turns durations into the numbers that JSON and lines show, and seconds into durations.
package units

import (
	"fmt"
	"math"
	"time"
)

// Milliseconds is d in milliseconds.
func Milliseconds(d time.Duration) float64 { return float64(d) / 1e6 }

// Ms is a pointer to d in milliseconds, for a field that is null where nothing is known.
func Ms(d time.Duration) *float64 { return new(Milliseconds(d)) }

// KnownMs is Ms of a duration of which 0 stands for "not known": nil.
func KnownMs(d time.Duration) *float64 {
	if d == 0 {
		return nil
	}
	return Ms(d)
}

// Rounded is d in milliseconds with three decimals, for lines that people read.
func Rounded(d time.Duration) float64 { return math.Round(float64(d)/1e3) / 1e3 }

// Number returns a pointer to x rounded to six significant digits, or nil for what JSON cannot say.
func Number(x float64) *float64 {
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

// Short writes a number with three digits where more would only be noise.
func Short(x float64) string {
	switch {
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	default:
		return fmt.Sprintf("%.2g", x)
	}
}

// Duration is a duration of so many seconds. It never overflows: what no duration can hold is the longest or the shortest one, and
// what is no number is 0.
func Duration(seconds float64) time.Duration {
	switch {
	case math.IsNaN(seconds):
		return 0
	case seconds >= math.MaxInt64/1e9:
		return math.MaxInt64
	case seconds <= math.MinInt64/1e9:
		return math.MinInt64
	}
	return time.Duration(math.Round(seconds * 1e9))
}

// ExponentialBounds returns the bounds of a bucket of a base-2 exponential histogram (OpenTelemetry metrics data model), in the unit
// of its values.
func ExponentialBounds(index, scale int) (lo, hi float64) {
	bound := func(i int) float64 { return math.Exp2(math.Ldexp(float64(i), -scale)) }
	return bound(index), bound(index + 1)
}
