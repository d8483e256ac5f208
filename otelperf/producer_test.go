// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelperf/otelperf-go/otelperf"
)

// producedCount is the number of durations that the Producer has under a name.
func producedCount(t *testing.T, mon *otelperf.Monitor, name string) (n uint64) {
	t.Helper()
	scopes, err := mon.Producer().Produce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, sm := range scopes {
		for _, m := range sm.Metrics {
			if h, ok := m.Data.(metricdata.ExponentialHistogram[float64]); ok && m.Name == name {
				for _, p := range h.DataPoints {
					n += p.Count
				}
			}
		}
	}
	return n
}

// exported is what stdoutmetric writes, as far as it is looked at here.
type exported struct {
	ScopeMetrics []struct {
		Scope   struct{ Name string }
		Metrics []struct {
			Name, Unit string
			Data       struct {
				Temporality string
				DataPoints  []exportedPoint
			}
		}
	}
}

type exportedPoint struct {
	Attributes []struct {
		Key   string
		Value struct{ Value any }
	}
	StartTime, Time time.Time
	Count           uint64
	Sum, Min, Max   float64
	Scale           int
	PositiveBucket  struct {
		Offset int
		Counts []uint64
	}
}

func (p *exportedPoint) attributes() map[string]any {
	all := map[string]any{}
	for _, kv := range p.Attributes {
		all[kv.Key] = kv.Value.Value
	}
	return all
}

// quantile is what a backend would make of the point: the middle of the bucket of nearest rank.
func (p *exportedPoint) quantile(q float64) float64 {
	rank, seen := uint64(math.Ceil(q*float64(p.Count))), uint64(0)
	for i, n := range p.PositiveBucket.Counts {
		if seen += n; seen >= rank {
			return math.Exp2((float64(p.PositiveBucket.Offset+i) + 0.5) / math.Exp2(float64(p.Scale)))
		}
	}
	return math.NaN()
}

// A stock PeriodicReader collects the Producer's points, a stock exporter writes them, and they say what happened.
func TestProducerThroughPeriodicReaderAndStdout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		exporter, err := stdoutmetric.New(stdoutmetric.WithWriter(&out))
		if err != nil {
			t.Fatal(err)
		}
		rg := newRig(t, plan{})
		mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(
			sdkmetric.NewPeriodicReader(exporter, sdkmetric.WithInterval(10*time.Second), sdkmetric.WithProducer(rg.mon.Producer()))))
		for i := 1; i <= 100; i++ {
			rg.request("GET", "/users/{id}", http.StatusOK, time.Duration(i)*time.Millisecond)
		}
		for range 7 {
			rg.request("GET", "/users/{id}", http.StatusInternalServerError, 300*time.Millisecond)
		}
		time.Sleep(10*time.Second + time.Millisecond)
		synctest.Wait()
		points := requestPoints(t, &out)
		if len(points) != 2 {
			t.Fatalf("after one interval %d points, want those that did not fail and those that did", len(points))
		}
		ok, failed := points[0], points[1]
		if ok.attributes()["error.type"] != nil {
			ok, failed = failed, ok
		}
		if a := ok.attributes(); len(a) != 2 || a["http.request.method"] != "GET" || a["http.route"] != "/users/{id}" {
			t.Errorf("attributes are %v", a)
		}
		if ok.Count != 100 || math.Abs(ok.Sum-5.05) > 1e-6 || ok.Min != 0.001 || ok.Max != 0.1 || ok.Scale != 6 {
			t.Errorf("count %d, sum %v, min %v, max %v, scale %d, want 100, 5.05 s, 0.001 s, 0.1 s and 6", ok.Count, ok.Sum, ok.Min, ok.Max, ok.Scale)
		}
		if p95 := ok.quantile(0.95); math.Abs(p95-0.095) > 0.006*0.095 {
			t.Errorf("p95 from the buckets is %v s, want 0.095", p95)
		}
		if failed.Count != 7 || failed.attributes()["error.type"] == nil {
			t.Errorf("failed: count %d, attributes %v, want 7 with error.type", failed.Count, failed.attributes())
		}
		if err := mp.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// requestPoints are the points of otelperf.request.duration in the first export.
func requestPoints(t *testing.T, out *bytes.Buffer) []exportedPoint {
	t.Helper()
	var e exported
	if err := json.NewDecoder(out).Decode(&e); err != nil {
		t.Fatal(err)
	}
	for _, sm := range e.ScopeMetrics {
		for _, m := range sm.Metrics {
			if m.Name != "otelperf.request.duration" {
				continue
			}
			if m.Unit != "s" || m.Data.Temporality != "CumulativeTemporality" {
				t.Errorf("unit is %q, temporality %q", m.Unit, m.Data.Temporality)
			}
			return m.Data.DataPoints
		}
	}
	t.Fatal("otelperf.request.duration was not exported")
	return nil
}

// Several readers of the program may share the Producer, beside the engine: each gets all.
func TestProducerIsShared(t *testing.T) {
	rg := newRig(t, plan{})
	readers := []*sdkmetric.ManualReader{
		sdkmetric.NewManualReader(sdkmetric.WithProducer(rg.mon.Producer())),
		sdkmetric.NewManualReader(sdkmetric.WithProducer(rg.mon.Producer())),
	}
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(readers[0]), sdkmetric.WithReader(readers[1]))
	defer func() { _ = mp.Shutdown(context.Background()) }()
	rg.request("GET", "/a", http.StatusOK, time.Millisecond)
	for range 2 {
		for i, r := range readers {
			var rm metricdata.ResourceMetrics
			if err := r.Collect(t.Context(), &rm); err != nil {
				t.Fatal(err)
			}
			if len(rm.ScopeMetrics) != 1 || len(rm.ScopeMetrics[0].Metrics) != 1 {
				t.Fatalf("reader %d has %+v, want the request", i, rm.ScopeMetrics)
			}
			h := rm.ScopeMetrics[0].Metrics[0].Data.(metricdata.ExponentialHistogram[float64])
			if h.DataPoints[0].Count != 1 {
				t.Errorf("reader %d has count %d, want 1", i, h.DataPoints[0].Count)
			}
		}
	}
	if s := rg.mon.Summary(otelperf.WindowAll); s.TotalRequests != 1 {
		t.Errorf("the engine has %d requests, want 1", s.TotalRequests)
	}
}
