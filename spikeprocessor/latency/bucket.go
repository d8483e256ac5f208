// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"math"
	"math/bits"
	"time"
)

const (
	// Scale is the OpenTelemetry scale of the buckets: 2^6 of them in each octave, each 2^(1/64), that is 1.09 %, wide.
	Scale = 6

	// FirstIndex is the OpenTelemetry index of bucket 0.
	FirstIndex = -20 * 64

	// NumBuckets is the number of buckets: 35 octaves of 64.
	NumBuckets = octaves * 64

	// MinDuration is the lower bound of bucket 0 in whole nanoseconds: 2^-20 s, rounded down. It and
	// what is shorter, negative durations too, are counted in bucket 0.
	MinDuration = 953 * time.Nanosecond

	// MaxDuration is the upper bound of the last bucket: 2^15 s, about 9.1 hours. What is longer is counted there too.
	MaxDuration = 1 << 15 * time.Second

	octaves = 35
)

// Bucket returns the bucket of d, 0 ≤ b < NumBuckets. It is exact: a duration of a whole number of
// nanoseconds never lands beside a bound.
func Bucket(d time.Duration) int {
	if d <= MinDuration {
		return 0
	}
	if d > MaxDuration {
		return NumBuckets - 1
	}
	zeros := bits.LeadingZeros64(uint64(d))
	m := uint64(d) << (zeros & 63) // the mask spares the compiler a check
	j := int(below[m>>(63-sliceBits)&(1<<sliceBits-1)])
	_, above := bits.Sub64(bounds[j], m, 0) // 1 if m is above: without a branch that goes either way
	j += int(above)
	// Below bounds[0] of octave firstOctave lies index firstRoot-1.
	return (63-zeros-firstOctave)*64 + firstRoot - 1 + j - FirstIndex
}

// LowerBound returns the exclusive lower bound of bucket b in seconds, which is the inclusive upper bound of the bucket before
// it. b may be NumBuckets, too.
func LowerBound(b int) float64 { return power(b + FirstIndex) }

// UpperDuration returns the longest duration in bucket b: its upper bound, rounded down to a
// nanosecond. Bucket(UpperDuration(b)) is b, and one nanosecond more is in the next bucket.
func UpperDuration(b int) time.Duration { return floorPower(b + FirstIndex + 1) }

// power returns 2^(k/64), correctly rounded, by adding the octave to the exponent bits.
func power(k int) float64 {
	return math.Float64frombits(math.Float64bits(roots[k&63]) + uint64(k>>6)<<52)
}

// floorPower returns 2^(k/64) seconds in nanoseconds, rounded down, for FirstIndex ≤ k ≤ 16·64.
func floorPower(k int) time.Duration {
	k -= firstRoot
	return time.Duration(bounds[k&63] >> (63 - firstOctave - k>>6))
}

// middle returns the duration whose relative distance to both ends of the buckets [from, to) is the
// same: the harmonic mean of the bounds. For one bucket that distance is 0.542 %.
func middle(from, to int) time.Duration {
	lo, hi := power(from+FirstIndex), power(to+FirstIndex)
	return time.Duration(2e9*lo*hi/(lo+hi) + .5)
}
