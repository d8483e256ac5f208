// SPDX-License-Identifier: Apache-2.0

package latency_test

import (
	"fmt"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// A histogram answers quantiles within 0.55 %.
func ExampleHistogram_Quantiles() {
	var h latency.Histogram
	for ms := range 1000 {
		h.Record(time.Duration(ms+1) * time.Millisecond)
	}
	qs := []float64{.5, .95, .99, 1}
	ds := make([]time.Duration, len(qs))
	if h.Quantiles(ds, qs) {
		for i, q := range qs {
			fmt.Printf("p%g %v\n", 100*q, ds[i].Round(time.Millisecond))
		}
	}
	// Output:
	// p50 497ms
	// p95 952ms
	// p99 995ms
	// p100 1s
}

// A Recorder takes words from request goroutines. Here a word is an endpoint's number above a duration of 45 bits.
func ExampleRecorder() {
	var endpoints [2]latency.Histogram
	rec := latency.NewRecorder(func(words []uint64) {
		for _, w := range words {
			endpoints[w>>45].Record(time.Duration(w & (1<<45 - 1)))
		}
	})
	rec.Record(0<<45 | uint64(20*time.Millisecond))
	rec.Record(1<<45 | uint64(30*time.Millisecond))
	rec.Record(1<<45 | uint64(50*time.Millisecond))
	rec.Do(func() {
		for i := range endpoints {
			fmt.Println(i, endpoints[i].Count(), endpoints[i].Sum())
		}
	})
	// Output:
	// 0 1 20ms
	// 1 2 80ms
}

// A closed window is sealed, and merged again when someone asks for it.
func ExampleStep() {
	var minute, hour latency.Histogram
	minute.Record(20 * time.Millisecond)
	minute.Record(30 * time.Millisecond)
	step := minute.Seal(nil, 480)
	minute.Reset()

	step.AddTo(&hour)
	fmt.Println(hour.Count(), hour.Sum(), step.Coarse())
	// Output: 2 50ms false
}
