// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

const month = 30 * 24 * time.Hour

// All that is wrong with objectives is reported at once, each fault by the name of the objective.
func TestObjectivesThatAreRefused(t *testing.T) {
	good := otelperf.Objective{SuccessTarget: 0.999, Period: month}
	with := func(change func(*otelperf.Objective)) otelperf.Objective {
		o := good
		change(&o)
		return o
	}
	cases := []struct {
		pattern string
		o       otelperf.Objective
		want    string
	}{
		{"", good, "pattern has 0 bytes"},
		{"/pay", good, "the pattern has no method"},
		{strings.Repeat("x /", 100), good, "pattern has 300 bytes"},
		{"GET /a", with(func(o *otelperf.Objective) { o.SuccessTarget = 1 }), "SuccessTarget is 1, accepted are 0.5 to 0.99999"},
		{"GET /b", with(func(o *otelperf.Objective) { o.SuccessTarget = 99.9 }), "SuccessTarget is 99.9, accepted are"},
		{"GET /c", with(func(o *otelperf.Objective) { o.SuccessTarget = math.NaN() }), "SuccessTarget is NaN"},
		{"GET /d", with(func(o *otelperf.Objective) { o.SuccessTarget = 0 }), "there is no target"},
		{"GET /e", with(func(o *otelperf.Objective) { o.Period = 0 }), "Period is 0s, accepted are whole hours from 168h"},
		{"GET /f", with(func(o *otelperf.Objective) { o.Period = time.Hour }), "Period is 1h0m0s"},
		{"GET /g", with(func(o *otelperf.Objective) { o.Period = month + time.Minute }), "accepted are whole hours"},
		{"GET /h", with(func(o *otelperf.Objective) { o.Latency = time.Second }), "Latency is 1s and LatencyTarget 0, accepted are both or neither"},
		{"GET /i", with(func(o *otelperf.Objective) { o.LatencyTarget = 0.9 }), "Latency is 0s and LatencyTarget 0.9"},
		{"GET /j", with(func(o *otelperf.Objective) { o.Latency, o.LatencyTarget = -1, 0.9 }), "Latency is -1ns, accepted are 10µs to 1h0m0s"},
		{"GET /k", with(func(o *otelperf.Objective) { o.Latency, o.LatencyTarget = time.Second, 1 }), "LatencyTarget is 1, accepted"},
		{"GET /l", with(func(o *otelperf.Objective) { o.Name = "twice" }), ""},
		{"GET /m", with(func(o *otelperf.Objective) { o.Name = "twice" }), "the name is that of another objective"},
		{"GET /n", with(func(o *otelperf.Objective) { o.Name = "a\nb" }), "the name is not accepted"},
		{"GET /o", with(func(o *otelperf.Objective) { o.Name = strings.Repeat("x", 65) }), "the name is not accepted"},
	}
	var opts []otelperf.Option
	for _, c := range cases {
		opts = append(opts, otelperf.WithObjective(c.pattern, c.o))
	}
	_, err := otelperf.New(opts...)
	if !errors.Is(err, otelperf.ErrConfig) {
		t.Fatalf("error %v, want ErrConfig", err)
	}
	lines := strings.Split(err.Error(), "\n")
	for _, c := range cases[1:] {
		found := false
		for _, line := range lines {
			found = found || strings.Contains(line, c.pattern[:min(len(c.pattern), 6)]) && strings.Contains(line, c.want)
		}
		if found != (c.want != "") {
			t.Errorf("%q: a line with %q is %v among\n%v", c.pattern, c.want, found, err)
		}
	}
	if !strings.Contains(err.Error(), cases[0].want) {
		t.Errorf("%v lacks %q", err, cases[0].want)
	}
	opts = nil
	for i := range 51 {
		opts = append(opts, otelperf.WithObjective("GET /"+strings.Repeat("x", i), good))
	}
	if _, err := otelperf.New(opts...); !errors.Is(err, otelperf.ErrConfig) || !strings.Contains(err.Error(), "51 objectives, accepted are at most 50") {
		t.Errorf("51 objectives: %v", err)
	}
}

