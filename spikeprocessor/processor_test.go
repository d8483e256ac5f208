// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// rig is a processor in a real tracer provider.
type rig struct {
	*Processor
	link   Link
	tracer trace.Tracer
	tp     *sdktrace.TracerProvider
	sent   *tracetest.SpanRecorder
}

func newRig(t testing.TB, opts ...Option) *rig {
	t.Helper()
	sent := tracetest.NewSpanRecorder()
	p, err := New(sent, opts...)
	if err != nil {
		t.Fatal(err)
	}
	p.Link().TakeDeltas(func(*Delta) {})
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p), sdktrace.WithSampler(sdktrace.AlwaysSample()))
	t.Cleanup(func() { _ = tp.Shutdown(context.Background()) })
	return &rig{p, p.Link(), tp.Tracer("test"), tp, sent}
}

// span starts and ends a local root that took d.
func (r *rig) span(name string, kind trace.SpanKind, d time.Duration, attrs ...attribute.KeyValue) trace.Span {
	start := time.Unix(1_700_000_000, 0)
	_, s := r.tracer.Start(context.Background(), name, trace.WithSpanKind(kind), trace.WithTimestamp(start), trace.WithAttributes(attrs...))
	s.End(trace.WithTimestamp(start.Add(d)))
	return s
}

func (r *rig) http(method, route string, status int, d time.Duration) {
	r.span(method+" "+route, trace.SpanKindServer, d, attribute.String("http.request.method", method),
		attribute.String("http.route", route), attribute.Int("http.response.status_code", status))
}

// take returns the deltas by kind and endpoint, in text.
func (r *rig) take() map[string]string {
	got := map[string]string{}
	r.link.TakeDeltas(func(d *Delta) {
		var counts []string
		for o, n := range d.Outcomes {
			if n > 0 {
				counts = append(counts, fmt.Sprintf("%s=%d", slowlog.Outcome(o), n))
			}
		}
		got[d.Endpoint.Kind.String()+" "+d.Endpoint.String()] = strings.Join(counts, " ")
	})
	return got
}

// TestEndpointOfSpans has a span of each kind; package conventions tests their shapes.
func TestEndpointOfSpans(t *testing.T) {
	str, num := attribute.String, attribute.Int
	method, status := str("http.request.method", "GET"), num("http.response.status_code", 200)
	tests := []struct {
		about string
		name  string
		kind  trace.SpanKind
		attrs []attribute.KeyValue
		want  string
	}{
		{"route and method", "GET /users/{id}", trace.SpanKindServer, []attribute.KeyValue{method, str("http.route", "/users/{id}"), status}, "http GET /users/{id}"},
		{"only the name, as otelhttp around a mux", "GET /users/{id}", trace.SpanKindServer, []attribute.KeyValue{method, status}, "http GET /users/{id}"},
		{"old conventions", "/users/:id", trace.SpanKindServer, []attribute.KeyValue{str("http.method", "GET"), num("http.status_code", 200), str("http.route", "/users/:id")}, "http GET /users/:id"},
		{"gRPC", "shop.Cart/Add", trace.SpanKindServer, []attribute.KeyValue{str("rpc.system.name", "grpc")}, "rpc grpc shop.Cart/Add"},
		{"another server", "SMTP RCPT", trace.SpanKindServer, nil, "server server SMTP RCPT"},
		{"consumer", "process orders", trace.SpanKindConsumer, nil, "consumer consumer process orders"},
		{"job", "nightly", trace.SpanKindInternal, nil, "job job nightly"},
		{"parentless database call", "SELECT users", trace.SpanKindClient, []attribute.KeyValue{str("db.system.name", "postgresql")}, "dependency db postgresql SELECT users"},
		{"parentless HTTP call", "GET", trace.SpanKindClient, []attribute.KeyValue{method, status}, "dependency http GET"},
		{"HTTP of a consumer", "process x", trace.SpanKindConsumer, []attribute.KeyValue{str("http.route", "/hook"), method, status}, "http GET /hook"},
		{"HTTP of a client with a route", "GET /x", trace.SpanKindClient, []attribute.KeyValue{method, str("http.route", "/x"), status}, "http GET /x"},
		{"HTTP of another span kind", "GET /x", trace.SpanKindInternal, []attribute.KeyValue{method, str("http.route", "/x")}, "http GET /x"},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			r := newRig(t)
			r.span(tt.name, tt.kind, time.Millisecond, tt.attrs...)
			got := r.take()
			if len(got) != 1 || got[tt.want] == "" {
				t.Errorf("got %v, want %q", got, tt.want)
			}
		})
	}
}

