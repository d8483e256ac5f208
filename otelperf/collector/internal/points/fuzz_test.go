// SPDX-License-Identifier: Apache-2.0

package points_test

import (
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/points"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/simulation"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// FuzzTake: whatever comes over the wire, nothing panics, the bound holds, and what is said is no more than what was sent.
func FuzzTake(f *testing.F) {
	h := simulation.NewExpo(160, 20)
	for i := range 100 {
		h.Record(0.001 * float64(i+1))
	}
	for _, e := range []export{
		exportOf("a").expo(cumulative, "/x", 0, 60, h), exportOf("a").expo(delta, "/x", 0, 60, h),
		exportOf("a").explicit(cumulative, 200, 0, 60, bounds, 3, 1, 0), exportOf("a").explicit(delta, 200, 60, 0, bounds, 1<<63, 1<<63, 3),
	} {
		b, err := (&pmetric.ProtoMarshaler{}).MarshalMetrics(e.Metrics)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, int64(60))
		f.Add(b, int64(-1<<40))
	}
	f.Fuzz(func(t *testing.T, wire []byte, at int64) {
		md, err := (&pmetric.ProtoUnmarshaler{}).UnmarshalMetrics(wire)
		if err != nil {
			t.Skip()
		}
		const limit = 8 << 10
		r := points.New(limit)
		for k := range 3 {
			r.Take(midnight.Add(time.Duration(at)*time.Second+time.Duration(k)*time.Minute), md, func(d *points.Delta) {
				var h latency.Histogram
				if d.AddTo(&h); h.Count() == 0 || h.Count() > d.Count {
					t.Fatalf("%d durations of %d requests", h.Count(), d.Count)
				}
			})
		}
		if st := r.Stats(); st.Bytes > limit || st.Bytes < 0 {
			t.Fatalf("%+v", st)
		}
	})
}
