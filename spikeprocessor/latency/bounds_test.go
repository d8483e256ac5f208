// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"testing"
	"time"
)

// Bounds are the extremes, and no quantile is one of them for it.
func TestBoundsAreNotExact(t *testing.T) {
	var of Histogram
	of.Record(40 * time.Millisecond)
	var h, exact Histogram
	for b := range of.Buckets() {
		h.MergeBucket(b, 1)
		exact.MergeBucket(b, 1)
	}
	lo, hi := h.Min()+1, h.Max()-1
	h.SetBounds(lo, hi)
	exact.SetRange(lo, hi)
	if h.Min() != lo || h.Max() != hi || h.Exact() || !exact.Exact() {
		t.Errorf("the extremes are %v and %v, exact: %v; want %v and %v", h.Min(), h.Max(), h.Exact(), lo, hi)
	}
	if q, _ := h.Quantile(.99); q == hi {
		t.Errorf("p99 is the bound %v", q)
	}
	new(Histogram).SetBounds(1, 2)
}