// TestCallsAreNotTakenForRequests ends parentless calls whose names and attributes are like those of requests that were just served.
func TestCallsAreNotTakenForRequests(t *testing.T) {
	str := attribute.String
	method, status := str("http.request.method", "GET"), attribute.Int("http.response.status_code", 200)
	r := newRig(t)
	for range 3 {
		r.span("GET /x", trace.SpanKindServer, time.Millisecond, method, str("url.path", "/v1/x/7"), status)
		r.span("GET /x", trace.SpanKindClient, time.Millisecond, method, str("url.full", "http://a/x"), status)
		r.span("GET /x", trace.SpanKindClient, time.Millisecond, method, str("server.address", "a"), status)
		r.span("GET /x", trace.SpanKindInternal, time.Millisecond, method, str("url.full", "http://a/x"), status)
		r.span("GET /x", trace.SpanKindServer, time.Millisecond, method, str("http.route", "/y"), status)
	}
	got := r.take()
	for endpoint, want := range map[string]string{"http GET /x": "ok=3", "http GET /y": "ok=3", "job job GET /x": "ok=3", "dependency http GET a": "ok=6"} {
		if got[endpoint] != want {
			t.Errorf("%s: %q, want %q; all: %v", endpoint, got[endpoint], want, got)
		}
	}
}

// TestOutcomeOfSpans has an outcome of each source; package conventions tests the values of each.
func TestOutcomeOfSpans(t *testing.T) {
	status := func(n int) func(trace.Span) {
		return func(s trace.Span) {
			s.SetAttributes(attribute.String("http.request.method", "GET"), attribute.Int("http.response.status_code", n))
		}
	}
	isHTTP := func(s trace.Span) { s.SetAttributes(attribute.String("http.request.method", "GET")) }
	isRPC := func(kv attribute.KeyValue) func(trace.Span) {
		return func(s trace.Span) { s.SetAttributes(attribute.String("rpc.system.name", "grpc"), kv) }
	}
	exception := func(message string) func(trace.Span) {
		return func(s trace.Span) {
			isHTTP(s)
			s.AddEvent("exception", trace.WithAttributes(attribute.String("exception.message", message)))
		}
	}
	tests := []struct {
		about string
		set   func(trace.Span)
		want  slowlog.Outcome
	}{
		{"200", status(200), slowlog.OutcomeOK},
		{"500", status(500), slowlog.OutcomeServerError},
		{"exception and no status", exception("boom"), slowlog.OutcomePanic},
		{"http.ErrAbortHandler", exception("net/http: abort Handler"), slowlog.OutcomeAborted},
		{"span status", func(s trace.Span) { isHTTP(s); s.SetStatus(codes.Error, "") }, slowlog.OutcomeServerError},
		{"attribute before status", func(s trace.Span) { s.SetAttributes(conventions.OutcomeKey.String("canceled")); status(200)(s) }, slowlog.OutcomeCanceled},
		{"gRPC Canceled by name", isRPC(attribute.String("rpc.response.status_code", "CANCELLED")), slowlog.OutcomeCanceled},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			r := newRig(t)
			_, s := r.tracer.Start(context.Background(), "x", trace.WithSpanKind(trace.SpanKindServer))
			tt.set(s)
			s.End()
			for _, got := range r.take() {
				if want := tt.want.String() + "=1"; got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			}
		})
	}
}

