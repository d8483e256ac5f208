// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/log/embedded"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// bubble is a Monitor in a synctest bubble that is sent spans at a steady rate.
type bubble struct {
	mon    *otelperf.Monitor
	tp     *sdktrace.TracerProvider
	tracer trace.Tracer
	lines  testrig.Log
	events *eventRecorder
	mp     *sdkmetric.MeterProvider
	read   *sdkmetric.ManualReader
	mu     sync.Mutex
	told   []otelperf.Spike
}

func newBubble(t *testing.T, version string, opts ...otelperf.Option) *bubble {
	t.Helper()
	s := &bubble{events: &eventRecorder{}, read: sdkmetric.NewManualReader()}
	s.mp = sdkmetric.NewMeterProvider(sdkmetric.WithReader(s.read))
	mon, err := otelperf.New(append([]otelperf.Option{
		otelperf.WithLogger(slog.New(slog.NewTextHandler(&s.lines, &slog.HandlerOptions{ReplaceAttr: otelperf.ReplaceLevel}))),
		otelperf.WithLoggerProvider(s.events), otelperf.WithMeterProvider(s.mp),
		otelperf.WithOnSpike(func(otelperf.Spike) { panic("a receiver that panics") }),
		otelperf.WithOnSpike(func(sp otelperf.Spike) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.told = append(s.told, sp)
		}),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	s.mon = mon
	s.tp = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(mon.SpanProcessor(nil)),
		sdktrace.WithResource(resource.NewSchemaless(semconv.ServiceName("shop"), semconv.ServiceVersion(version))))
	s.tracer = s.tp.Tracer("shop")
	return s
}

// run sends rate requests a second to each route for d, which take about usual.
func (s *bubble) run(d time.Duration, rate int, usual time.Duration, routes ...string) {
	n := 0
	for range int(d / time.Second) {
		for range rate {
			time.Sleep(time.Second / time.Duration(rate))
			for _, route := range routes {
				n++
				took := usual + usual*time.Duration(n*7919%100)/200 // ×1 to ×1.5
				end := time.Now()
				_, span := s.tracer.Start(context.Background(), "GET "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(end.Add(-took)),
					trace.WithAttributes(attribute.String("http.request.method", "GET"), attribute.String("http.route", route), attribute.Int("http.response.status_code", 200)))
				span.End(trace.WithTimestamp(end))
			}
		}
	}
}

func (s *bubble) spikes() []otelperf.Spike {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.told
}

func TestSpikeFromStartToEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0")
		s.run(15*time.Minute, 10, 20*time.Millisecond, "/checkout", "/items")
		if told := s.spikes(); len(told) != 0 {
			t.Fatalf("told of %v while all was well", told)
		}
		slowFrom := time.Now()
		s.run(40*time.Second, 10, 75*time.Millisecond, "/checkout") // below 4 times the baseline: not slow by itself
		synctest.Wait()
		told := s.spikes()
		if len(told) != 1 {
			t.Fatalf("told %d times of a spike, want once", len(told))
		}
		sp, part := told[0], told[0].Endpoints[0]
		if part.Route != "/checkout" || sp.State != "open" || len(sp.Endpoints) != 1 {
			t.Errorf("got %+v, want an open spike of /checkout", sp)
		}
		if late := sp.Start.Sub(slowFrom); late < -2*time.Second || late > 5*time.Second {
			t.Errorf("start is %v after the slowness began", late)
		}
		if took := sp.At.Sub(slowFrom); took > 15*time.Second {
			t.Errorf("detected after %v, want within 15s", took)
		}
		if part.P99Ms < 80 || part.BaselineP99Ms > 40 || *part.Ratio < 2.5 {
			t.Errorf("p99 %v against %v, ratio %v: want about 112 against 30", part.P99Ms, part.BaselineP99Ms, *part.Ratio)
		}
		if part.Above == 0 || float64(part.Above) < 5*part.Expected {
			t.Errorf("%d above, %v expected: want far more than expected", part.Above, part.Expected)
		}
		if h := s.mon.Health(); h.Status != "warn" {
			t.Errorf("health says %s, want warn", h.Status)
		}
		row := s.mon.Summary(otelperf.Window1m).Endpoints[0]
		if row.Route != "/checkout" || row.State != "spiking" {
			t.Errorf("row %s is %s, want spiking", row.Route, row.State)
		}
		kept := false
		for e := range s.mon.SlowLog().Slowest("GET", "/checkout", 0) {
			kept = kept || e.Reason == "spike" && e.SpikeID == sp.ID
		}
		if !kept {
			t.Error("the slow log has no request of the spike, all of which are below the threshold")
		}

		s.run(2*time.Minute, 10, 20*time.Millisecond, "/checkout", "/items")
		synctest.Wait()
		told = s.spikes()
		if len(told) != 2 || told[1].State != "ended" || told[1].ID != sp.ID || told[1].End == nil {
			t.Fatalf("told %+v, want the end of %s", told, sp.ID)
		}
		if len(told[0].SlowRequests) == 0 || len(told[1].SlowRequests) != 3 {
			t.Errorf("the spike names the requests %v and %v, want some at its start and three at its end", told[0].SlowRequests, told[1].SlowRequests)
		}
		last := told[1].Endpoints[0]
		if last.Above != part.Above || last.Requests != part.Requests || last.P99Ms != part.P99Ms || *last.Ratio != *part.Ratio {
			t.Errorf("at its end the evidence is %+v, was %+v", last, part)
		}
		if told[1].CostSlow < 380 || told[1].CostRequests < told[1].CostSlow || *last.WorstRatio < *last.Ratio || !strings.Contains(told[1].Reason, "in all ") {
			t.Errorf("the spike has cost %+v: want 400 slow requests", told[1])
		}
		if h := s.mon.Health(); h.Status != "pass" {
			t.Errorf("health says %s after the end, want pass", h.Status)
		}
		if n := s.mon.Diagnostics().AlertFaults; n != 2 {
			t.Errorf("AlertFaults = %d, want 2: one receiver panics", n)
		}
		s.checkRecords(t, sp.ID)
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// checkRecords looks at what the log, the log API and the metrics got of one spike.
func (s *bubble) checkRecords(t *testing.T, id string) {
	t.Helper()
	var started, ended int
	for line := range strings.Lines(s.lines.String()) {
		if !strings.Contains(line, "spike_id="+id) {
			continue
		}
		if strings.Contains(line, "level=CRITICAL") && strings.Contains(line, "spike started") {
			started++
		}
		if strings.Contains(line, "level=INFO") && strings.Contains(line, "spike ended") {
			ended++
		}
	}
	if started != 1 || ended != 1 {
		t.Errorf("log has %d starts and %d ends, want one of each:\n%s", started, ended, s.lines.String())
	}
	want := []string{"otelperf.spike.started ERROR4", "otelperf.spike.ended INFO"}
	if got := s.events.all(); strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("log events %v, want %v", got, want)
	}
	var rm metricdata.ResourceMetrics
	if err := s.read.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			found[m.Name] = true
			if sum, ok := m.Data.(metricdata.Sum[int64]); ok && m.Name == "otelperf.spike.started" && sum.DataPoints[0].Value != 1 {
				t.Errorf("%s = %d, want 1", m.Name, sum.DataPoints[0].Value)
			}
		}
	}
	for _, name := range []string{"otelperf.endpoint.p99", "otelperf.endpoint.baseline.p99", "otelperf.endpoint.state", "otelperf.spike.started", "otelperf.spike.open"} {
		if !found[name] {
			t.Errorf("metric %s is missing", name)
		}
	}
}

