// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/simulate"
)

// TestMetricsAtTheEnd: those that are sent last have all that was taken in, whether it is judged or not, and however rarely they are sent.
func TestMetricsAtTheEnd(t *testing.T) {
	r := newRig(t, newShareBook(time.Now, true), "{lateness: 1m, metrics_flush_interval: 1h}")
	b := simulate.Batch{Service: "shop"}
	for range 300 {
		b.Requests = append(b.Requests, simulate.Request{Service: "shop", Route: "/a", End: time.Now(), Duration: time.Millisecond, Status: 200})
	}
	r.send(b.Traces(0))
	r.stop()
	n := uint64(0)
	for _, md := range r.sink.metrics {
		for _, m := range md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
			if m.Name() == metricRequest {
				n += m.ExponentialHistogram().DataPoints().At(0).Count()
			}
		}
	}
	if len(r.sink.metrics) != 1 || n != 300 {
		t.Errorf("%d exports have %d requests, want 300 in one", len(r.sink.metrics), n)
	}
}
