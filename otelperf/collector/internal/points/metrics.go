// SPDX-License-Identifier: Apache-2.0

package points

import "github.com/otelperf/otelperf-go/otelperf/collector/internal/inputs"

// metric is one that has durations of requests.
type metric struct {
	seconds float64 // that the unit of its values is, where it says none that is known
	input   inputs.Input
}

var metrics = map[string]metric{
	"otelperf.request.duration":    {1, inputs.OwnMetric},
	"http.server.request.duration": {1, inputs.Metric},
	"rpc.server.call.duration":     {1, inputs.Metric},
	"http.server.duration":         {1e-3, inputs.OldMetric},
	"rpc.server.duration":          {1e-3, inputs.OldMetric},
}

// unitOf is the unit of values in seconds, by what a metric says of it (UCUM).
func (m metric) unitOf(unit string) float64 {
	switch unit {
	case "s":
		return 1
	case "ms":
		return 1e-3
	case "us":
		return 1e-6
	case "ns":
		return 1e-9
	}
	return m.seconds
}
