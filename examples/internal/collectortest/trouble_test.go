// SPDX-License-Identifier: Apache-2.0

package collectortest

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/examples/internal/collector"
	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
)

// Whatever happens to the collector: requests are answered at once, and once it is well again, every span that ended in the
// meantime and all metrics are there. The exporters' queues hold 2048 spans, which no test here exceeds.

const (
	troubled = 300                     // requests in each of the tests
	delayed  = 4 * time.Second         // each export, while the collector is slow
	noticed  = 1500 * time.Millisecond // more than the machine's own trouble
)

// unnoticed sends requests and fails if their callers wait for the collector: some of them would take as long as the trouble does.
func unnoticed(t *testing.T, s *Service, n int) {
	t.Helper()
	waits := make([]time.Duration, n)
	for i := range waits {
		waits[i] = s.Get("/items/1")
		time.Sleep(time.Millisecond)
	}
	slices.Sort(waits)
	if median, p95 := waits[n/2], waits[n*95/100]; median > noticed/2 || p95 > noticed {
		t.Errorf("requests take %v, one in 20 above %v: the service notices the collector's trouble", median, p95)
	}
}

// recovered waits for everything to arrive, without anyone's help.
func recovered(t *testing.T, c *collector.Collector, n int) {
	t.Helper()
	// An export whose answer got lost is sent again: what counts is that each span is there.
	distinct := func(r *collector.Received) int {
		ids := map[string]bool{}
		for _, s := range r.Spans() {
			ids[s.SpanID().String()] = true
		}
		return len(ids)
	}
	got := Await(t, c, func(r *collector.Received) bool {
		return distinct(r) >= n && requests(r, "/items/{id}") >= uint64(n)
	})
	if spans, counted := distinct(got), requests(got, "/items/{id}"); spans != n || counted != uint64(n) {
		t.Errorf("%d spans arrived, %d requests in the histogram, want %d of each", spans, counted, n)
	}
}

// handed counts the spans that an exporter is given: what reaches it has passed us, whatever it makes of it.
type handed struct {
	sdktrace.SpanExporter
	spans atomic.Int64
}

func (h *handed) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	h.spans.Add(int64(len(spans)))
	return h.SpanExporter.ExportSpans(ctx, spans)
}

// The exporter over gRPC tries again when nobody listens, that over HTTP does not: the spans that it was given in the meantime are
// lost, with us as without us. Metrics are cumulative, so that nothing of them is lost.
func TestCollectorIsDown(t *testing.T) {
	t.Parallel()
	for name, restart := range map[string]bool{"at first": false, "in between": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overBoth(t, func(t *testing.T, c *collector.Collector, to Exporters) {
				given := &handed{SpanExporter: to.Spans}
				to.Spans = given
				s := NewService(t, to, Config{})
				if restart {
					unnoticed(t, s, troubled/3)
					arrivedAll(t, c, troubled/3)
				}
				must(t, c.Stop())
				unnoticed(t, s, troubled)
				Run(t, c)
				before := spans(received(t, c))
				unnoticed(t, s, troubled)
				want := 2 * troubled
				if restart {
					want += troubled / 3
				}
				if strings.HasSuffix(t.Name(), "/grpc") {
					recovered(t, c, want)
				} else {
					got := Await(t, c, func(r *collector.Received) bool {
						return spans(r)-before >= troubled && requests(r, "/items/{id}") >= uint64(want)
					})
					if n, counted := spans(got)-before, requests(got, "/items/{id}"); n < troubled || counted != uint64(want) {
						t.Errorf("since the collector is back %d spans arrived, %d requests in the histogram; want at least %d, and %d", n, counted, troubled, want)
					}
				}
				exampletest.Eventually(t, "the exporter is given all spans", func() bool { return given.spans.Load() >= int64(want) })
				if n := given.spans.Load(); n != int64(want) {
					t.Errorf("the exporter was given %d spans, want all %d", n, want)
				}
			})
		})
	}
}

func received(t *testing.T, c *collector.Collector) *collector.Received {
	t.Helper()
	r, err := c.Received()
	must(t, err)
	return r
}

func arrivedAll(t *testing.T, c *collector.Collector, n int) {
	t.Helper()
	if got := Await(t, c, func(r *collector.Received) bool { return spans(r) >= n }); spans(got) != n {
		t.Fatalf("%d spans arrived, want %d", spans(got), n)
	}
}

func TestCollectorIsSlow(t *testing.T) {
	t.Parallel()
	c := Start(t)
	gate := NewGate(t, c.HTTP)
	gate.Delay.Store(int64(delayed))
	s := NewService(t, HTTP(t, gate.Address), Config{})
	unnoticed(t, s, troubled)
	gate.Delay.Store(0)
	recovered(t, c, troubled)
}

func TestCollectorRefuses(t *testing.T) {
	t.Parallel()
	c := Start(t)
	gate := NewGate(t, c.HTTP)
	gate.Refuse.Store(true)
	s := NewService(t, HTTP(t, gate.Address), Config{})
	unnoticed(t, s, troubled)
	exampletest.Eventually(t, "an export was refused", func() bool { return gate.Refused.Load() > 0 })
	gate.Refuse.Store(false)
	recovered(t, c, troubled)
}

func TestShutdownWithoutACollectorIsBounded(t *testing.T) {
	t.Parallel()
	c := Start(t)
	must(t, c.Stop())
	s := NewService(t, GRPC(t, c.GRPC), Config{})
	unnoticed(t, s, 20)
	began := time.Now()
	s.close()
	if took := time.Since(began); took > exportLimit/4 {
		t.Errorf("the shutdown took %v, want little more than its deadline of 1s", took)
	}
}
