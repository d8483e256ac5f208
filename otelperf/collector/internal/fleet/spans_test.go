// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"encoding/binary"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelperf/otelperf-go/otelperf/engine"
)

// noon is when the tests begin.
var noon = time.Unix(1_800_000_000, 0)

// trial is a Fleet in simulated time.
type trial struct {
	*testing.T
	*Fleet
	now  time.Time
	news []News
}

func newTrial(t *testing.T, s Settings) *trial {
	t.Helper()
	f, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return &trial{T: t, Fleet: f, now: noon}
}

// pass lets time pass, second by second.
func (t *trial) pass(d time.Duration) {
	for range int(d / time.Second) {
		t.now = t.now.Add(time.Second)
		t.news = append(t.news, t.Tick(t.now)...)
	}
}

func (t *trial) send(td ptrace.Traces) { t.Traces(t.now, td) }

// row is that of an endpoint since the start; the test fails if there is none.
func (t *trial) row(service, endpoint string) engine.Row {
	t.Helper()
	s := t.Find(service)
	if s == nil {
		t.Fatalf("there is no service %q", service)
	}
	rows, _ := s.Engine().Rows(engine.Query{Window: engine.All})
	var names []string
	for _, r := range rows {
		if r.Endpoint.String() == endpoint {
			return r
		}
		names = append(names, r.Endpoint.String())
	}
	t.Fatalf("%s has no row %q, but %q", service, endpoint, names)
	return engine.Row{}
}

// batch is spans of some services.
type batch struct {
	ptrace.Traces
	by map[string]ptrace.SpanSlice
}

func newBatch() *batch { return &batch{ptrace.NewTraces(), map[string]ptrace.SpanSlice{}} }

func id(n uint64) (s pcommon.SpanID) {
	binary.BigEndian.PutUint64(s[:], n)
	return s
}

func traceID(n uint64) (t pcommon.TraceID) {
	binary.BigEndian.PutUint64(t[8:], n)
	t[0] = 1
	return t
}

// span adds one that ends at a time; attrs are keys and values in turn.
func (b *batch) span(service, name string, kind ptrace.SpanKind, trace, span, parent uint64, end time.Time, d time.Duration, attrs ...any) ptrace.Span {
	spans, ok := b.by[service]
	if !ok {
		rs := b.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", service)
		spans = rs.ScopeSpans().AppendEmpty().Spans()
		b.by[service] = spans
	}
	sp := spans.AppendEmpty()
	sp.SetName(name)
	sp.SetKind(kind)
	sp.SetTraceID(traceID(trace))
	sp.SetSpanID(id(span))
	if parent != 0 {
		sp.SetParentSpanID(id(parent))
	}
	sp.SetStartTimestamp(pcommon.NewTimestampFromTime(end.Add(-d)))
	sp.SetEndTimestamp(pcommon.NewTimestampFromTime(end))
	for i := 0; i < len(attrs); i += 2 {
		switch v := attrs[i+1].(type) {
		case string:
			sp.Attributes().PutStr(attrs[i].(string), v)
		case int:
			sp.Attributes().PutInt(attrs[i].(string), int64(v))
		}
	}
	return sp
}

// get adds a request for a route.
func (b *batch) get(service, route string, n uint64, end time.Time, d time.Duration) ptrace.Span {
	return b.span(service, "GET "+route, ptrace.SpanKindServer, n, n, 0, end, d, "http.request.method", "GET", "http.route", route, "http.response.status_code", 200)
}