func TestOnlyLocalRootsCount(t *testing.T) {
	r := newRig(t)
	remote := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, Remote: true, TraceFlags: trace.FlagsSampled})
	ctx, root := r.tracer.Start(trace.ContextWithRemoteSpanContext(context.Background(), remote), "GET /a", trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("http.request.method", "GET")))
	_, child := r.tracer.Start(ctx, "GET /b", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attribute.String("http.request.method", "GET")))
	child.End()
	root.End()
	if got := r.take(); len(got) != 1 || got["http GET /a"] != "ok=1" {
		t.Errorf("got %v, want only GET /a", got)
	}
	if n := len(r.sent.Ended()); n != 2 {
		t.Errorf("next got %d spans, want both", n)
	}
}

func TestEndBeforeStartCountsAsZero(t *testing.T) {
	r := newRig(t)
	r.http("GET", "/", 200, -time.Hour)
	r.link.TakeDeltas(func(d *Delta) {
		if got := d.All.Max(); got != 0 || d.All.Count() != 1 {
			t.Errorf("got %v in %d durations, want 0 in 1", got, d.All.Count())
		}
	})
	if n := r.Stats().NegativeDurations; n != 1 {
		t.Errorf("NegativeDurations = %d, want 1", n)
	}
}

func TestStreamsAreCountedNotTimed(t *testing.T) {
	r := newRig(t)
	r.span("GET /ws", trace.SpanKindServer, time.Hour, attribute.String("http.request.method", "GET"),
		conventions.OutcomeKey.String("stream"), attribute.Int("http.response.status_code", 101))
	r.link.TakeDeltas(func(d *Delta) {
		if d.Outcomes[slowlog.OutcomeStream] != 1 || d.All.Count() != 0 {
			t.Errorf("got %d streams and %d durations, want 1 and 0", d.Outcomes[slowlog.OutcomeStream], d.All.Count())
		}
	})
	if n := r.SlowLog().Count(); n != 0 {
		t.Errorf("slow log has %d, want 0", n)
	}
}

func TestHundredThousandNamesStayBounded(t *testing.T) {
	const names, limit = 100_000, 50
	r := newRig(t, WithMaxEndpoints(limit))
	r.sent.Reset()
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	run := func(from int) {
		for i := range names {
			r.http("GET", fmt.Sprintf("/%d/%s", from+i, strings.Repeat("x", i%300)), 200, time.Millisecond)
			if i%1000 == 0 {
				r.sent.Reset()
			}
		}
		r.sent.Reset()
	}
	run(0)
	first := r.take()
	before := heap()
	run(names)
	after := heap()
	r.take()
	if len(first) != limit+1 {
		t.Errorf("%d rows, want %d and the overflow row", len(first), limit)
	}
	if want := fmt.Sprintf("ok=%d", names-limit); first["http "+conventions.OverflowRoute] != want {
		t.Errorf("overflow row has %s, want %s", first["http "+conventions.OverflowRoute], want)
	}
	if grown := int64(after) - int64(before); grown > 1<<20 {
		t.Errorf("another %d names took %d bytes, want next to none", names, grown)
	}
}

func TestSpansAfterStopReachNext(t *testing.T) {
	r := newRig(t)
	r.http("GET", "/", 200, 1)
	r.link.Stop()
	r.link.Stop()
	r.http("GET", "/", 200, 1)
	if got := r.take()["http GET /"]; got != "ok=1" {
		t.Errorf("counted %s, want ok=1", got)
	}
	if n := len(r.sent.Ended()); n != 2 {
		t.Errorf("next got %d spans, want 2", n)
	}
	if n := r.Stats().AfterShutdown; n != 1 {
		t.Errorf("AfterShutdown = %d, want 1", n)
	}
}