// Requests of a real server count as they were: by status, by time, streams as answered, and only those of the endpoints that match.
func TestObjectivesOfARealServer(t *testing.T) {
	rg := newRig(t, plan{}, everybody, otelperf.WithObjective("GET /pay/**", otelperf.Objective{
		Name: "pay", SuccessTarget: 0.99, Latency: 20 * time.Millisecond, LatencyTarget: 0.9, Period: month,
	}))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pay/{how}", func(w http.ResponseWriter, r *http.Request) {
		switch r.PathValue("how") {
		case "fail":
			w.WriteHeader(http.StatusBadGateway)
		case "none":
			w.WriteHeader(http.StatusNotFound)
		case "slow":
			time.Sleep(80 * time.Millisecond)
		case "stream":
			w.Header().Set("Content-Type", "text/event-stream")
			time.Sleep(80 * time.Millisecond)
		}
	})
	mux.HandleFunc("GET /other", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	rg.Serve(t, rg.instrument(rg.mon.Middleware(mux)), false)
	for _, path := range []string{"/pay/fail", "/pay/fail", "/pay/none", "/pay/slow", "/pay/slow", "/pay/slow", "/pay/stream", "/other"} {
		rg.Get(t, path)
	}
	s := rg.settled(t, 8)
	if len(s.Objectives) != 2 {
		t.Fatalf("%d budgets, want 2", len(s.Objectives))
	}
	success, latency := s.Objectives[0], s.Objectives[1]
	if success.Kind != "success" || success.Requests != 7 || success.Bad != 2 || success.State != "used_up" || success.Endpoints != 1 || success.ThresholdMs != nil {
		t.Errorf("%+v", success)
	}
	// A reply may take more than 20 ms on a busy machine, but not less than it sleeps.
	if latency.Kind != "latency" || latency.Requests != 7 || latency.Bad < 3 || latency.Bad > 6 || *latency.ThresholdMs != 20 || latency.Coarse {
		t.Errorf("%+v", latency)
	}
	if got := rg.healthOf("objectives"); !strings.HasPrefix(got, "warn pay: ") || !strings.Contains(got, "(99 % of GET /pay/** not failed over 30 days)") {
		t.Errorf("health says %q", got)
	}
	if list := answer(t, rg.mon.Handler(), "/objectives"); list["count"] != 2.0 || len(listOf(list, "objectives")) != 2 {
		t.Errorf("%v", list)
	}
}

// pay sends one request every ten seconds for d, of which some fail or take long.
func (s *bubble) pay(d time.Duration, fails, slow func(n int) bool) {
	for n := range int(d / (10 * time.Second)) {
		time.Sleep(10 * time.Second)
		status, took := 200, 20*time.Millisecond
		if fails(n) {
			status = 503
		}
		if slow(n) {
			took = 2 * time.Second
		}
		end := time.Now()
		_, span := s.tracer.Start(context.Background(), "GET /pay", trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(end.Add(-took)),
			trace.WithAttributes(attribute.String("http.request.method", "GET"), attribute.String("http.route", "/pay"), attribute.Int("http.response.status_code", status)))
		span.End(trace.WithTimestamp(end))
	}
	synctest.Wait()
}

// points are the values of our gauges and counters of objectives, by name and attributes.
func (s *bubble) points(t *testing.T) map[string]float64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := s.read.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			maps.Copy(values, valuesOf(&m))
		}
	}
	return values
}

func valuesOf(m *metricdata.Metrics) map[string]float64 {
	values := map[string]float64{}
	put := func(set attribute.Set, x float64) {
		if kind, ok := set.Value("otelperf.slo.kind"); ok {
			window, _ := set.Value("otelperf.slo.window")
			values[strings.TrimSpace(m.Name+" "+kind.AsString()+" "+window.AsString())] = x
		}
	}
	switch data := m.Data.(type) {
	case metricdata.Gauge[float64]:
		for _, p := range data.DataPoints {
			put(p.Attributes, p.Value)
		}
	case metricdata.Gauge[int64]:
		for _, p := range data.DataPoints {
			put(p.Attributes, float64(p.Value))
		}
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			put(p.Attributes, float64(p.Value))
		}
	}
	return values
}

func nobody(int) bool   { return false }
func everyOne(int) bool { return true }