func TestEndpointsThatSlowTogetherAreOneSpike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0")
		routes := []string{"/a", "/b", "/c", "/d"}
		s.run(15*time.Minute, 5, 20*time.Millisecond, routes...)
		s.run(40*time.Second, 5, 150*time.Millisecond, routes...)
		s.run(3*time.Minute, 5, 20*time.Millisecond, routes...)
		synctest.Wait()
		sum := s.mon.Summary(otelperf.Window5m)
		if len(sum.Spikes) != 1 || len(sum.Spikes[0].Endpoints) != 4 || sum.Spikes[0].State != "ended" {
			t.Errorf("got %+v, want one spike of four endpoints that has ended", sum.Spikes)
		}
		if n := len(s.spikes()); n != 2 {
			t.Errorf("told %d times, want start and end", n)
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

func TestSlowerVersionIsASpikeAfterARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "baselines")
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", otelperf.WithStateFile(file))
		s.run(20*time.Minute, 10, 20*time.Millisecond, "/checkout")
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		s = newBubble(t, "2.0", otelperf.WithStateFile(file))
		s.run(8*time.Minute, 10, 100*time.Millisecond, "/checkout")
		synctest.Wait()
		told := s.spikes()
		if len(told) == 0 || !told[0].SinceRestart || told[0].SinceVersion != "2.0" || !strings.Contains(told[0].Reason, "; began within seconds of version 2.0") {
			t.Errorf("told %+v, want a spike since version 2.0", told)
		}
		if st := s.mon.Diagnostics().Engine; st.Restored != 1 {
			t.Errorf("restored %d baselines, want 1", st.Restored)
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

func TestTwoProcessesOnOneStateFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "baselines")
	quietErrors(t)
	synctest.Test(t, func(t *testing.T) {
		a := newBubble(t, "1.0", otelperf.WithStateFile(file))
		b := newBubble(t, "1.0", otelperf.WithStateFile(file))
		a.run(5*time.Minute, 10, 20*time.Millisecond, "/")
		da, db := a.mon.Diagnostics(), b.mon.Diagnostics()
		if da.StateFileConflict == db.StateFileConflict {
			t.Errorf("conflicts seen: %v and %v; want that one of the two gives way", da.StateFileConflict, db.StateFileConflict)
		}
		_ = a.mon.Shutdown(t.Context())
		_ = b.mon.Shutdown(t.Context())
	})
}

