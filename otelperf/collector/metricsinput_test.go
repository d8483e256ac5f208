// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/otelperf/otelperf-go/otelperf/engine"
)

// metricRig is a rig of which the connector gets metrics, too, by a reload; send sends them over the wire.
func metricRig(t *testing.T, c *clock) (r *rig, send func(pmetric.Metrics)) {
	t.Helper()
	r = newRig(t, newShareBook(c.time, false), "{}")
	old := r.share()
	text := r.config.yaml
	r.config.change(strings.Replace(text, "    logs:", "    metrics/in: {receivers: [otlp], exporters: [otelperf]}\n    logs:", 1))
	r.until("it is reloaded", func() bool { s := r.share(); return s != nil && s != old && r.col.GetState() == otelcol.StateRunning })
	at := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(text)
	conn, err := grpc.NewClient(at, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	client := pmetricotlp.NewGRPCClient(conn)
	return r, func(md pmetric.Metrics) {
		t.Helper()
		ctx, cancel := patient(t)
		defer cancel()
		if _, err := client.Export(ctx, pmetricotlp.NewExportRequestFromMetrics(md), grpc.WaitForReady(true)); err != nil {
			t.Fatal(err)
		}
	}
}

var jsBounds = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}

// explicitOf is the export of an instance that counts in the buckets that JavaScript has.
func explicitOf(instance int, start, now time.Time, counts []uint64) pmetric.Metrics {
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	rm.Resource().Attributes().PutStr("service.name", "cart")
	rm.Resource().Attributes().PutStr("service.instance.id", strconv.Itoa(instance))
	m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName("http.server.request.duration")
	m.SetUnit("s")
	h := m.SetEmptyHistogram()
	h.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	dp := h.DataPoints().AppendEmpty()
	dp.Attributes().PutStr("http.request.method", "GET")
	dp.Attributes().PutStr("http.route", "/cart/:id")
	dp.Attributes().PutInt("http.response.status_code", 200)
	dp.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
	dp.SetTimestamp(pcommon.NewTimestampFromTime(now))
	dp.ExplicitBounds().FromRaw(jsBounds)
	dp.BucketCounts().FromRaw(counts)
	dp.SetCount(sumOf(counts))
	return md
}

// TestIncidentsFromMetrics: twenty instances that export explicit histograms every ten seconds become slow, and an event tells.
func TestIncidentsFromMetrics(t *testing.T) {
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	r, send := metricRig(t, c)
	s, start, rng := r.share(), c.time(), rand.New(rand.NewPCG(1, 2))
	var counts [20][]uint64
	for i := range counts {
		counts[i] = make([]uint64, len(jsBounds)+1)
	}
	for second := range 36 * 60 {
		now := start.Add(time.Duration(second) * time.Second)
		c.set(now)
		for i := range counts {
			if second%10 != i/2 {
				continue
			}
			for range 20 {
				d := 0.03 * math.Exp(0.4*rng.NormFloat64())
				if second > 30*60 {
					d *= 8
				}
				b, _ := slices.BinarySearch(jsBounds, d)
				counts[i][b]++
			}
			send(explicitOf(i, start, now, counts[i]))
		}
		s.tick(now)
	}
	r.until("an incident has started", func() bool { return slices.Contains(r.sink.events(), "otelperf.spike.started") })
	r.sink.mu.Lock()
	defer r.sink.mu.Unlock()
	rl := r.sink.logs[0].ResourceLogs().At(0)
	record := rl.ScopeLogs().At(0).LogRecords().At(0)
	if since := record.ObservedTimestamp().AsTime().Sub(start.Add(30 * time.Minute)); since < 10*time.Second || since > 90*time.Second || !strings.Contains(record.Body().Str(), "/cart/:id") {
		t.Errorf("told after %v: %s", since, record.Body().Str())
	}
}

