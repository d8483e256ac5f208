// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelperf/otelperf-go/otelperf"
)

// Two Monitors with names on one MeterProvider have gauges of their own, and their alerts say whose they are.
func TestMonitorsWithNamesShareAMeterProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read := sdkmetric.NewManualReader()
		mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(read))
		shop := newBubble(t, "1.0", otelperf.WithMeterProvider(mp), otelperf.WithName("shop"))
		admin := newBubble(t, "1.0", otelperf.WithMeterProvider(mp), otelperf.WithName("admin"))
		shop.run(15*time.Minute, 10, 20*time.Millisecond, "/checkout")
		shop.run(40*time.Second, 10, 200*time.Millisecond, "/checkout")
		synctest.Wait()
		var rm metricdata.ResourceMetrics
		if err := read.Collect(t.Context(), &rm); err != nil {
			t.Fatal(err)
		}
		open := map[string]int64{}
		for _, sm := range rm.ScopeMetrics {
			for _, m := range sm.Metrics {
				if g, ok := m.Data.(metricdata.Sum[int64]); ok && m.Name == "otelperf.spike.open" {
					for _, p := range g.DataPoints {
						name, _ := p.Attributes.Value("otelperf.monitor.name")
						open[name.AsString()] = p.Value
					}
				}
			}
		}
		if len(open) != 2 || open["shop"] != 1 || open["admin"] != 0 {
			t.Errorf("open spikes by name are %v, want one of shop and none of admin", open)
		}
		if lines := shop.lines.Lines("monitor=shop"); !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, "spike started") }) {
			t.Errorf("no alert names its Monitor: %q", lines)
		}
		if err := errors.Join(shop.mon.Shutdown(t.Context()), admin.mon.Shutdown(t.Context())); err != nil {
			t.Error(err)
		}
	})
}

func TestNamesThatAreRefused(t *testing.T) {
	for _, name := range []string{"", strings.Repeat("x", 65), "\xff"} {
		if _, err := otelperf.New(otelperf.WithName(name)); !errors.Is(err, otelperf.ErrConfig) || !strings.Contains(err.Error(), "name is") {
			t.Errorf("%q: %v, want ErrConfig that names it", name, err)
		}
	}
}

// A receiver may do with a spike what it likes: what others get, and what is remembered, stays as it was.
func TestReceiverThatChangesItsSpike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var before []string
		s := newBubble(t, "1.0", otelperf.WithOnSpike(func(sp otelperf.Spike) {
			before = slices.Clone(sp.TraceIDs)
			for i := range sp.TraceIDs {
				sp.TraceIDs[i] = "overwritten"
			}
			sp.Endpoints[0].Route = "overwritten"
		}))
		s.run(15*time.Minute, 10, 20*time.Millisecond, "/checkout")
		s.run(40*time.Second, 10, 200*time.Millisecond, "/checkout")
		s.run(2*time.Minute, 10, 20*time.Millisecond, "/checkout")
		synctest.Wait()
		sp := s.mon.Summary(otelperf.Window5m).Spikes[0]
		if len(before) == 0 || !slices.Equal(sp.TraceIDs, before) || sp.Endpoints[0].Route != "/checkout" {
			t.Errorf("the spike has traces %q of %s, want %q of /checkout", sp.TraceIDs, sp.Endpoints[0].Route, before)
		}
		for _, told := range s.spikes() {
			if slices.Contains(told.TraceIDs, "overwritten") || told.Endpoints[0].Route != "/checkout" {
				t.Errorf("another receiver got %+v", told)
			}
		}
		_ = s.mon.Shutdown(t.Context())
	})
}
