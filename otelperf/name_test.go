// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/spikeprocessor"
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

// Two Monitors with names on one MeterProvider report the same endpoint side by side, in the histograms of their Producers, too. Without
// names they overwrite each other: that is logged once, and in the diagnostics of both until one of them is shut down.
func TestMonitorsOnOneMeterProvider(t *testing.T) {
	for _, tt := range []struct {
		name          string
		first, second []otelperf.Option
		points        int // of one endpoint
	}{
		{"both with names", []otelperf.Option{otelperf.WithName("shop")}, []otelperf.Option{otelperf.WithName("admin")}, 2},
		{"one with a name", nil, []otelperf.Option{otelperf.WithName("admin")}, 2},
		{"none with a name", nil, nil, 1},
		{"one name for both", []otelperf.Option{otelperf.WithName("shop")}, []otelperf.Option{otelperf.WithName("shop")}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log testrig.Log
			own := sdkmetric.NewManualReader()
			common := []otelperf.Option{
				otelperf.WithLogger(log.Logger()), otelperf.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(own))),
			}
			first, second := newMonitor(t, append(common, tt.first...)...), newMonitor(t, append(common, tt.second...)...)
			produced := sdkmetric.NewManualReader(sdkmetric.WithProducer(first.Producer()), sdkmetric.WithProducer(second.Producer()))
			sdkmetric.NewMeterProvider(sdkmetric.WithReader(produced))
			for _, mon := range []*otelperf.Monitor{first, second} {
				testrig.Call(newProvider(mon).server, http.MethodGet, "/users/1")
				if err := mon.Reader().ForceFlush(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			for metric, read := range map[string]*sdkmetric.ManualReader{"otelperf.endpoint.p99": own, "otelperf.request.duration": produced} {
				if n := series(t, read, metric); n != tt.points {
					t.Errorf("%s has %d series, want %d", metric, n, tt.points)
				}
			}
			shared := tt.points == 1
			warned := func(mon *otelperf.Monitor) bool {
				d := mon.Diagnostics()
				return d.SharedMetrics && slices.ContainsFunc(d.Hints, func(h string) bool { return strings.Contains(h, "WithName") })
			}
			if warned(first) != shared || warned(second) != shared {
				t.Errorf("diagnostics warn of it: %v and %v, want %v", warned(first), warned(second), shared)
			}
			_ = series(t, own, "")
			if err := second.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := len(log.Lines("overwrite each other")); n != map[bool]int{true: 1}[shared] {
				t.Errorf("%d lines warn of it", n)
			}
			if warned(first) {
				t.Error("diagnostics warn of a Monitor that was shut down")
			}
		})
	}
}

// series is how many different sets of attributes the points of a metric have.
func series(t *testing.T, read *sdkmetric.ManualReader, name string) int {
	t.Helper()
	var rm metricdata.ResourceMetrics
	if err := read.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	sets := map[attribute.Distinct]bool{}
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			if m.Name != name {
				continue
			}
			switch d := m.Data.(type) {
			case metricdata.Gauge[float64]:
				for _, p := range d.DataPoints {
					sets[p.Attributes.Equivalent()] = true
				}
			case metricdata.ExponentialHistogram[float64]:
				for _, p := range d.DataPoints {
					sets[p.Attributes.Equivalent()] = true
				}
			}
		}
	}
	return len(sets)
}

// Two servers that have the same route share its row in one Monitor; a dimension says which of them is slow. With a Monitor each they
// have rows of their own.
func TestServersWithTheSameRoute(t *testing.T) {
	shared := newMonitor(t, otelperf.WithSlowThreshold(time.Nanosecond), otelperf.WithProcessorOptions(spikeprocessor.WithDimensions("server.address")))
	call := func(mon *otelperf.Monitor, host string) {
		r := httptest.NewRequest(http.MethodGet, "http://"+host+"/users/1", http.NoBody)
		newProvider(mon).server.ServeHTTP(httptest.NewRecorder(), r)
	}
	call(shared, "shop.test")
	call(shared, "admin.test")
	if got := rowsOf(shared); got != "GET /users/{id} ok=2" {
		t.Errorf("one Monitor has the rows %s", got)
	}
	var hosts []string
	for e := range shared.SlowLog().All() {
		hosts = append(hosts, e.Dimensions["server.address"])
	}
	if slices.Sort(hosts); !slices.Equal(hosts, []string{"admin.test", "shop.test"}) {
		t.Errorf("slow requests are of the servers %q", hosts)
	}
	for _, name := range []string{"shop", "admin"} {
		mon := newMonitor(t, otelperf.WithName(name))
		call(mon, name+".test")
		if got := rowsOf(mon); got != "GET /users/{id} ok=1" {
			t.Errorf("the Monitor %s has the rows %s", name, got)
		}
	}
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
		var before []otelperf.RequestRef
		s := newBubble(t, "1.0", otelperf.WithOnSpike(func(sp otelperf.Spike) {
			before = slices.Clone(sp.SlowRequests)
			for i := range sp.SlowRequests {
				sp.SlowRequests[i].TraceID = "overwritten"
			}
			sp.Endpoints[0].Route = "overwritten"
		}))
		s.run(15*time.Minute, 10, 20*time.Millisecond, "/checkout")
		s.run(40*time.Second, 10, 200*time.Millisecond, "/checkout")
		s.run(2*time.Minute, 10, 20*time.Millisecond, "/checkout")
		synctest.Wait()
		sp := s.mon.Summary(otelperf.Window5m).Spikes[0]
		if len(before) == 0 || !slices.Equal(sp.SlowRequests, before) || sp.Endpoints[0].Route != "/checkout" {
			t.Errorf("the spike has traces %v of %s, want %v of /checkout", sp.SlowRequests, sp.Endpoints[0].Route, before)
		}
		for _, told := range s.spikes() {
			if slices.ContainsFunc(told.SlowRequests, func(r otelperf.RequestRef) bool { return r.TraceID == "overwritten" }) || told.Endpoints[0].Route != "/checkout" {
				t.Errorf("another receiver got %+v", told)
			}
		}
		_ = s.mon.Shutdown(t.Context())
	})
}