// TestHistogramsOfTheGoSDK: what an SDK has recorded, at whatever scale it is by now, is counted, and its quantiles are those of the requests.
func TestHistogramsOfTheGoSDK(t *testing.T) {
	c := &clock{now: time.Now()}
	r, send := metricRig(t, c)
	s := r.share()
	reader := sdkmetric.NewManualReader(sdkmetric.WithAggregationSelector(func(sdkmetric.InstrumentKind) sdkmetric.Aggregation {
		return sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}
	}))
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	h, err := mp.Meter("otelhttp").Float64Histogram("http.server.request.duration", metric.WithUnit("s"))
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	attrs := metric.WithAttributeSet(attribute.NewSet(attribute.String("http.request.method", "GET"), attribute.String("http.route", "/a"), attribute.Int("http.response.status_code", 200)))
	var all []float64
	for k := range 5 {
		for range 2000 {
			d := 0.05 * math.Exp(0.1*float64(k+1)*rng.NormFloat64())
			all = append(all, d)
			h.Record(t.Context(), d, attrs)
		}
		var rm metricdata.ResourceMetrics
		if err := reader.Collect(t.Context(), &rm); err != nil {
			t.Fatal(err)
		}
		send(pdataOf(t, &rm))
		c.set(c.time().Add(10 * time.Second))
		s.tick(c.time())
	}
	slices.Sort(all)
	services := s.fleet.Services()
	if len(services) != 1 {
		t.Fatalf("%d services", len(services))
	}
	rows, _ := services[0].Engine().Rows(engine.Query{Window: engine.All})
	if len(rows) != 1 || rows[0].Outcomes.Total() != uint64(len(all)) || rows[0].Timed != uint64(len(all)) {
		t.Fatalf("%+v", rows)
	}
	for _, q := range []struct {
		rank float64
		got  time.Duration
	}{{0.5, rows[0].P50}, {0.9, rows[0].P90}, {0.99, rows[0].P99}} {
		if want := all[int(q.rank*float64(len(all)))]; math.Abs(q.got.Seconds()-want) > 0.06*want {
			t.Errorf("p%v is %v, want %v s", 100*q.rank, q.got, want)
		}
	}
}

// pdataOf is what an exporter sends of the SDK's data.
func pdataOf(t *testing.T, rm *metricdata.ResourceMetrics) pmetric.Metrics {
	t.Helper()
	md := pmetric.NewMetrics()
	to := md.ResourceMetrics().AppendEmpty()
	to.Resource().Attributes().PutStr("service.name", "go")
	for _, sm := range rm.ScopeMetrics {
		scope := to.ScopeMetrics().AppendEmpty()
		scope.Scope().SetName(sm.Scope.Name)
		for _, m := range sm.Metrics {
			data, ok := m.Data.(metricdata.ExponentialHistogram[float64])
			if !ok {
				t.Fatalf("%T", m.Data)
			}
			mt := scope.Metrics().AppendEmpty()
			mt.SetName(m.Name)
			mt.SetUnit(m.Unit)
			x := mt.SetEmptyExponentialHistogram()
			x.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
			for _, p := range data.DataPoints {
				dp := x.DataPoints().AppendEmpty()
				for _, kv := range p.Attributes.ToSlice() {
					put(dp.Attributes().PutEmpty(string(kv.Key)), kv.Value)
				}
				dp.SetStartTimestamp(pcommon.NewTimestampFromTime(p.StartTime))
				dp.SetTimestamp(pcommon.NewTimestampFromTime(p.Time))
				dp.SetCount(p.Count)
				dp.SetSum(p.Sum)
				dp.SetScale(p.Scale)
				dp.SetZeroCount(p.ZeroCount)
				dp.SetZeroThreshold(p.ZeroThreshold)
				dp.Positive().SetOffset(p.PositiveBucket.Offset)
				dp.Positive().BucketCounts().FromRaw(p.PositiveBucket.Counts)
			}
		}
	}
	return md
}

func sumOf(counts []uint64) (n uint64) {
	for _, c := range counts {
		n += c
	}
	return n
}