// The message that a spike has grown has the numbers of its worst minute.
func TestGrownSpikeHasTheNumbersOfItsWorstMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0")
		s.run(15*time.Minute, 20, 20*time.Millisecond, "/checkout")
		s.run(time.Minute, 20, 60*time.Millisecond, "/checkout")
		s.run(90*time.Second, 20, 1200*time.Millisecond, "/checkout")
		synctest.Wait()
		told, ratios := s.spikes(), s.events.ratios
		if want := "otelperf.spike.started ERROR4, otelperf.spike.updated ERROR4"; len(told) < 2 || !strings.HasPrefix(strings.Join(s.events.all(), ", "), want) {
			t.Fatalf("events are %q, want %q first", s.events.all(), want)
		}
		grown := &told[1].Endpoints[0]
		if ratios[0] != *grown.Ratio || ratios[1] != *grown.WorstRatio || ratios[1] < 2*ratios[0] {
			t.Errorf("the events have ratios %v, want that of the evidence, %v, and that of the worst minute, %v", ratios, *grown.Ratio, *grown.WorstRatio)
		}
		found := false
		for line := range strings.Lines(s.lines.String()) {
			if strings.Contains(line, "latency spike grew") && strings.Contains(line, fmt.Sprintf(" quantile_ms=%v ", grown.WorstMs)) {
				found = found || strings.Contains(line, fmt.Sprintf(" ratio=%v", *grown.WorstRatio)) && strings.Contains(line, " worst_at=")
			}
		}
		if !found {
			t.Errorf("no line has %v ms, %v times the usual:\n%s", grown.WorstMs, *grown.WorstRatio, s.lines.String())
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// A reset of the baselines while a spike is open ends it everywhere, and the next one is reported again.
func TestResetDuringAnOpenSpike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0")
		spike := func() otelperf.Spike {
			s.run(15*time.Minute, 10, 20*time.Millisecond, "/checkout")
			s.run(40*time.Second, 10, 200*time.Millisecond, "/checkout")
			synctest.Wait()
			told := s.spikes()
			return told[len(told)-1]
		}
		first := spike()
		if first.State != "open" || s.mon.Health().Status != "warn" {
			t.Fatalf("%+v, want an open spike", first)
		}
		s.mon.Reset(true)
		synctest.Wait()
		told := s.spikes()
		if last := told[len(told)-1]; last.ID != first.ID || last.State != "ended" || last.End == nil || len(last.SlowRequests) == 0 ||
			!strings.HasSuffix(last.Reason, "; ended by a reset of the baselines") {
			t.Errorf("after the reset %+v was reported, want the end of %s", last, first.ID)
		}
		if h := s.mon.Health(); h.Status != "pass" {
			t.Errorf("after the reset health is %+v", h)
		}
		sum := s.mon.Summary(otelperf.Window5m)
		if len(sum.Spikes) != 1 || sum.Spikes[0].State != "ended" || len(sum.Spikes[0].SlowRequests) == 0 || sum.Endpoints[0].State != "learning" || sum.Endpoints[0].BaselineP99Ms != nil {
			t.Errorf("after the reset the spikes are %+v, the row is %+v", sum.Spikes, sum.Endpoints[0])
		}
		if next := spike(); next.ID == first.ID || next.State != "open" {
			t.Errorf("after the reset %+v is reported, want another spike", next)
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// quietErrors keeps expected errors from the test's output.
func quietErrors(t *testing.T) {
	t.Helper()
	old := otel.GetErrorHandler()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	t.Cleanup(func() { otel.SetErrorHandler(old) })
}

// eventRecorder is a LoggerProvider that remembers the events.
type eventRecorder struct {
	embedded.LoggerProvider
	mu     sync.Mutex
	events []string  // of spikes
	marks  []string  // texts
	ratios []float64 // otelperf.baseline.ratio of each
	causes []string  // otelperf.spike.cause.source and .about of those that have them
}

func (r *eventRecorder) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.events
}

func (r *eventRecorder) Logger(string, ...log.LoggerOption) log.Logger { return recordingLogger{r: r} }

type recordingLogger struct {
	embedded.Logger
	r *eventRecorder
}

func (l recordingLogger) Emit(_ context.Context, rec log.Record) {
	l.r.mu.Lock()
	defer l.r.mu.Unlock()
	if rec.EventName() == "otelperf.mark" {
		l.r.marks = append(l.r.marks, rec.Body().AsString())
		return
	}
	l.r.events = append(l.r.events, rec.EventName()+" "+rec.Severity().String())
	cause := map[attribute.Key]string{}
	defer func() {
		if len(cause) > 0 {
			l.r.causes = append(l.r.causes, cause["otelperf.spike.cause.source"]+" "+cause["otelperf.spike.cause.about"])
		}
	}()
	rec.WalkAttributes(func(kv attribute.KeyValue) bool {
		if strings.HasPrefix(string(kv.Key), "otelperf.spike.cause.") {
			cause[kv.Key] = kv.Value.String()
		}
		if kv.Key == "otelperf.baseline.ratio" {
			l.r.ratios = append(l.r.ratios, kv.Value.AsFloat64())
		}
		return true
	})
}

func (recordingLogger) Enabled(context.Context, log.EnabledParameters) bool { return true }
