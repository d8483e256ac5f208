// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// 100,000 span names, as a scanner and a bad name formatter make them, leave the number of rows and the memory bounded.
func TestManySpanNamesAreBounded(t *testing.T) {
	const names, limit = 100_000, 500
	rg := newRig(t, plan{alone: true})
	before := heap()
	for i := range names {
		rg.span(fmt.Sprintf("GET /users/%d/%s", i, strings.Repeat("x", i%50)), time.Now(), time.Now().Add(time.Millisecond), attribute.String("http.request.method", "GET"))
	}
	s := rg.mon.Summary(otelperf.Window5m)
	if s.TotalRequests != names {
		t.Errorf("%d requests, want %d: those without a row of their own count too", s.TotalRequests, names)
	}
	if len(s.Endpoints) != limit+1 {
		t.Errorf("%d rows, want %d and (other)", len(s.Endpoints), limit)
	}
	if n := s.EndpointBreakdown["(other)"].Count; n != names-limit {
		t.Errorf("(other) has %d requests, want %d", n, names-limit)
	}
	if n := s.Diagnostics.Processor.Overflowed; n != names-limit || len(s.Diagnostics.Hints) == 0 {
		t.Errorf("%d overflowed in the diagnostics, hints %q", n, s.Diagnostics.Hints)
	}
	if grown := heap() - before; grown > 32<<20 {
		t.Errorf("the heap grew by %d KiB, want at most the documented bound of the endpoints", grown>>10)
	}
	runtime.KeepAlive(rg)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// The same over HTTP: paths that match no route share one row, whatever the client asks for.
func TestScannersShareOneRow(t *testing.T) {
	rg := newRig(t, plan{})
	h := rg.instrument(rg.mon.Middleware(testrig.Shop(nil)))
	for i := range 2000 {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.Method = []string{"GET", "GET", "PROPFIND", "X" + fmt.Sprint(i)}[i%4]
		r.URL.Path = fmt.Sprintf("/%d/../\x00\xff\r\nSet-Cookie: a=b", i)
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	s := rg.mon.Summary(otelperf.Window5m)
	got := map[string]uint64{}
	for i := range s.Endpoints {
		got[s.Endpoints[i].Name()] = s.Endpoints[i].Count
	}
	if len(got) != 2 || got["GET (unmatched)"] != 1000 || got["_OTHER (unmatched)"] != 1000 {
		t.Errorf("rows are %v, want GET and _OTHER (unmatched) with 1000 each", got)
	}
}

// Times that cannot be are clamped and counted.
func TestImpossibleTimes(t *testing.T) {
	rg := newRig(t, plan{})
	now := time.Now()
	get := attribute.String("http.request.method", "GET")
	for _, end := range []time.Time{now.Add(-time.Second), now.Add(-1), now.AddDate(-300, 0, 0)} {
		rg.span("GET /back", now, end, get)
	}
	rg.span("GET /ages", now, now.AddDate(280, 0, 0), get)
	rg.span("GET /ages", now, now.AddDate(5000, 0, 0), get)
	s := rg.mon.Summary(otelperf.Window5m)
	if rows(s) != "GET /ages ok=2; GET /back ok=3" || s.Diagnostics.Processor.NegativeDurations != 3 {
		t.Errorf("summary has %q and %d negative durations, want 3", rows(s), s.Diagnostics.Processor.NegativeDurations)
	}
	for i := range s.Endpoints {
		row := &s.Endpoints[i]
		if row.Route == "/back" && (*row.MaxMs != 0 || *row.P99Ms != 0) {
			t.Errorf("/back took up to %v ms, want 0", *row.MaxMs)
		}
		if row.Route == "/ages" && *row.MaxMs < float64(9*time.Hour/time.Millisecond) {
			t.Errorf("/ages took %v ms, want at least nine hours", *row.MaxMs)
		}
	}
	checkJSON(t, s)
}

// Names, attributes and types that no instrumentation should make: no panic, no fault of ours, JSON that is valid.
func TestAbsurdSpans(t *testing.T) {
	rg := newRig(t, plan{}, otelperf.WithSlowThreshold(1))
	now := time.Now()
	end := now.Add(time.Millisecond)
	method, status := attribute.Key("http.request.method"), attribute.Key("http.response.status_code")
	long := strings.Repeat("é", 10_000)
	for _, attrs := range [][]attribute.KeyValue{
		nil,
		{method.Int(7), status.String("200")},
		{method.StringSlice([]string{"GET"}), attribute.Bool("http.route", true)},
		{method.String(""), status.Int(-1)},
		{method.String("GET"), status.Int64(math.MinInt64), attribute.String("http.route", "")},
		{method.String(long), attribute.String("http.route", long)},
		{method.String("GET"), attribute.String("http.route", "\xff\xfe\x00</script>\u2028\"")},
		{method.String("GET"), attribute.String("otelperf.outcome", "splendid")},
		{method.String("GET"), attribute.Int("otelperf.outcome", 3)},
		{attribute.String("rpc.system", ""), attribute.Float64("rpc.grpc.status_code", math.NaN())},
		{attribute.String("rpc.system.name", "grpc"), attribute.Int64("rpc.grpc.status_code", 1<<40)},
	} {
		for _, name := range []string{"", "GET", " ", "GET /" + long, "\xff\xff", "HTTP "} {
			rg.span(name, now, end, attrs...)
		}
	}
	s := rg.mon.Summary(otelperf.Window5m)
	if s.TotalRequests != 66 {
		t.Errorf("%d requests, want 66", s.TotalRequests)
	}
	if d := s.Diagnostics; d.Processor.Faults+d.Engine.Faults+d.Processor.HookPanics > 0 {
		t.Errorf("faults: %+v", d)
	}
	if n := len(rg.Spans.Ended()); n != 66 {
		t.Errorf("the program's processor has %d spans, want 66", n)
	}
	for i := range s.Endpoints {
		if row := &s.Endpoints[i]; len(row.Method) > 300 || len(row.Route) > 300 || !utf8.ValidString(row.Name()) {
			t.Errorf("row %.50q has %d bytes", row.Name(), len(row.Name()))
		}
	}
	checkJSON(t, s)
}

// checkJSON checks that s survives JSON: no NaN, no infinity, no invalid text.
func checkJSON(t *testing.T, s *otelperf.Summary) {
	t.Helper()
	body, err := json.Marshal(s)
	if err != nil || !utf8.Valid(body) {
		t.Errorf("summary as JSON: %v, valid text: %v", err, utf8.Valid(body))
	}
}

// An error storm does not fill the slow log's memory, and is in the numbers in full.
func TestErrorStorm(t *testing.T) {
	rg := newRig(t, plan{alone: true})
	for range 20_000 {
		rg.request("GET", "/a", http.StatusServiceUnavailable, time.Second)
	}
	s := rg.mon.Summary(otelperf.Window5m)
	if s.ErrorCount != 20_000 || s.SlowQueriesCount != 20_000 || len(s.SlowQueries) != 20 {
		t.Errorf("%d errors, %d slow, %d of them in the summary, want 20000, 20000 and 20", s.ErrorCount, s.SlowQueriesCount, len(s.SlowQueries))
	}
	if s.Diagnostics.Processor.NotKept == 0 {
		t.Error("all of them were kept")
	}
}
