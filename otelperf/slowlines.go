// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/otelperf/internal/worker"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/slowlog/fault"
)

// Bounds of the lines about slow requests.
const (
	queuedLines    = 256 // that wait for the logger
	linesPerSecond = 10  // of one endpoint
)

// lineWriter writes a WARN line for each slow request from a goroutine of its own, so that a logger that is slow,
// blocks or panics does not touch the request. It keeps at most queuedLines entries, and a counter per endpoint and second.
type lineWriter struct {
	*worker.Worker
	logger     *slog.Logger // nil: slog.Default() at the time
	queue      chan *slowlog.Entry
	dropped    atomic.Uint64
	suppressed atomic.Uint64
	panics     atomic.Uint64 // of the log handler
	faults     *fault.Log

	second time.Time // of counts; only run uses it
	counts map[string]int
}

func newLineWriter(l *slog.Logger, faults *fault.Log) *lineWriter {
	return &lineWriter{Worker: worker.New(), logger: l, queue: make(chan *slowlog.Entry, queuedLines), faults: faults, counts: map[string]int{}}
}

// slow queues a line about a slow request. It never blocks.
func (w *lineWriter) slow(e *slowlog.Entry) {
	if !e.Slow() {
		return
	}
	select {
	case w.queue <- e:
	default:
		w.dropped.Add(1)
	}
}

// start begins to write, until close: then what is queued is written still.
func (w *lineWriter) start() {
	worker.Deliver(w.Worker, w.queue, func(e *slowlog.Entry) { w.faults.Guard("the lines of slow requests", func() { w.write(e) }) })
}

// write logs one line unless its endpoint has had its share of this second.
func (w *lineWriter) write(e *slowlog.Entry) {
	if second := time.Now().Truncate(time.Second); !second.Equal(w.second) {
		w.second = second
		clear(w.counts)
	}
	endpoint := e.Endpoint()
	if w.counts[endpoint]++; w.counts[endpoint] > linesPerSecond {
		w.suppressed.Add(1)
		return
	}
	l, attrs := w.logger, slowAttrs(e)
	if l == nil {
		l = slog.Default()
	}
	fault.Contain(&w.panics, func() { l.LogAttrs(context.Background(), slog.LevelWarn, "slow request", attrs...) })
}

func slowAttrs(e *slowlog.Entry) []slog.Attr {
	attrs := []slog.Attr{
		slog.String("endpoint", e.Endpoint()),
		slog.String("url.path", e.Path),
		slog.Float64("duration_ms", units.Rounded(e.Duration)),
		slog.Float64("threshold_ms", units.Rounded(e.Threshold)),
		slog.String("outcome", e.Outcome.String()),
		slog.String("reason", e.Reason),
		slog.String("trace_id", e.TraceID.String()),
		slog.String("span_id", e.SpanID.String()),
	}
	if e.Status != 0 {
		attrs = append(attrs, slog.Int("http.response.status_code", e.Status))
	}
	if e.BaselineP99 > 0 {
		attrs = append(attrs, slog.Float64("baseline_p99_ms", units.Rounded(e.BaselineP99)))
	}
	return attrs
}