func TestSlowAndFailedAreKept(t *testing.T) {
	r := newRig(t, WithSlowThreshold(100*time.Millisecond), WithEndpointSlowThreshold("GET /reports/*", time.Second),
		WithEndpointSlowThreshold("GET /reports/quick", 10*time.Millisecond))
	r.http("GET", "/a", 200, 100*time.Millisecond) // not above
	r.http("GET", "/a", 200, 101*time.Millisecond)
	r.http("GET", "/a", 503, time.Millisecond)
	r.http("GET", "/reports/{id}", 200, 900*time.Millisecond)
	r.http("GET", "/reports/quick", 200, 11*time.Millisecond)
	r.link.Publish(conventions.Endpoint{Method: "GET", Route: "/a"}, EndpointState{BaselineP99: 15 * time.Millisecond})
	r.http("GET", "/a", 200, 61*time.Millisecond)
	var got []string
	for e := range r.SlowLog().All() {
		got = append(got, e.Endpoint()+" "+e.Reason)
	}
	want := "GET /a baseline, GET /reports/quick threshold, GET /a failed, GET /a threshold"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	if n := r.Stats().Slow; n != 3 {
		t.Errorf("Slow = %d, want 3", n)
	}
}

// While a spike is open, requests above its threshold are stored for it, and no others, whatever is usual.
func TestRequestsOfASpikeAreKept(t *testing.T) {
	r := newRig(t)
	ep := conventions.Endpoint{Method: "GET", Route: "/a"}
	r.http("GET", "/a", 200, 30*time.Millisecond)
	for i, state := range []EndpointState{
		{SpikeID: "s1", SpikeThreshold: 20 * time.Millisecond}, // its p99 is not known yet
		{BaselineP99: 15 * time.Millisecond, SpikeID: "s1", SpikeThreshold: 20 * time.Millisecond},
		{BaselineP99: 15 * time.Millisecond},
	} {
		r.link.Publish(ep, state)
		r.http("GET", "/a", 200, 700*time.Microsecond)
		r.http("GET", "/a", 200, 20*time.Millisecond)
		r.http("GET", "/a", 200, time.Duration(30+i)*time.Millisecond)
	}
	var got []string
	for e := range r.SlowLog().All() {
		got = append(got, fmt.Sprint(e.Duration, " ", e.Reason))
	}
	if want := []string{"31ms spike", "30ms spike"}; !slices.Equal(got, want) {
		t.Errorf("stored are %q, want %q", got, want)
	}
}

func TestFloodOfSlowRequestsIsCountedNotKept(t *testing.T) {
	r := newRig(t, WithSlowThreshold(time.Millisecond))
	for range 10_000 {
		r.http("GET", "/", 200, time.Second)
	}
	st := r.Stats()
	if st.Slow != 10_000 || st.NotKept < 9_000 {
		t.Errorf("slow %d, not kept %d; want 10000 and most of them", st.Slow, st.NotKept)
	}
	r.http("GET", "/", 200, 2*time.Second)
	for e := range r.SlowLog().Slowest("GET", "/", 1) {
		if e.Duration != 2*time.Second {
			t.Errorf("slowest kept is %v, want 2s, the longest of all", e.Duration)
		}
	}
}

func TestHookPanicIsCounted(t *testing.T) {
	r := newRig(t, WithSlowThreshold(1), WithOnKeep(func(*slowlog.Entry) { panic("hook") }))
	r.http("GET", "/", 200, time.Second)
	if n := r.Stats().HookPanics; n != 1 {
		t.Errorf("HookPanics = %d, want 1", n)
	}
	if got := r.take()["http GET /"]; got != "ok=1" {
		t.Errorf("counted %s, want ok=1", got)
	}
}

func TestOptionErrorsComeTogether(t *testing.T) {
	_, err := New(nil, WithSlowThreshold(-1), WithMaxEndpoints(0), WithEndpointSlowThreshold("", 0), WithDimensions(""),
		WithRescue(-1, 5), WithRescue(1, -1), WithSamplerMode(numSamplerModes), WithoutEnrichment("x"), nil,
		WithOnKeep(nil), WithSlowLog(nil), WithDimensions("a", "b", "a"))
	if !errors.Is(err, ErrConfig) {
		t.Fatalf("got %v, want ErrConfig", err)
	}
	for _, part := range []string{"slow threshold", "max endpoints", "pattern", "dimensions", "rescue rate", "rescue burst", "sampler mode", "enrichment", "option is nil", "on keep: function is nil", "slow log: store is nil", `"a" is there twice`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error does not mention %s: %v", part, err)
		}
	}
}

