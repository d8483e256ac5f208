// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// TestCallsAreNoRequests: what a program calls on nobody's behalf is not among the slow requests, and names no holder.
func TestCallsAreNoRequests(t *testing.T) {
	m := marks{enough: make(chan struct{}, 1)}
	for kind := range conventions.Kind(conventions.NumKinds) {
		before := m.slow.Load()
		m.mark(trace.SpanID{1}, conventions.Endpoint{Kind: kind, Method: "http", Route: "inventory"}, time.Second, true)
		if marked := m.slow.Load() > before; marked != (kind != conventions.KindDependency) {
			t.Errorf("%v is marked: %v", kind, marked)
		}
	}
}
