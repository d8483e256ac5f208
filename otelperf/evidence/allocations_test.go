// SPDX-License-Identifier: Apache-2.0

//go:build !race

package evidence

import (
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

func TestMarkAllocatesNothing(t *testing.T) {
	f := newFlight()
	if err := f.Start(); err != nil {
		t.Fatal(err)
	}
	defer f.Stop()
	m := marks{enough: make(chan struct{}, 1)}
	mark := func() {
		m.mark(trace.SpanID{1, 2, 3}, conventions.Endpoint{Method: "GET", Route: "/cart/{id}"}, 123*time.Millisecond, true)
	}
	mark()
	if n := testing.AllocsPerRun(1000, mark); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
	if m.slow.Load() < 1000 {
		t.Errorf("%d slow requests were counted", m.slow.Load())
	}
}

// BenchmarkMark is what a request costs while it is recorded, besides the runtime's own events.
func BenchmarkMark(b *testing.B) {
	f := newFlight()
	if err := f.Start(); err != nil {
		b.Fatal(err)
	}
	defer f.Stop()
	m := marks{enough: make(chan struct{}, 1)}
	for b.Loop() {
		m.mark(trace.SpanID{1, 2, 3}, conventions.Endpoint{Method: "GET", Route: "/cart/{id}"}, 123*time.Millisecond, false)
	}
}
