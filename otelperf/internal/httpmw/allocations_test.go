// SPDX-License-Identifier: Apache-2.0

//go:build !race

package httpmw

import (
	"math"
	"net/http"
	"runtime"
	"runtime/debug"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

func TestAllocations(t *testing.T) {
	bare := testing.AllocsPerRun(200, request(userMux()))
	plain := testing.AllocsPerRun(200, request(New(Config{})(userMux())))
	headers := testing.AllocsPerRun(200, request(New(Config{Headers: true})(userMux())))
	t.Logf("allocations: mux %v, with middleware %v, with its headers %v", bare, plain, headers)
	if got := plain - bare; got != 1 { // the exchange, with the request's copy in it
		t.Errorf("%v allocations more, want 1", got)
	}
	labelled := testing.AllocsPerRun(200, request(New(Config{Goroutines: NewGoroutines()})(userMux())))
	if labelled != plain {
		t.Errorf("%v allocations with labels, want %v as without", labelled, plain)
	}
	if got := headers - plain; got > 0 {
		t.Errorf("%v allocations for the headers, want none", got)
	}
}

// bytesPerRun is what f allocates: the least of some turns, as what others allocate only adds. Less than the smallest object of Go for each
// run is theirs, too.
func bytesPerRun(f func()) float64 {
	const runs = 200
	f()
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection would empty the pools
	least := math.Inf(1)
	for range 20 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			f()
		}
		runtime.ReadMemStats(&after)
		const smallest = 8
		least = min(least, math.Floor(float64(after.TotalAlloc-before.TotalAlloc)/runs/smallest)*smallest)
	}
	return least
}

// Inside otelhttp it is one allocation, whatever the writer; two more where a handler in between has copied the request, and the metric's
// route has to go through otelhttp's Labeler.
func TestAllocationsInsideOtelhttp(t *testing.T) {
	otel := otelhttp.NewMiddleware("shop", otelhttp.WithTracerProvider(sdktrace.NewTracerProvider()),
		otelhttp.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))))
	mw := New(Config{Headers: true, OutcomeKey: outcomeKey, Goroutines: NewGoroutines()})
	copied := func(h http.Handler) http.Handler { return http.MaxBytesHandler(h, 1<<10) }
	for _, kind := range []struct {
		name   string
		writer func(*calls) http.ResponseWriter
	}{
		{"net/http's", netLike},
		{"plain", func(c *calls) http.ResponseWriter { return plain{c} }},
	} {
		for _, tt := range []struct {
			name          string
			without, with http.Handler
			most, bytes   float64
		}{
			{"next to otelhttp", otel(userMux()), otel(mw(userMux())), 1, 768},
			{"with a copy in between", otel(copied(userMux())), otel(copied(mw(userMux()))), 3, 1088},
		} {
			if otelhttpCall() == 0 {
				tt.most, tt.bytes = 3, 1088
			}
			without, with := requestTo(kind.writer, tt.without), requestTo(kind.writer, tt.with)
			more, bytes := testing.AllocsPerRun(200, with)-testing.AllocsPerRun(200, without), bytesPerRun(with)-bytesPerRun(without)
			t.Logf("%s writer, %s: %v allocations more, %v bytes", kind.name, tt.name, more, bytes)
			if more > tt.most || bytes > tt.bytes {
				t.Errorf("%s writer, %s: %v allocations and %v bytes more, want at most %v and %v", kind.name, tt.name, more, bytes, tt.most, tt.bytes)
			}
		}
	}
}
