// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"encoding/binary"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/url"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

// maxShownPath bounds a path in the log, in bytes.
const maxShownPath = 512

// line is what a request line says beyond what the exchange knows.
type line struct {
	status  int
	outcome slowlog.Outcome
	took    time.Duration
	bytes   int64
}

func (l line) level() slog.Level {
	if l.outcome.Failed() {
		return slog.LevelError
	}
	return slog.LevelInfo
}

// message is "GET /a - 200 - 45.23ms".
func (l line) message(method, path string) string {
	b := make([]byte, 0, len(method)+len(path)+32)
	b = append(b, method...)
	b = append(b, ' ')
	b = append(b, path...)
	b = append(b, " - "...)
	b = strconv.AppendInt(b, int64(l.status), 10)
	b = append(b, " - "...)
	b = appendHundredths(b, l.took)
	return string(append(b, "ms"...))
}

func (e *exchange) attrs(a []slog.Attr, path string, l line) []slog.Attr {
	a = append(a,
		slog.String("http.request.method", e.method),
		slog.String("url.path", path),
		slog.Int("http.response.status_code", l.status),
		slog.Float64("duration_ms", math.Round(float64(l.took)/1e3)/1e3),
		slog.String("outcome", l.outcome.String()),
		slog.Int64("http.response.body.size", l.bytes),
	)
	if route := e.routeName(); route != "" {
		a = append(a, slog.String("http.route", route))
	}
	if sc := e.spanContext(); sc.IsValid() {
		a = append(a, slog.String("trace_id", sc.TraceID().String()), slog.String("span_id", sc.SpanID().String()))
	}
	return a
}

// chosen decides by the trace id, so that all services with the same rate log the same
// traces; requests without a trace are chosen at random. It reads the
// 56 random bits that W3C trace context level 2 asks for.
func chosen(sc trace.SpanContext, rate float64) bool {
	if rate >= 1 {
		return true
	}
	if !sc.HasTraceID() {
		return rand.Float64() < rate
	}
	id := sc.TraceID()
	random := binary.BigEndian.Uint64(id[8:]) & (1<<56 - 1)
	return float64(random) < rate*(1<<56)
}

// shownPath is the path with everything escaped that is not plain ASCII of a URL: no
// space, quote, control character or terminal escape is left that could forge a line.
func shownPath(path, rawPath string) string {
	p := (&url.URL{Path: path, RawPath: rawPath}).EscapedPath()
	if len(p) > maxShownPath {
		return p[:maxShownPath] + "..."
	}
	return p
}
