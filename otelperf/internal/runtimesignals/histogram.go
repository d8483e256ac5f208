// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import (
	"math"
	"runtime/metrics"
)

// change follows a cumulative histogram of the runtime; 8 KiB beside the runtime's own copy.
type change struct{ before, since []uint64 }

// take makes since what came since the last call, and returns how many that are.
func (c *change) take(h *metrics.Float64Histogram) (n uint64) {
	if len(c.before) != len(h.Counts) {
		c.before, c.since = make([]uint64, len(h.Counts)), make([]uint64, len(h.Counts))
		copy(c.before, h.Counts)
		return 0
	}
	for i, count := range h.Counts {
		c.since[i] = count - c.before[i]
		c.before[i] = count
		n += c.since[i]
	}
	return n
}

// quantile is the upper bound of the bucket in which a share q of the n values end; 0 if there is none.
func (c *change) quantile(h *metrics.Float64Histogram, n uint64, q float64) float64 {
	if n == 0 {
		return 0
	}
	rank, seen := uint64(math.Ceil(q*float64(n))), uint64(0)
	for i, count := range c.since {
		if seen += count; seen >= rank {
			if hi := h.Buckets[i+1]; !math.IsInf(hi, 0) {
				return hi
			}
			return h.Buckets[i]
		}
	}
	return 0
}
