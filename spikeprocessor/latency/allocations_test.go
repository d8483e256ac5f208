// SPDX-License-Identifier: Apache-2.0

//go:build !race

package latency

import (
	"testing"
	"time"
)

func TestNoAllocations(t *testing.T) {
	a, b := record(&Histogram{}, sample("lognormal2", 5000, 1)), record(&Histogram{}, sample("lognormal2", 5000, 2))
	ds := sample("lognormal2", 5000, 1)
	warm := record(&Histogram{}, ds)
	warm.Merge(b)
	qs, dst := []float64{.5, .95, .99}, make([]time.Duration, 3)
	buf, wide := make([]byte, 0, 4096), make([]uint64, 0, NumBuckets)
	step := a.Seal(nil, 4096)
	i, sink := 0, 0
	rec := NewRecorder(func(words []uint64) { sink += len(words) })
	tests := []struct {
		name string
		f    func()
	}{
		{"Bucket", func() { sink += Bucket(ds[i%len(ds)]); i++ }},
		{"Record", func() { warm.Record(ds[i%len(ds)]); i++ }},
		{"Merge", func() { warm.Merge(b) }},
		{"Subtract", func() { warm.Subtract(b) }},
		{"Quantile", func() { d, _ := a.Quantile(.99); sink += int(d) }},
		{"Quantiles", func() { a.Quantiles(dst, qs) }},
		{"Buckets", func() {
			for b, n := range a.Buckets() {
				sink += b + int(n)
			}
		}},
		{"AppendCounts", func() { _, c := a.AppendCounts(wide[:0]); sink += len(c) }},
		{"Seal", func() { sink += len(a.Seal(buf, 4096)) }},
		{"Seal, reduced", func() { sink += len(a.Seal(buf, 200)) }},
		{"AddTo", func() { step.AddTo(warm) }},
		{"Reset", func() { warm.Reset() }},
		{"Recorder.Record", func() { rec.Record(1) }},
	}
	for _, tt := range tests {
		if got := testing.AllocsPerRun(1000, tt.f); got != 0 {
			t.Errorf("%s allocates %v times", tt.name, got)
		}
	}
	if sink == 0 {
		t.Error("nothing ran")
	}
}
