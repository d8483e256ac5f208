// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/examples/internal/collector"
	"github.com/otelperf/otelperf-go/examples/internal/collectortest"
	"github.com/otelperf/otelperf-go/otelperf/events"
)

// arrived is a real collector, and what has arrived there.
type arrived struct {
	collector *collector.Collector
	dir       string
}

func newArrived(t *testing.T) *arrived {
	t.Helper()
	dir := t.TempDir()
	c, err := collector.New(dir)
	must(t, err)
	collectortest.Run(t, c)
	t.Cleanup(func() { must(t, c.Stop()) })
	return &arrived{c, dir}
}

// processors export to the collector by OTLP over gRPC every 20 ms. The exporter of the log records is watched.
func (a *arrived) processors(t *testing.T, d *events.Deliveries) (sdktrace.SpanProcessor, sdklog.Processor) {
	t.Helper()
	to := collectortest.GRPC(t, a.collector.GRPC)
	const often = 20 * time.Millisecond
	return sdktrace.NewBatchSpanProcessor(to.Spans, sdktrace.WithBatchTimeout(often)),
		sdklog.NewBatchProcessor(events.Watch(d, to.Logs), sdklog.WithExportInterval(often))
}

// logs is what the collector wrote of the log records: every byte.
func (a *arrived) logs(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(a.dir, "logs.jsonl"))
	must(t, err)
	return string(data)
}

// untracked are the events that tell of the service rather than of its visitors: nobody has tracked them.
var untracked = []string{"otelperf.mark", "otelperf.audit"}

// names waits for n events that were tracked, and returns the names of all that have arrived.
func (a *arrived) names(t *testing.T, n uint64) []string {
	t.Helper()
	names := func(r *collector.Received) (all []string) {
		for _, rec := range r.Logs() {
			if !slices.Contains(untracked, rec.EventName()) {
				all = append(all, rec.EventName())
			}
		}
		return all
	}
	return names(collectortest.Await(t, a.collector, func(r *collector.Received) bool { return uint64(len(names(r))) >= n }))
}

// events returns the records of an event that have arrived, of those with the attributes that are given as keys and values.
func (a *arrived) events(t *testing.T, name string, with ...string) []plog.LogRecord {
	t.Helper()
	r, err := a.collector.Received()
	must(t, err)
	return matching(r, name, with)
}

func matching(r *collector.Received, name string, with []string) (found []plog.LogRecord) {
next:
	for _, rec := range r.Logs() {
		if rec.EventName() != name {
			continue
		}
		for i := 0; i+1 < len(with); i += 2 {
			if text(rec, with[i]) != with[i+1] {
				continue next
			}
		}
		found = append(found, rec)
	}
	return found
}

// event waits for the record of an event.
func (a *arrived) event(t *testing.T, name string, with ...string) plog.LogRecord {
	t.Helper()
	r := collectortest.Await(t, a.collector, func(r *collector.Received) bool { return len(matching(r, name, with)) > 0 })
	found := matching(r, name, with)
	if len(found) == 0 {
		t.Fatalf("no record of %s with %v arrived:\n%s", name, with, a.logs(t))
	}
	return found[0]
}

// serverSpan waits for the span of a server with a route.
func (a *arrived) serverSpan(t *testing.T, route string) (found ptrace.Span) {
	t.Helper()
	ok := false
	collectortest.Await(t, a.collector, func(r *collector.Received) bool {
		for _, span := range r.Spans() {
			if v, _ := span.Attributes().Get("http.route"); span.Kind() == ptrace.SpanKindServer && v.Str() == route {
				found, ok = span, true
			}
		}
		return ok
	})
	if !ok {
		t.Fatalf("no server span of %s arrived", route)
	}
	return found
}

// text returns an attribute as text, "" if there is none.
func text(rec plog.LogRecord, key string) string {
	v, ok := rec.Attributes().Get(key)
	if !ok {
		return ""
	}
	return v.AsString()
}
