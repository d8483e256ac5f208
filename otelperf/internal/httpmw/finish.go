// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// finish is the outermost instance's last act: headers of a reply that was never
// begun, the request line, OnDone. span is the one above.
func (e *exchange) finish(end ending, outcome slowlog.Outcome, span trace.Span) {
	e.m.cfg.Counters.SpanKinds.finish(e)
	e.leaveSpans()
	route := e.routeName()
	e.countSubtree(route, end)
	e.countUnrouted(route, outcome, span)
	if end.status == 0 && !end.hijacked {
		e.stamp() // net/http sends an empty 200, or someone above makes a reply of a panic
	}
	cfg := &e.m.cfg
	rate := e.m.logRate()
	if cfg.OnDone == nil && !(rate > 0) || e.m.stopped() { // NaN, too
		return
	}
	took := e.took()
	status := end.shownStatus(outcome, e.upgrade)
	if cfg.OnDone != nil {
		e.done(Done{
			Method: e.method, Route: route, Status: status, Outcome: outcome,
			Duration: took, Bytes: end.bytes,
		})
	}
	if rate > 0 {
		e.log(rate, line{status: status, outcome: outcome, took: took, bytes: end.bytes})
	}
}

// logRate is the share of requests that get a line.
func (m *middleware) logRate() (rate float64) {
	if m.cfg.Logger == nil || m.cfg.RequestLogRate == nil {
		return 0
	}
	defer m.cfg.Counters.Faults.Recover("Middleware")
	return m.cfg.RequestLogRate()
}

// countSubtree counts a request whose route is all of a subtree, unless it reads what a server of files or pages has: what is left is
// more likely to have a router of its own.
func (e *exchange) countSubtree(route string, end ending) {
	counters := e.m.cfg.Counters
	if route != "" && !counters.Routed.Load() {
		counters.Routed.Store(true)
	}
	if end.status >= http.StatusBadRequest || end.status == http.StatusNotModified || end.stream() || !conventions.BelowSubtree(route, e.path) {
		return
	}
	if kind := e.w.Header()["Content-Type"]; len(kind) > 0 && (e.method == http.MethodGet || e.head) && isFile(kind[0]) {
		return
	}
	counters.Subtrees.Add(1)
	counters.SubtreeRows.note(e, route)
}

// countUnrouted counts a request of which no mux below has told the route, as when a handler in between passes on a request of its
// own. Routers with an instrumentation of their own name the span, or have one below.
func (e *exchange) countUnrouted(route string, outcome slowlog.Outcome, span trace.Span) {
	if outcome != slowlog.OutcomeOK && outcome != slowlog.OutcomePanic || route != "" {
		return
	}
	if !span.IsRecording() || !isServer(span) || e.spanContext().SpanID() != span.SpanContext().SpanID() {
		return
	}
	if named, ok := span.(interface{ Name() string }); ok && !strings.Contains(named.Name(), "/") {
		e.m.cfg.Counters.Unrouted.Add(1)
	}
}

func (e *exchange) done(d Done) {
	defer e.m.cfg.Counters.Faults.Recover("Middleware")
	sc := e.spanContext()
	d.TraceID, d.SpanID, d.Sampled = sc.TraceID(), sc.SpanID(), sc.IsSampled()
	e.m.cfg.OnDone(e.contextFor(e.Context), d)
}

// log writes the request line if its trace is among those logged.
func (e *exchange) log(rate float64, l line) {
	defer e.m.cfg.Counters.Faults.Recover("Middleware")
	logger := e.m.cfg.Logger()
	if logger == nil {
		return
	}
	sc := e.spanContext()
	if !chosen(sc, rate) {
		e.m.cfg.Counters.Suppressed.Add(1)
		return
	}
	ctx := e.contextFor(e.Context)
	if e.m.enabled(ctx, logger, l.level()) {
		path := shownPath(e.path, e.rawPath)
		var buf [12]slog.Attr
		e.m.write(ctx, logger, l.level(), l.message(e.method, path), e.attrs(buf[:0], path, l))
	}
}

// enabled asks the program's log handler.
func (m *middleware) enabled(ctx context.Context, logger *slog.Logger, level slog.Level) bool {
	defer m.containLogger()
	return logger.Enabled(ctx, level)
}

// write hands a line to the program's log handler.
func (m *middleware) write(ctx context.Context, logger *slog.Logger, level slog.Level, message string, attrs []slog.Attr) {
	defer m.containLogger()
	logger.LogAttrs(ctx, level, message, attrs...)
}

// containLogger is deferred around what the program's log handler does.
func (m *middleware) containLogger() {
	if recover() != nil {
		m.cfg.Counters.LogPanics.Add(1)
	}
}
