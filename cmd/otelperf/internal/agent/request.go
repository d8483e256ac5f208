// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
)

// request names a slow or failed request.
type request struct {
	TraceID    string    `json:"trace_id" jsonschema:"for get_slow_request"`
	Start      time.Time `json:"start"`
	DurationMs float64   `json:"duration_ms"`
	Stored     bool      `json:"stored" jsonschema:"get_slow_request has it still"`
}

func requestOf(r *otelperf.RequestRef) request {
	return request{r.TraceID, r.Start, r.DurationMs, r.Stored}
}

// text is as "2026-03-01T12:00:00Z, 1203 ms".
func (r *request) text() string {
	text := fmt.Sprintf("%s, %.4g ms", r.Start.Format(time.RFC3339), r.DurationMs)
	if !r.Stored {
		text += ", no longer stored"
	}
	return text
}
