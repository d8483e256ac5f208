// SPDX-License-Identifier: Apache-2.0

package report

import (
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
)

// Request names a slow or failed request by when it was, in local time, and how long it took, with the trace id that shows it: "12:03:12 UTC,
// 1203 ms, trace 0af7651916cd43dd8448eb211c80319c".
func Request(r *otelperf.RequestRef) string {
	return request(r, r.Start.Local().Format("15:04:05 MST"))
}

// LocalRequest is Request without the zone, for a screen that shows local times.
func LocalRequest(r *otelperf.RequestRef) string {
	return request(r, r.Start.Local().Format(time.TimeOnly))
}

func request(r *otelperf.RequestRef, start string) string {
	text := start + ", " + plain.Ms(&r.DurationMs)
	if !r.Stored {
		return text + ", no longer stored"
	}
	return text + ", trace " + plain.Clip(r.TraceID, 40)
}
