// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Durations are those of a row as a histogram; ok is false where it has none, or contradicts itself.
func Durations(r *client.Row) (h *latency.Histogram, ok bool) {
	h = new(latency.Histogram)
	return h, addHistogram(h, r.Histogram, &r.Totals)
}
