// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"math"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"
)

// TestMeansFromMetrics: whatever sum a point says, the average of its endpoint is one that its requests can have, or is not known.
func TestMeansFromMetrics(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(pmetric.HistogramDataPoint)
		least  float64 // seconds
		most   float64
		known  bool
	}{
		"a sum":        {func(dp pmetric.HistogramDataPoint) { dp.SetSum(4.2) }, 0.42, 0.42, true},
		"none":         {func(pmetric.HistogramDataPoint) {}, 0.25, 0.5, true},
		"NaN":          {func(dp pmetric.HistogramDataPoint) { dp.SetSum(math.NaN()) }, 0.25, 0.5, true},
		"Inf":          {func(dp pmetric.HistogramDataPoint) { dp.SetSum(math.Inf(1)) }, 0.25, 0.5, true},
		"negative":     {func(dp pmetric.HistogramDataPoint) { dp.SetSum(-3) }, 0.25, 0.5, true},
		"negative Inf": {func(dp pmetric.HistogramDataPoint) { dp.SetSum(math.Inf(-1)) }, 0.25, 0.5, true},
		"too large":    {func(dp pmetric.HistogramDataPoint) { dp.SetSum(1e9) }, 0.25, 0.5, true},
		"nothing but a count": {func(dp pmetric.HistogramDataPoint) {
			dp.ExplicitBounds().FromRaw(nil)
			dp.BucketCounts().FromRaw(nil)
		}, 0, 0, false},
	} {
		f := newTrial(t, Settings{})
		n := newNode("a", f.now)
		for range 10 {
			n.serve(400*time.Millisecond, 200)
		}
		f.pass(30 * time.Second)
		md := n.export("shop", f.now)
		tt.change(md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Histogram().DataPoints().At(0))
		f.Metrics(f.now, md)
		f.pass(20 * time.Second)
		r := f.row("shop", "GET /items/:id")
		mean, ok := r.Mean()
		if r.Timed != 10 || ok != tt.known || ok && !(mean >= tt.least-1e-6 && mean <= tt.most+1e-6) {
			t.Errorf("%s: the average of %d is %v, known %v", name, r.Timed, mean, ok)
		}
	}
}
