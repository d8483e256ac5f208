// SPDX-License-Identifier: Apache-2.0

package collectortest

import (
	"context"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
)

// setup is a pipeline that a program had before. mon is nil in the run without us.
type setup struct {
	name  string
	build func(to Exporters, res *resource.Resource, mon *otelperf.Monitor) (*sdktrace.TracerProvider, *sdkmetric.MeterProvider)
}

var setups = []setup{
	{"all sampled, one batch processor", everything},
	{"parent-based ratio, several processors and readers, views", elaborate},
}

func everything(to Exporters, res *resource.Resource, mon *otelperf.Monitor) (*sdktrace.TracerProvider, *sdkmetric.MeterProvider) {
	sampler, batcher := sdktrace.AlwaysSample(), sdktrace.NewBatchSpanProcessor(to.Spans)
	readers := []sdkmetric.Option{sdkmetric.WithResource(res)}
	if mon != nil {
		sampler, batcher = mon.Sampler(sampler), mon.SpanProcessor(batcher)
		readers = append(readers, sdkmetric.WithReader(mon.Reader()),
			sdkmetric.WithReader(sdkmetric.NewPeriodicReader(to.Metrics, sdkmetric.WithInterval(time.Hour), sdkmetric.WithProducer(mon.Producer()))))
	} else {
		readers = append(readers, sdkmetric.WithReader(sdkmetric.NewPeriodicReader(to.Metrics, sdkmetric.WithInterval(time.Hour))))
	}
	return sdktrace.NewTracerProvider(sdktrace.WithResource(res), sdktrace.WithSampler(sampler), sdktrace.WithSpanProcessor(batcher), sdktrace.WithIDGenerator(newIDs())),
		sdkmetric.NewMeterProvider(readers...)
}

func elaborate(to Exporters, res *resource.Resource, mon *otelperf.Monitor) (*sdktrace.TracerProvider, *sdkmetric.MeterProvider) {
	sampler := sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.4))
	batcher, simple := sdktrace.NewBatchSpanProcessor(to.Spans), sdktrace.NewSimpleSpanProcessor(renamed{to.Spans})
	var producer []sdkmetric.PeriodicReaderOption
	opts := []sdkmetric.Option{sdkmetric.WithResource(res),
		sdkmetric.WithView(
			sdkmetric.NewView(sdkmetric.Instrument{Name: "cart.value"}, sdkmetric.Stream{Name: "cart.amount", Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: []float64{10, 20, 50}}}),
			sdkmetric.NewView(sdkmetric.Instrument{Name: "carts"}, sdkmetric.Stream{AttributeFilter: attribute.NewDenyKeysFilter("customer")}),
			sdkmetric.NewView(sdkmetric.Instrument{Name: "http.server.request.body.size"}, sdkmetric.Stream{Aggregation: sdkmetric.AggregationDrop{}}),
			sdkmetric.NewView(sdkmetric.Instrument{Name: "http.server.request.duration"}, sdkmetric.Stream{Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: []float64{0.1, 1}}}),
		)}
	if mon != nil {
		sampler, batcher = mon.Sampler(sampler), mon.SpanProcessor(batcher)
		producer = append(producer, sdkmetric.WithProducer(mon.Producer()))
		opts = append(opts, sdkmetric.WithReader(mon.Reader()))
	}
	opts = append(opts,
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(shared{to.Metrics}, append(producer, sdkmetric.WithInterval(time.Hour))...)),
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(deltas{shared{to.Metrics}}, sdkmetric.WithInterval(time.Hour))))
	return sdktrace.NewTracerProvider(sdktrace.WithResource(res), sdktrace.WithSampler(sampler), sdktrace.WithIDGenerator(newIDs()),
		sdktrace.WithSpanProcessor(stamp{}), sdktrace.WithSpanProcessor(batcher), sdktrace.WithSpanProcessor(simple)), sdkmetric.NewMeterProvider(opts...)
}

// shared is an exporter of two readers: the first that ends leaves it to the other.
type shared struct{ sdkmetric.Exporter }

func (shared) Shutdown(context.Context) error { return nil }

// deltas is a second metrics backend, that wants deltas.
type deltas struct{ shared }

func (deltas) Temporality(k sdkmetric.InstrumentKind) metricdata.Temporality {
	return sdkmetric.DeltaTemporalitySelector(k)
}

// stamp is the user's own processor, which writes to each span at its start.
type stamp struct{ sdktrace.SpanProcessor }

func (stamp) OnStart(_ context.Context, s sdktrace.ReadWriteSpan) {
	s.SetAttributes(attribute.String("team", "checkout"))
}
func (stamp) OnEnd(sdktrace.ReadOnlySpan)      {}
func (stamp) ForceFlush(context.Context) error { return nil }
func (stamp) Shutdown(context.Context) error   { return nil }

// renamed marks what a second span backend gets, which is not behind us.
type renamed struct{ sdktrace.SpanExporter }

func (e renamed) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	out := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, s := range spans {
		out[i] = second{s}
	}
	return e.SpanExporter.ExportSpans(ctx, out)
}

// Shutdown leaves the exporter to the batch processor.
func (renamed) Shutdown(context.Context) error { return nil }

type second struct{ sdktrace.ReadOnlySpan }

