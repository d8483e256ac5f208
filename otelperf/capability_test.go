// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// setPropagator has otelhttp read traceparent, and puts the global propagator back.
func setPropagator(t *testing.T) {
	before := otel.GetTextMapPropagator()
	otel.SetTextMapPropagator(propagation.TraceContext{})
	t.Cleanup(func() { otel.SetTextMapPropagator(before) })
}

// column is a column of the capability matrix: which parts of us stand in the pipeline.
type column struct {
	name       string
	plan       plan
	opts       []otelperf.Option
	middleware bool
}

// Of the requests that are sent a known half is sampled.
var half = sdktrace.ParentBased(sdktrace.NeverSample(), sdktrace.WithRemoteParentSampled(sdktrace.AlwaysSample()))

var columns = []column{
	{"processor", plan{sampler: half}, nil, false},
	{"processor + Middleware", plan{sampler: half}, nil, true},
	{"processor + Sampler", plan{sampler: half, ours: true}, nil, false},
	{"processor + Middleware + Sampler", plan{sampler: half, ours: true}, nil, true},
	{"metric source only", plan{sampler: half, none: true}, []otelperf.Option{otelperf.WithMetricSource()}, false},
	{"metric source + Middleware", plan{sampler: half, none: true}, []otelperf.Option{otelperf.WithMetricSource()}, true},
}

// cell is what one column gives of one capability. Two requests of each sort are sent, one of them sampled.
type cell struct {
	rows   string
	panics uint64 // counted by Middleware itself
	slow   int
	header bool
	lines  int
}

func TestCapabilityMatrix(t *testing.T) {
	const (
		users      = "/users/7"
		sampled    = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
		notSampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
	)
	setPropagator(t)
	for _, capability := range []struct {
		name string
		path string
		lost bool // a middleware of the program replaces the request
		gone bool // the client leaves
		want map[string]cell
	}{
		{name: "counts and percentiles, headers, request line", path: users, want: map[string]cell{
			"processor":                        {rows: "GET /users/{id} ok=1"},
			"processor + Middleware":           {rows: "GET /users/{id} ok=1", header: true, lines: 2},
			"processor + Sampler":              {rows: "GET /users/{id} ok=2"},
			"processor + Middleware + Sampler": {rows: "GET /users/{id} ok=2", header: true, lines: 2},
			"metric source only":               {rows: "GET /users/{id} ok=2"},
			"metric source + Middleware":       {rows: "GET /users/{id} ok=2", header: true, lines: 2},
		}},
		{name: "route when a middleware replaced the request", path: users, lost: true, want: map[string]cell{
			"processor":                        {rows: "GET (unmatched) ok=1"},
			"processor + Middleware":           {rows: "GET /users/{id} ok=1", header: true, lines: 2},
			"processor + Sampler":              {rows: "GET (unmatched) ok=2"},
			"processor + Middleware + Sampler": {rows: "GET /users/{id} ok=2", header: true, lines: 2},
			"metric source only":               {rows: "GET (unmatched) ok=2"},
			"metric source + Middleware":       {rows: "GET /users/{id} ok=2", header: true, lines: 2},
		}},
		{name: "panics counted", path: "/panic", want: map[string]cell{
			"processor":                        {rows: "GET (unmatched) panic=1"},
			"processor + Middleware":           {rows: "GET /panic panic=1", panics: 2, header: true, lines: 2},
			"processor + Sampler":              {rows: "GET (unmatched) panic=2"},
			"processor + Middleware + Sampler": {rows: "GET /panic panic=2", panics: 2, header: true, lines: 2},
			"metric source only":               {rows: ""},
			"metric source + Middleware":       {rows: "", panics: 2, header: true, lines: 2},
		}},
		{name: "canceled told apart", path: "/wait", gone: true, want: map[string]cell{
			"processor":                        {rows: "GET /wait ok=1"},
			"processor + Middleware":           {rows: "GET /wait canceled=1", header: true, lines: 2},
			"processor + Sampler":              {rows: "GET /wait ok=2"},
			"processor + Middleware + Sampler": {rows: "GET /wait canceled=2", header: true, lines: 2},
			"metric source only":               {rows: "GET /wait ok=2"},
			"metric source + Middleware":       {rows: "GET /wait ok=2", header: true, lines: 2},
		}},
		{name: "stream told apart", path: "/events", gone: true, want: map[string]cell{
			"processor":                        {rows: "GET /events ok=1"},
			"processor + Middleware":           {rows: "GET /events stream=1", header: true, lines: 2},
			"processor + Sampler":              {rows: "GET /events ok=2"},
			"processor + Middleware + Sampler": {rows: "GET /events stream=2", header: true, lines: 2},
			"metric source only":               {rows: "GET /events ok=2"},
			"metric source + Middleware":       {rows: "GET /events ok=2", header: true, lines: 2},
		}},
		{name: "slow log", path: "/slow", want: map[string]cell{
			"processor":                        {rows: "GET /slow ok=1", slow: 1},
			"processor + Middleware":           {rows: "GET /slow ok=1", slow: 1, header: true, lines: 2},
			"processor + Sampler":              {rows: "GET /slow ok=2", slow: 2},
			"processor + Middleware + Sampler": {rows: "GET /slow ok=2", slow: 2, header: true, lines: 2},
			"metric source only":               {rows: "GET /slow ok=2"},
			"metric source + Middleware":       {rows: "GET /slow ok=2", header: true, lines: 2},
		}},
	} {
		for _, col := range columns {
			t.Run(capability.name+"/"+col.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { // only what sleeps is slow
					rg := newRig(t, col.plan, append(col.opts, otelperf.WithRequestLog(1), otelperf.WithSlowThreshold(10*time.Millisecond))...)
					entered := make(chan struct{}, 1)
					mux := testrig.Shop(entered)
					mux.HandleFunc("GET /slow", func(http.ResponseWriter, *http.Request) { time.Sleep(12 * time.Millisecond) })
					var h http.Handler = mux
					if col.middleware {
						h = rg.mon.Middleware(h)
					}
					if capability.lost {
						h = testrig.Lose(h)
					}
					h = rg.instrument(h)
					got := cell{}
					for _, parent := range []string{sampled, notSampled} {
						header := visit(h, capability.path, capability.gone, entered, parent)
						got.header = got.header || header.Get("X-Response-Time") != "" && header.Get("Server-Timing") != ""
					}
					s := rg.flushed(t, otelperf.Window5m)
					got.rows, got.panics, got.slow = rows(s), s.Diagnostics.Panics, len(s.SlowQueries)
					got.lines = len(rg.Log.Lines("GET " + capability.path + " - "))
					if want := capability.want[col.name]; got != want {
						t.Errorf("got %+v, want %+v", got, want)
					}
				})
			})
		}
	}
}

// visit sends a request, whose handler may panic, and leaves in its middle if gone.
func visit(h http.Handler, path string, gone bool, entered <-chan struct{}, parent string) (header http.Header) {
	w, r, leave := exchange(path, parent)
	header = w.Header()
	defer leave()
	defer func() { _ = recover() }()
	if gone {
		go func() {
			<-entered
			leave()
		}()
	}
	h.ServeHTTP(w, r)
	return header
}