// An outage is an alert, in JSON, health and metrics; it and what was counted are there after a restart, but not for another threshold.
func TestObjectiveThatBurns(t *testing.T) {
	t.Parallel()
	file := otelperf.WithStateFile(filepath.Join(t.TempDir(), "state"))
	pay := func(latency time.Duration) otelperf.Option {
		return otelperf.WithObjective("* /pay", otelperf.Objective{Name: "pay", SuccessTarget: 0.99, Latency: latency, LatencyTarget: 0.95, Period: month})
	}
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", file, pay(time.Second), everybody)
		s.pay(8*time.Hour, nobody, func(n int) bool { return n%50 == 0 })
		calm := s.mon.Summary(otelperf.Window5m).Objectives
		for _, b := range calm {
			if b.State != "ok" || b.Severity != nil || b.UsedUpAt != nil || b.CoveredSeconds < 28790 || b.Requests != 2880 {
				t.Errorf("in a calm hour: %+v", b)
			}
		}
		if left := calm[1].BudgetLeft; math.Abs(left-0.6) > 0.01 || calm[0].BudgetLeft != 1 {
			t.Errorf("%v of the budgets are left, want 1 and 0.6", []float64{calm[0].BudgetLeft, left})
		}
		outage := time.Now()
		s.pay(15*time.Minute, everyOne, nobody)
		burning := s.mon.Summary(otelperf.Window5m).Objectives[0]
		first := burning.BurnRates[0]
		if burning.State != "used_up" || *burning.Severity != "critical" || !first.Open || first.Severity != "critical" || first.Bad != 90 || *first.ShortRate < 99 {
			t.Errorf("in an outage: %+v", burning)
		}
		if first.Since == nil || first.Since.Before(outage) || first.Since.After(outage.Add(10*time.Minute)) {
			t.Errorf("alert since %v, the outage since %v", first.Since, outage)
		}
		if want := "90 of 361 requests of the last 1 h failed, which is 24.9 times what lasts the period; "; !strings.Contains(burning.Reason, want) {
			t.Errorf("reason %q lacks %q", burning.Reason, want)
		}
		health := s.mon.Health()
		if body, _ := json.Marshal(health); health.Status != "warn" || !strings.Contains(string(body), burning.Reason) {
			t.Errorf("health does not tell: %s", body)
		}
		points := s.points(t)
		for name, want := range map[string]float64{
			"otelperf.slo.objective success": 0.99, "otelperf.slo.period latency": 30, "otelperf.slo.requests success": 2970, "otelperf.slo.bad success": 90,
			"otelperf.slo.bad latency": 58, "otelperf.slo.alert success": 2, "otelperf.slo.alert latency": 0,
			"otelperf.slo.error_budget.remaining success": burning.BudgetLeft, "otelperf.slo.burn_rate success 1h": *first.LongRate,
			"otelperf.slo.burn_rate success 5m": *first.ShortRate,
		} {
			if got, ok := points[name]; !ok || math.Abs(got-want) > 1e-6 {
				t.Errorf("%s is %v (%v), want %v", name, got, ok, want)
			}
		}
		for _, window := range []string{"30m", "6h", "3d"} {
			if _, ok := points["otelperf.slo.burn_rate latency "+window]; !ok {
				t.Errorf("no burn rate over %s among %v", window, points)
			}
		}
		spike := objectiveSpike(s)
		if spike.Severity != "critical" || spike.State != "open" || spike.Endpoints[0].Objective != "pay" || spike.Endpoints[0].Route != "/pay" ||
			spike.Endpoints[0].BudgetLeft == nil || *spike.Endpoints[0].BurnRate < 14 || !strings.Contains(spike.Reason, " failed, ") {
			t.Errorf("spike %+v", spike)
		}
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}

		time.Sleep(time.Minute)
		s = newBubble(t, "2.0", file, pay(2*time.Second), everybody)
		after := s.mon.Summary(otelperf.Window5m).Objectives
		if b := after[0]; b.Requests != 2970 || b.Bad != 90 || !b.BurnRates[0].Open || !b.BurnRates[0].Since.Equal(*first.Since) {
			t.Errorf("after a restart: %+v, before %+v", b, burning)
		}
		if b := after[1]; b.Requests != 0 || b.State != "unknown" {
			t.Errorf("with another threshold: %+v", b)
		}
		if body, _ := json.Marshal(s.mon.Health()); strings.Contains(string(body), "no endpoint matches") {
			t.Errorf("before anything can be known: %s", body)
		}
		s.mon.Reset(true)
		s.pay(30*time.Second, nobody, nobody)
		if again := objectiveSpike(s); again.ID != spike.ID || again.State != "open" || !again.At.Equal(spike.At) {
			t.Errorf("after the restart %+v, before %+v", again, spike)
		}
		s.pay(time.Hour, nobody, nobody)
		if b := s.mon.Summary(otelperf.Window5m).Objectives[0]; b.BurnRates[0].Open || b.Requests != 2970+363 {
			t.Errorf("an hour after the outage, with a reset: %+v", b)
		}
		if last := objectiveSpike(s); last.ID != spike.ID || last.State != "open" || last.Severity != "warning" { // 6 h with 3 d
			t.Errorf("an hour after the outage %+v", last)
		}
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// objectiveSpike is the only one that is about an objective.
func objectiveSpike(s *bubble) (found otelperf.Spike) {
	n := 0
	for _, sp := range s.mon.Summary("").Spikes {
		if sp.Matter == "objective" {
			found, n = sp, n+1
		}
	}
	if n != 1 {
		return otelperf.Spike{ID: fmt.Sprintf("%d spikes are about an objective", n), Endpoints: make([]otelperf.SpikeEndpoint, 1)}
	}
	return found
}

// Whether a pattern matches anything only time can tell.
func TestObjectiveThatMatchesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", otelperf.WithObjective("GET /payments", otelperf.Objective{SuccessTarget: 0.9, Period: month}))
		told := func() bool {
			body, err := json.Marshal(s.mon.Health())
			if err != nil {
				t.Fatal(err)
			}
			return strings.Contains(string(body), `objective \"GET /payments\": no endpoint matches \"GET /payments\", after`)
		}
		time.Sleep(time.Hour)
		s.pay(9*time.Minute, nobody, nobody)
		if told() {
			t.Error("health tells before it can")
		}
		s.pay(2*time.Minute, nobody, nobody)
		if !told() {
			t.Errorf("health does not tell: %+v", s.mon.Health().Checks)
		}
		if b := s.mon.Summary("").Objectives[0]; b.State != "unknown" || b.Endpoints != 0 || b.Name != "GET /payments" || b.BudgetLeft != 1 {
			t.Errorf("%+v", b)
		}
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// Without objectives there are none, which JSON says as a list.
func TestWithoutObjectives(t *testing.T) {
	rg := newRig(t, plan{}, everybody)
	w := testrig.Call(rg.mon.Handler(), http.MethodGet, "/objectives")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"objectives":[]`) || rg.healthOf("objectives") != "pass" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