func (s second) Name() string { return "second: " + s.ReadOnlySpan.Name() }

// ids makes the same ids in every run.
type ids struct {
	mu     sync.Mutex
	random *rand.ChaCha8
}

func newIDs() *ids { return &ids{random: rand.NewChaCha8([32]byte{7})} }

func (g *ids) NewIDs(context.Context) (t trace.TraceID, s trace.SpanID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, _ = g.random.Read(t[:])
	_, _ = g.random.Read(s[:])
	return t, s
}

func (g *ids) NewSpanID(context.Context, trace.TraceID) (s trace.SpanID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, _ = g.random.Read(s[:])
	return s
}

// workload is what the program does: the same in every run.
func workload(handler http.Handler, tracer trace.Tracer) {
	for n := range 60 {
		r := httptest.NewRequest(http.MethodGet, []string{"/carts/1", "/carts/2", "/fail", "/nothing"}[n%4], nil)
		switch n % 3 {
		case 1: // a caller that sampled
			r.Header.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
			r.Header.Set("tracestate", "vendor=abc")
		case 2: // one that did not
			r.Header.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319d-b7ad6b7169203331-00")
		}
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	for n := range 20 { // and work without HTTP
		ctx, job := tracer.Start(context.Background(), "nightly", trace.WithAttributes(attribute.Int("n", n)), trace.WithLinks(trace.Link{SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})}))
		_, child := tracer.Start(ctx, "SELECT carts", trace.WithSpanKind(trace.SpanKindClient))
		child.AddEvent("locked", trace.WithAttributes(attribute.Bool("row", true)))
		child.End()
		job.End()
	}
}

// carts is the program's own code.
func carts(tp trace.TracerProvider, mp metric.MeterProvider) http.Handler {
	meter, tracer := mp.Meter("carts"), tp.Tracer("carts")
	count, _ := meter.Int64Counter("carts", metric.WithUnit("{cart}"), metric.WithDescription("Carts seen."))
	value, _ := meter.Float64Histogram("cart.value", metric.WithUnit("EUR"))
	_, _ = meter.Int64ObservableGauge("cart.stock", metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(42, metric.WithAttributes(attribute.String("place", "here")))
		return nil
	}))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /carts/{id}", func(w http.ResponseWriter, r *http.Request) {
		ctx, span := tracer.Start(r.Context(), "load", trace.WithAttributes(attribute.String("id", r.PathValue("id"))))
		defer span.End()
		count.Add(ctx, 1, metric.WithAttributes(attribute.String("customer", r.PathValue("id")), attribute.String("tier", "gold")))
		value.Record(ctx, float64(len(r.URL.Path))*3)
	})
	mux.HandleFunc("GET /fail", func(w http.ResponseWriter, r *http.Request) {
		_, span := tracer.Start(r.Context(), "broken")
		span.RecordError(context.DeadlineExceeded)
		span.SetStatus(codes.Error, "gave up")
		span.End()
		w.WriteHeader(http.StatusBadGateway)
	})
	return mux
}

// run has a setup do the workload, with us or without, and returns what a collector got.
func (s setup) run(t *testing.T, with bool) (items map[string]int) {
	t.Helper()
	c := Start(t)
	to := GRPC(t, c.GRPC)
	var mon *otelperf.Monitor
	if with {
		var err error
		mon, err = otelperf.New(otelperf.WithHeaders(false), otelperf.WithSlowThreshold(time.Hour)) // a slow request is rescued, and says so
		must(t, err)
	}
	tp, mp := s.build(to, resource.NewSchemaless(semconv.ServiceName("carts")), mon)
	handler, filter := carts(tp, mp), otelhttp.WithFilter(func(*http.Request) bool { return true })
	if with {
		handler, filter = mon.Middleware(handler), otelhttp.WithFilter(mon.Filter)
	}
	handler = otelhttp.NewHandler(handler, "carts", otelhttp.WithTracerProvider(tp), otelhttp.WithMeterProvider(mp), otelhttp.WithPropagators(propagation.TraceContext{}), filter)
	workload(handler, tp.Tracer("jobs"))
	ctx := context.Background()
	must(t, tp.Shutdown(ctx))
	must(t, mp.Shutdown(ctx))
	if with {
		must(t, mon.Shutdown(ctx))
	}
	must(t, c.Stop())
	got, err := c.Received()
	must(t, err)
	return normalised(t, got)
}

// TestNothingElseChanges compares every span and every metric of two runs, one without us and one with everything that we offer:
// every field but times, and what depends on them.
func TestNothingElseChanges(t *testing.T) {
	for _, s := range setups {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			without, with := s.run(t, false), s.run(t, true)
			if len(without) < 10 {
				t.Fatalf("only %d items were exported: the test tests nothing", len(without))
			}
			for _, item := range slices.Sorted(maps.Keys(without)) {
				if with[item] != without[item] {
					t.Errorf("%d times without us, %d times with us:\n%s", without[item], with[item], item)
				}
			}
			for _, item := range slices.Sorted(maps.Keys(with)) {
				if without[item] == 0 && !strings.HasPrefix(item, ours) {
					t.Errorf("only with us:\n%s", item)
				}
			}
			t.Logf("%d different items compared", len(without))
		})
	}
}
