// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelperf/otelperf-go/otelperf"
	analytics "github.com/otelperf/otelperf-go/otelperf/events"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// What is wrong with the options of events is reported with all else that is wrong, and before anything is started.
func TestEventOptionsAreChecked(t *testing.T) {
	for about, tt := range map[string]struct {
		opts  []otelperf.Option
		names []string
	}{
		"a setting of events": {[]otelperf.Option{otelperf.WithEvents(analytics.WithQueueSize(-1)), otelperf.WithSlowThreshold(-1)},
			[]string{"queue size is -1", "slow threshold is -1ns"}},
		"a bound of the handler": {[]otelperf.Option{otelperf.WithEvents(analytics.WithHandler(analytics.HandlerOptions{Burst: -1, MaxBatch: 5000}))},
			[]string{"burst is -1", "max batch is 5000"}},
		"no provider": {[]otelperf.Option{otelperf.WithEvents(analytics.WithLoggerProvider(nil))}, []string{"logger provider is nil"}},
		"two settings that exclude each other, in two options": {
			[]otelperf.Option{otelperf.WithEvents(analytics.WithRawUserID()), otelperf.WithEvents(analytics.WithUserKey(make([]byte, 16)))},
			[]string{"user key has no effect"}},
	} {
		synctest.Test(t, func(t *testing.T) { // ends only if no goroutine was started
			reader := sdkmetric.NewManualReader()
			mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
			mon, err := otelperf.New(append(tt.opts, otelperf.WithMeterProvider(mp))...)
			if mon != nil || !errors.Is(err, otelperf.ErrConfig) || !errors.Is(err, analytics.ErrConfig) {
				t.Fatalf("%s: New returned %v, %v, want an error that wraps both ErrConfig", about, mon, err)
			}
			for _, name := range tt.names {
				if !strings.Contains(err.Error(), name) {
					t.Errorf("%s: %q does not name %q", about, err, name)
				}
			}
			for line := range strings.Lines(err.Error()) {
				if !strings.HasPrefix(line, otelperf.ErrConfig.Error()) {
					t.Errorf("%s: the fault %q is not an ErrConfig", about, line)
				}
			}
			var rm metricdata.ResourceMetrics
			if err := reader.Collect(t.Context(), &rm); err != nil || len(rm.ScopeMetrics) != 0 {
				t.Errorf("%s: a callback is registered still: %v %v", about, err, rm.ScopeMetrics)
			}
		})
	}
}

// Events go to the provider that WithEvents names, else to that of the Monitor.
func TestProviderOfEvents(t *testing.T) {
	for _, own := range []bool{false, true} {
		of := map[bool]*eventSink{false: {}, true: {}}
		var opts []analytics.Option
		if own {
			opts = append(opts, analytics.WithLoggerProvider(of[true]))
		}
		rg := newRig(t, plan{}, otelperf.WithEvents(opts...), otelperf.WithLoggerProvider(of[false]))
		track(t, rg, analytics.Event{Name: "a"})
		if _, err := rg.mon.Events().Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if of[own].emitted() != "a" || of[!own].emitted() != "" {
			t.Errorf("with a provider of its own: %t; that got %q, the Monitor's %q", own, of[true].emitted(), of[false].emitted())
		}
	}
}

// Middleware makes events of panics, and of requests where there is a rate for them.
func TestMiddlewareTracks(t *testing.T) {
	for _, requests := range []float64{0, 1} {
		sink := &eventSink{}
		rg := newRig(t, plan{}, otelperf.WithLoggerProvider(sink),
			otelperf.WithEvents(analytics.WithSampling(analytics.Sampling{Events: 1, Requests: requests, Exceptions: 1})))
		h := rg.mon.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/panic" {
				panic("no")
			}
		}))
		testrig.Call(h, http.MethodGet, "/")
		func() {
			defer func() { _ = recover() }()
			testrig.Call(h, http.MethodGet, "/panic")
		}()
		if _, err := rg.mon.Events().Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		want, received := "exception", uint64(1)
		if requests > 0 {
			want, received = "otelperf.request exception otelperf.request", 3
		}
		if got := sink.emitted(); got != want || rg.mon.Events().Stats().Received != received {
			t.Errorf("at a rate of %v: %q, %d received; want %q", requests, got, rg.mon.Events().Stats().Received, want)
		}
	}
}

// The handler for browsers has the options of WithEvents, and one table of clients wherever it is mounted.
func TestTrackHandler(t *testing.T) {
	rg := newRig(t, plan{}, otelperf.WithEvents(analytics.WithHandler(analytics.HandlerOptions{Rate: 0.001, Burst: 1, AllowNames: []string{"a"}})))
	post := func(body string) int {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/track", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		rg.mon.TrackHandler().ServeHTTP(w, r)
		return w.Code
	}
	if status := post(`{"name":"b"}`); status != http.StatusBadRequest {
		t.Errorf("a name that is not allowed: %d", status)
	}
	if status := post(`{"name":"a"}`); status != http.StatusTooManyRequests {
		t.Errorf("the second of one: %d", status)
	}
	off := newRig(t, plan{})
	if w := testrig.Call(off.mon.TrackHandler(), http.MethodPost, "/track"); w.Code != http.StatusNotFound || off.mon.Events() != nil {
		t.Errorf("with events switched off: %d, tracker %v", w.Code, off.mon.Events())
	}
}

// Switched off, events are neither taken nor emitted; their options are checked all the same.
func TestDisabledEvents(t *testing.T) {
	t.Setenv("OTELPERF_DISABLED", "true")
	if _, err := otelperf.New(otelperf.WithEvents(analytics.WithQueueSize(-1))); !errors.Is(err, otelperf.ErrConfig) {
		t.Errorf("a negative queue size: %v", err)
	}
	synctest.Test(t, func(t *testing.T) { // ends only if no goroutine was started
		mon, err := otelperf.New(otelperf.WithEvents())
		if err != nil || mon.Events() != nil {
			t.Errorf("the tracker is %v, %v", mon.Events(), err)
		}
	})
}

// Shutdown emits what is queued.
func TestShutdownEmitsEvents(t *testing.T) {
	sink := &eventSink{}
	mon, err := otelperf.New(otelperf.WithEvents(), otelperf.WithLoggerProvider(sink))
	if err != nil {
		t.Fatal(err)
	}
	if err := mon.Events().Track(t.Context(), analytics.Event{Name: "a"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := mon.Shutdown(ctx); err != nil || sink.emitted() != "a" {
		t.Errorf("%v, emitted %q", err, sink.emitted())
	}
}
