// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"testing"
	"time"
)

func BenchmarkBucket(b *testing.B) {
	ds := sample("lognormal1", 1024, 1)
	i, sink := 0, 0
	for b.Loop() {
		sink += Bucket(ds[i&1023])
		i++
	}
	if sink == 0 {
		b.Fatal("no result")
	}
}

func BenchmarkHistogramRecord(b *testing.B) {
	ds := sample("lognormal1", 1024, 1)
	var h Histogram
	i := 0
	for b.Loop() {
		h.Record(ds[i&1023])
		i++
	}
}

// benchWindow is a minute of an endpoint with 100 requests a second.
func benchWindow(seed uint64) *Histogram {
	return record(&Histogram{}, sample("lognormal1", 6000, seed))
}

func BenchmarkMerge(b *testing.B) {
	from := benchWindow(1)
	var h Histogram
	for b.Loop() {
		h.Merge(from)
	}
}

func BenchmarkMergeSparse(b *testing.B) {
	from := record(&Histogram{}, sample("lognormal1", 20, 1))
	var h Histogram
	for b.Loop() {
		h.Merge(from)
	}
}

func BenchmarkQuantiles(b *testing.B) {
	h := benchWindow(1)
	dst, qs := make([]time.Duration, 3), []float64{.5, .95, .99}
	for b.Loop() {
		h.Quantiles(dst, qs)
	}
}

func BenchmarkSeal(b *testing.B) {
	for _, bb := range []struct {
		name  string
		n     int
		limit int
	}{{"10s", 1000, 360}, {"1m", 6000, 480}, {"1m-reduced", 60000, 480}} {
		b.Run(bb.name, func(b *testing.B) {
			h := record(&Histogram{}, sample("lognormal1", bb.n, 1))
			buf := make([]byte, 0, 1024)
			n := 0
			for b.Loop() {
				n = len(h.Seal(buf, bb.limit))
			}
			b.ReportMetric(float64(n), "B/step")
		})
	}
}

func BenchmarkAddTo(b *testing.B) {
	step := benchWindow(1).Seal(nil, 480)
	var h Histogram
	for b.Loop() {
		step.AddTo(&h)
	}
}

func BenchmarkReset(b *testing.B) {
	from := benchWindow(1)
	var h Histogram
	for b.Loop() {
		h.Merge(from)
		h.Reset()
	}
}

// recorder is what the two rivals have in common.
type recorder interface{ Record(uint64) }

// rivals apply almost nothing, so that recording is what is measured; nobody flushes.
func rivals(n *int) map[string]recorder {
	apply := func(words []uint64) { *n += len(words) }
	return map[string]recorder{
		"sharded": NewRecorder(apply),
		"mutex":   &lockedLog{apply: apply},
	}
}

func BenchmarkRecorder(b *testing.B) {
	for _, name := range []string{"sharded", "mutex"} {
		b.Run(name, func(b *testing.B) {
			n := 0
			r := rivals(&n)[name]
			for b.Loop() {
				r.Record(2e6)
			}
		})
	}
}

// BenchmarkRecorderParallel is meant for -cpu 1,2.
func BenchmarkRecorderParallel(b *testing.B) {
	for _, name := range []string{"sharded", "mutex"} {
		b.Run(name, func(b *testing.B) {
			n := 0
			r := rivals(&n)[name]
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					r.Record(2e6)
				}
			})
		})
	}
}
