// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"
)

// oracleAtMost reports whether d ≤ 2^(k/64) seconds by comparing whole numbers: d^64·2^-k ≤ (10^9)^64.
func oracleAtMost(d time.Duration, k int) bool {
	if d <= 0 {
		return true
	}
	left := new(big.Int).Exp(big.NewInt(int64(d)), big.NewInt(64), nil)
	right := new(big.Int).Exp(big.NewInt(1e9), big.NewInt(64), nil)
	if k < 0 {
		left.Lsh(left, uint(-k))
	} else {
		right.Lsh(right, uint(k))
	}
	return left.Cmp(right) <= 0
}

// checkBucket compares Bucket(d) with the oracle.
func checkBucket(t *testing.T, d time.Duration) {
	t.Helper()
	b := Bucket(d)
	if b < 0 || b >= NumBuckets {
		t.Fatalf("Bucket(%d) = %d, out of range", d, b)
	}
	if b > 0 && oracleAtMost(d, b+FirstIndex) {
		t.Errorf("Bucket(%d) = %d, but the duration is not above its lower bound", d, b)
	}
	if b < NumBuckets-1 && !oracleAtMost(d, b+FirstIndex+1) {
		t.Errorf("Bucket(%d) = %d, but the duration is above its upper bound", d, b)
	}
}

func TestBucketAtEveryBound(t *testing.T) {
	for b := range NumBuckets {
		top := UpperDuration(b)
		if !oracleAtMost(top, b+FirstIndex+1) || oracleAtMost(top+1, b+FirstIndex+1) {
			t.Errorf("UpperDuration(%d) = %d is not the last nanosecond of the bucket", b, top)
		}
		for d := top - 1; d <= top+1; d++ {
			checkBucket(t, d)
		}
		if got := Bucket(top); got != b {
			t.Errorf("Bucket(UpperDuration(%d)) = %d", b, got)
		}
		if got := Bucket(top + 1); got != min(b+1, NumBuckets-1) {
			t.Errorf("Bucket(UpperDuration(%d)+1) = %d", b, got)
		}
	}
}

func TestBucketOutside(t *testing.T) {
	tests := []struct {
		d    time.Duration
		want int
	}{
		{math.MinInt64, 0}, {-1, 0}, {0, 0}, {1, 0},
		{MinDuration, 0}, {MinDuration + 1, 0},
		{time.Second, -FirstIndex - 1}, // 1 s is the upper bound of (2^(-1/64), 1]
		{time.Second + 1, -FirstIndex}, // and one more is in (1, 2^(1/64)]
		{MaxDuration, NumBuckets - 1},  //
		{MaxDuration + 1, NumBuckets - 1}, {math.MaxInt64, NumBuckets - 1},
	}
	for _, tt := range tests {
		if got := Bucket(tt.d); got != tt.want {
			t.Errorf("Bucket(%d) = %d, want %d", tt.d, got, tt.want)
		}
	}
}

func TestBucketRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		checkBucket(t, time.Duration(math.Exp2(9+37*r.Float64())))
	}
}

// TestTables computes all constants of tables.go anew.
func TestTables(t *testing.T) {
	const precision = 400
	root := big.NewFloat(2).SetPrec(precision)
	for range 6 {
		root = new(big.Float).SetPrec(precision).Sqrt(root)
	}
	power := big.NewFloat(1).SetPrec(precision)
	for k := range 64 {
		if want, _ := power.Float64(); roots[k] != want {
			t.Errorf("roots[%d] = %x, want %x", k, roots[k], want)
		}
		ns := new(big.Float).SetPrec(precision).Mul(power, big.NewFloat(1e9))
		ns.SetMantExp(ns, 64-ns.MantExp(nil))
		if want, _ := ns.Uint64(); bounds[(k-firstRoot)&63] != want {
			t.Errorf("bounds[%d] = %#x, want %#x", (k-firstRoot)&63, bounds[(k-firstRoot)&63], want)
		}
		power.Mul(power, root)
	}
	for s := range below {
		start := 1<<63 | uint64(s)<<(63-sliceBits)
		end := start | (1<<(63-sliceBits) - 1)
		if j := below[s]; j < 64 && bounds[j] < start || bounds[min(j+1, 64)] <= end && j < 63 {
			t.Errorf("slice %d holds more than one bound", s)
		}
	}
}

func TestBoundsInSeconds(t *testing.T) {
	for b := range NumBuckets {
		lo, hi := LowerBound(b), LowerBound(b+1)
		if want := math.Exp2(float64(b+FirstIndex) / 64); math.Abs(lo/want-1) > 1e-15 {
			t.Errorf("LowerBound(%d) = %v, want %v", b, lo, want)
		}
		mid := middle(b, b+1).Seconds()
		if off := max(mid/lo-1, 1-mid/hi); off > 0.00542+.5e-9/lo {
			t.Errorf("middle of bucket %d is %.4f %% off at one end", b, 100*off)
		}
	}
	if got := LowerBound(0); got != 0x1p-20 {
		t.Errorf("LowerBound(0) = %v, want 2^-20", got)
	}
	if got := LowerBound(NumBuckets); got != 0x1p15 {
		t.Errorf("LowerBound(NumBuckets) = %v, want 2^15", got)
	}
}

func FuzzBucket(f *testing.F) {
	for _, d := range []int64{math.MinInt64, -1, 0, 1, 953, 954, 1e3, 1e6, 1e9 - 1, 1e9, 1e9 + 1, 32768e9, 32768e9 + 1, math.MaxInt64} {
		f.Add(d)
	}
	f.Fuzz(func(t *testing.T, ns int64) {
		d := time.Duration(ns)
		checkBucket(t, d)
		b := Bucket(d)
		if d > UpperDuration(b) && b < NumBuckets-1 {
			t.Errorf("%d is above UpperDuration(%d) = %d", d, b, UpperDuration(b))
		}
		if b > 0 && d <= UpperDuration(b-1) {
			t.Errorf("%d belongs to the bucket below %d", d, b)
		}
	})
}
