// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/slowlog"
)

// unusable are options that New refuses, each with what its error must name.
var unusable = []struct {
	about  string
	option otelperf.SetupOption
	names  []string
}{
	{"no option at all", nil, []string{"option 1", "nil"}},
	{"negative slow threshold", otelperf.WithSlowThreshold(-time.Second), []string{"slow threshold", "-1s"}},
	{"no slow threshold", otelperf.WithSlowThreshold(0), []string{"slow threshold", "0"}},
	{"negative threshold of an endpoint", otelperf.WithEndpointSlowThreshold("GET /a", -1), []string{"GET /a", "-1ns"}},
	{"empty pattern", otelperf.WithEndpointSlowThreshold("", time.Second), []string{"endpoint slow threshold", "pattern"}},
	{"no endpoints", otelperf.WithMaxEndpoints(0), []string{"max endpoints", "0", "10000"}},
	{"too many endpoints", otelperf.WithMaxEndpoints(1 << 20), []string{"max endpoints", "1048576"}},
	{"metric interval too short", otelperf.WithMetricInterval(time.Millisecond), []string{"metric interval", "1ms"}},
	{"metric interval too long", otelperf.WithMetricInterval(time.Hour), []string{"metric interval", "1h"}},
	{"nil logger", otelperf.WithLogger(nil), []string{"logger"}},
	{"request log above all", otelperf.WithRequestLog(1.5), []string{"request log", "1.5"}},
	{"request log of NaN", otelperf.WithRequestLog(math.NaN()), []string{"request log", "NaN"}},
	{"ignored path without a slash", otelperf.WithIgnoredPaths("/ok", "healthz"), []string{"ignored path", "healthz"}},
	{"nil authorizer", otelperf.WithAuthorizer(nil), []string{"authorizer"}},
	{"short token", otelperf.WithBearerToken("hunter2"), []string{"token", "7", "16"}},
	{"negative bound of the slow log", otelperf.WithSlowLog(slowlog.Limits{Recent: -1}), []string{"-1"}},
	{"baseline weight above 1", otelperf.WithBaseline(baseline.Config{Weight: 2}), []string{"2"}},
	{"nil span exporter", otelperf.WithSpanExporter(nil), []string{"span exporter"}},
	{"nil metric exporter", otelperf.WithMetricExporter(nil), []string{"metric exporter"}},
	{"nil metric reader", otelperf.WithMetricReader(nil), []string{"metric reader"}},
	{"empty service name", otelperf.WithServiceName(" "), []string{"service name", "empty"}},
	{"nil resource", otelperf.WithResource(nil), []string{"resource"}},
	{"nil sampler", otelperf.WithSampler(nil), []string{"sampler"}},
	{"metric interval of nothing", otelperf.WithMetricInterval(5 * time.Second), []string{"metric interval", "WithMetricSource"}},
}

func TestUnusableOptions(t *testing.T) {
	for _, tt := range unusable {
		t.Run(tt.about, func(t *testing.T) {
			mon, _, err := otelperf.Setup(t.Context(), tt.option)
			if option, ok := tt.option.(otelperf.Option); ok || tt.option == nil {
				mon, err = otelperf.New(option)
			}
			if mon != nil || !errors.Is(err, otelperf.ErrConfig) {
				t.Fatalf("got %v, %v, want an error that wraps ErrConfig", mon, err)
			}
			for _, name := range tt.names {
				if !strings.Contains(err.Error(), name) {
					t.Errorf("%q does not name %q", err, name)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%q shows the token", err)
			}
		})
	}
}

// All that is wrong is reported at once, by New and by Setup.
func TestAllOptionErrorsAtOnce(t *testing.T) {
	var opts []otelperf.Option
	var all []otelperf.SetupOption
	for _, tt := range unusable[1:] {
		all = append(all, tt.option)
		if o, ok := tt.option.(otelperf.Option); ok {
			opts = append(opts, o)
		}
	}
	_, err := otelperf.New(opts...)
	mon, shutdown, setupErr := otelperf.Setup(t.Context(), all...)
	if mon != nil || shutdown != nil {
		t.Error("Setup returned a Monitor in spite of its error")
	}
	for e, want := range map[error]int{err: len(opts), setupErr: len(all)} {
		joined, ok := errors.AsType[interface {
			error
			Unwrap() []error
		}](e)
		if !ok {
			t.Fatalf("error is %v, want several joined", e)
		}
		if n := len(joined.Unwrap()); n != want {
			t.Errorf("%d faults reported, want %d:\n%v", n, want, e)
		}
	}
}

func TestBothFaultsOfAnEndpointThreshold(t *testing.T) {
	_, err := otelperf.New(otelperf.WithEndpointSlowThreshold("", 0))
	if !errors.Is(err, otelperf.ErrConfig) || !strings.Contains(err.Error(), "pattern has 0 bytes") || !strings.Contains(err.Error(), `slow threshold of "" is 0s`) {
		t.Errorf("got %v, want the faults of the pattern and of the threshold", err)
	}
}

func TestParseWindow(t *testing.T) {
	for _, w := range windows {
		if got, err := otelperf.ParseWindow(string(w)); got != w || err != nil {
			t.Errorf("ParseWindow(%q) = %q, %v", w, got, err)
		}
	}
	if got, err := otelperf.ParseWindow(""); got != otelperf.Window5m || err != nil {
		t.Errorf(`ParseWindow("") = %q, %v, want 5m`, got, err)
	}
	for _, bad := range []string{"2h", "5M", " 5m", "5m ", "-1m", "ALL", strings.Repeat("x", 1<<20)} {
		_, err := otelperf.ParseWindow(bad)
		if err == nil || !strings.Contains(err.Error(), "accepted are 1m, 5m, 1h, 24h, 7d, all") {
			t.Errorf("ParseWindow(%.20q): %v, want an error that names the windows", bad, err)
		} else if len(err.Error()) > 200 {
			t.Errorf("ParseWindow of %d bytes: its error has %d", len(bad), len(err.Error()))
		}
	}
}

// Thresholds of endpoints, by name and by pattern, decide what is slow.
func TestEndpointThresholds(t *testing.T) {
	rg := newRig(t, plan{}, otelperf.WithSlowThreshold(100*time.Millisecond),
		otelperf.WithEndpointSlowThreshold("GET /reports/**", 2*time.Second),
		otelperf.WithEndpointSlowThreshold("GET /reports/quick", 10*time.Millisecond))
	for _, route := range []string{"/a", "/reports/{year}/{month}", "/reports/quick"} {
		for _, d := range []time.Duration{50 * time.Millisecond, 500 * time.Millisecond, 5 * time.Second} {
			rg.request("GET", route, 200, d)
		}
	}
	s := rg.mon.Summary(otelperf.Window5m)
	want := map[string]struct {
		slow      int
		threshold float64
	}{"/a": {2, 100}, "/reports/{year}/{month}": {1, 2000}, "/reports/quick": {3, 10}}
	slow := map[string]int{}
	for _, q := range s.SlowQueries {
		slow[q.Route]++
	}
	for _, row := range s.Endpoints {
		if slow[row.Route] != want[row.Route].slow || row.ThresholdMs != want[row.Route].threshold {
			t.Errorf("%s: %d slow, threshold %v ms, want %v", row.Route, slow[row.Route], row.ThresholdMs, want[row.Route])
		}
	}
}