// TestRescueBurstOfZeroIsTheDefault: what changes the rate alone need not know the burst.
func TestRescueBurstOfZeroIsTheDefault(t *testing.T) {
	c, err := newConfig([]Option{WithRescue(7, 0)})
	if err != nil || c.rescueRate != 7 || c.rescueBurst != defaultRescueBurst {
		t.Errorf("rate %v, burst %d, %v; want 7, %d", c.rescueRate, c.rescueBurst, err, defaultRescueBurst)
	}
}

func TestProducerPoints(t *testing.T) {
	r := newRig(t)
	for range 90 {
		r.http("GET", "/a", 200, 10*time.Millisecond)
	}
	for range 10 {
		r.http("GET", "/a", 500, 40*time.Millisecond)
	}
	r.span("nightly", trace.SpanKindInternal, time.Second)
	sms, err := r.Produce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(sms) != 1 || len(sms[0].Metrics) != 2 {
		t.Fatalf("got %+v, want one scope with two metrics", sms)
	}
	m := sms[0].Metrics[0]
	points := m.Data.(metricdata.ExponentialHistogram[float64]).DataPoints
	if m.Name != requestDuration || m.Unit != "s" || len(points) != 2 {
		t.Fatalf("got %s [%s] with %d points, want %s [s] with 2", m.Name, m.Unit, len(points), requestDuration)
	}
	ok, failed := points[0], points[1]
	if v, _ := ok.Attributes.Value("http.route"); v.AsString() != "/a" || ok.Count != 90 || ok.Scale != 6 {
		t.Errorf("got %+v, want 90 requests of /a at scale 6", ok)
	}
	if _, has := failed.Attributes.Value("error.type"); !has || failed.Count != 10 {
		t.Errorf("got %+v, want 10 requests with error.type", failed)
	}
	checkInside(t, ok, 0.010)
	checkInside(t, failed, 0.040)
	if again, _ := r.Produce(t.Context()); again[0].Metrics[0].Data.(metricdata.ExponentialHistogram[float64]).DataPoints[0].Count != 90 {
		t.Error("a second Produce does not give the same: it must be stateless and cumulative")
	}
}

// checkInside checks that a point with one bucket holds v by the data model's formula, and its sum and extremes.
func checkInside(t *testing.T, p metricdata.ExponentialHistogramDataPoint[float64], v float64) {
	t.Helper()
	base := math.Pow(2, math.Pow(2, -float64(p.Scale)))
	lo, hi := math.Pow(base, float64(p.PositiveBucket.Offset)), math.Pow(base, float64(p.PositiveBucket.Offset+1))
	if len(p.PositiveBucket.Counts) != 1 || v <= lo || v > hi*(1+1e-12) {
		t.Errorf("%v is not in the one bucket (%v, %v] of %v", v, lo, hi, p.PositiveBucket.Counts)
	}
	if want := v * float64(p.Count); math.Abs(p.Sum-want) > 1e-9 {
		t.Errorf("sum %v, want %v", p.Sum, want)
	}
}

func TestConservationConcurrentSafe(t *testing.T) {
	r := newRig(t)
	const workers, each = 8, 5000
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				r.http("GET", fmt.Sprintf("/%d", (w+i)%20), 200+300*(i%7/6), time.Duration(i)*time.Microsecond)
			}
		})
	}
	done := make(chan struct{})
	var total, durations uint64
	add := func(d *Delta) { total += d.Outcomes.Total(); durations += d.All.Count() }
	go func() { wg.Wait(); close(done) }()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		r.link.TakeDeltas(add)
		if _, err := r.Produce(t.Context()); err != nil {
			t.Error(err)
		}
	}
	r.link.TakeDeltas(add)
	if want := uint64(workers * each); total != want || durations != want {
		t.Errorf("counted %d, timed %d; want %d of each", total, durations, want)
	}
}
