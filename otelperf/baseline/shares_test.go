// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"math"
	"testing"
	"time"
)

// The shares are those of the requests that were learned from, in their buckets, and agree with the quantiles.
func TestShares(t *testing.T) {
	d, err := New(Config{Grace: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for range d.Shares() {
		t.Fatal("shares of nothing")
	}
	var tally Tally
	now := time.Unix(1_700_000_000, 0)
	for range 900 {
		for i := range 10 {
			took := 10 * time.Millisecond
			if i == 9 {
				took = 40 * time.Millisecond
			}
			tally.Add(took, false)
		}
		d.Tick(now, tally.Buckets())
		tally.Reset()
		now = now.Add(time.Second)
	}
	sum, got, last := 0.0, map[int32]float64{}, int32(math.MinInt32)
	for s := range d.Shares() {
		if s.Index <= last {
			t.Errorf("bucket %d comes after %d", s.Index, last)
		}
		sum, got[s.Index], last = sum+s.Share, s.Share, s.Index
	}
	quick, slow := Index(0.010)>>3, Index(0.040)>>3
	if math.Abs(sum-1) > 1e-5 || len(got) != 2 || math.Abs(got[quick]-0.9) > 1e-4 || math.Abs(got[slow]-0.1) > 1e-4 {
		t.Errorf("shares are %v, want 0.9 in %d and 0.1 in %d", got, quick, slow)
	}
	p99, _ := d.Quantile(0.99)
	if lo, hi := math.Exp2(float64(slow)/8), math.Exp2(float64(slow+1)/8); p99.Seconds() < lo || p99.Seconds() > hi {
		t.Errorf("p99 is %v, outside of its bucket", p99)
	}
}
