// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/metric/noop"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// paired is a processor of a program that must hear of the end of what it has heard of the start.
type paired struct {
	mu             sync.Mutex
	started, ended map[string]int // by name
}

func newPaired() *paired { return &paired{started: map[string]int{}, ended: map[string]int{}} }

func (p *paired) OnStart(_ context.Context, s sdktrace.ReadWriteSpan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.started[s.Name()]++
}

func (p *paired) OnEnd(s sdktrace.ReadOnlySpan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended[s.Name()]++
}
func (*paired) ForceFlush(context.Context) error { return nil }
func (*paired) Shutdown(context.Context) error   { return nil }

// samplerFunc is a sampler of a program's.
type samplerFunc func(sdktrace.SamplingParameters) sdktrace.SamplingResult

func (f samplerFunc) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult { return f(p) }
func (samplerFunc) Description() string                                                  { return "the program's own" }

// decide keeps the trace state, as samplers should.
func decide(d sdktrace.SamplingDecision) sdktrace.Sampler {
	return samplerFunc(func(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
		return sdktrace.SamplingResult{Decision: d, Tracestate: trace.SpanContextFromContext(p.ParentContext).TraceState()}
	})
}

var recordOnly = decide(sdktrace.RecordOnly)

// recordingOnly has spans of some names recorded, and asks another sampler for the rest.
func recordingOnly(other sdktrace.Sampler, names ...string) sdktrace.Sampler {
	return samplerFunc(func(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
		if slices.Contains(names, p.Name) {
			return recordOnly.ShouldSample(p)
		}
		return other.ShouldSample(p)
	})
}

// never is a sampler as such programs have it: what is sampled upstream is sampled, nothing else is.
var never = sdktrace.ParentBased(sdktrace.NeverSample())

// twoProviders is a program with two of them: requests come to a server of the first; below each are spans of both.
type twoProviders struct {
	a, b *paired
}

// run has requests served, sampled upstream or not, with one sampler and one wrapper of processors for each provider.
func (tp *twoProviders) run(t *testing.T, samplers [2]sdktrace.Sampler, wrap func(sdktrace.SpanProcessor) sdktrace.SpanProcessor) {
	tp.a, tp.b = newPaired(), newPaired()
	a := sdktrace.NewTracerProvider(sdktrace.WithSampler(samplers[0]), sdktrace.WithSpanProcessor(wrap(tp.a)))
	b := sdktrace.NewTracerProvider(sdktrace.WithSampler(samplers[1]), sdktrace.WithSpanProcessor(wrap(tp.b)))
	work := func(ctx context.Context, p trace.TracerProvider, name string) {
		ctx, s := p.Tracer("test").Start(ctx, name)
		_, below := p.Tracer("test").Start(ctx, name+"/below")
		below.End()
		s.End()
	}
	h := otelhttp.NewHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		work(r.Context(), b, "b")
		work(r.Context(), a, "a")
		work(context.WithoutCancel(r.Context()), b, "same name")
		work(r.Context(), a, "same name")
		work(context.Background(), b, "job")
	}), "shop", otelhttp.WithTracerProvider(a), otelhttp.WithMeterProvider(noop.NewMeterProvider()))
	const upstream = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0"
	for i := range 20 {
		r := testrig.Call(h, http.MethodGet, "/", "traceparent", fmt.Sprint(upstream, i%2))
		if r.Code != http.StatusOK {
			t.Fatal(r.Code)
		}
	}
}

// The program's processors get what they would get without us, whosever sampler has it recorded: each span that they would get, and
// the start of no such span without its end.
func TestNextGetsWhatItWouldGetWithoutUs(t *testing.T) {
	for _, tt := range []struct {
		name     string
		samplers func(ours func(sdktrace.Sampler) sdktrace.Sampler) [2]sdktrace.Sampler
		more     bool // a processor gets unsampled spans of ours, too, since some of its own cannot be told from them
	}{
		{name: "a record-only provider beside ours", samplers: func(ours func(sdktrace.Sampler) sdktrace.Sampler) [2]sdktrace.Sampler {
			return [2]sdktrace.Sampler{ours(never), recordOnly}
		}},
		{name: "ours beside a record-only provider", samplers: func(ours func(sdktrace.Sampler) sdktrace.Sampler) [2]sdktrace.Sampler {
			return [2]sdktrace.Sampler{recordOnly, ours(never)}
		}},
		{name: "one sampler for both", samplers: func(ours func(sdktrace.Sampler) sdktrace.Sampler) [2]sdktrace.Sampler {
			s := ours(never)
			return [2]sdktrace.Sampler{s, s}
		}},
		{name: "ours inside of ParentBased", samplers: func(ours func(sdktrace.Sampler) sdktrace.Sampler) [2]sdktrace.Sampler {
			s := ours(sdktrace.NeverSample())
			return [2]sdktrace.Sampler{
				sdktrace.ParentBased(s, sdktrace.WithRemoteParentNotSampled(s), sdktrace.WithLocalParentNotSampled(s)), recordOnly}
		}},
		{name: "our sampler's own root records only", more: true, samplers: func(ours func(sdktrace.Sampler) sdktrace.Sampler) [2]sdktrace.Sampler {
			return [2]sdktrace.Sampler{ours(recordingOnly(never, "a", "same name")), ours(never)}
		}},
		{name: "ours inside of a sampler that records only", more: true, samplers: func(ours func(sdktrace.Sampler) sdktrace.Sampler) [2]sdktrace.Sampler {
			return [2]sdktrace.Sampler{recordingOnly(ours(never), "a"), recordingOnly(ours(never), "same name")}
		}},
		{name: "ours inside of a sampler that drops what ours records", samplers: func(ours func(sdktrace.Sampler) sdktrace.Sampler) [2]sdktrace.Sampler {
			s := ours(never)
			return [2]sdktrace.Sampler{samplerFunc(func(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
				r := s.ShouldSample(p)
				if r.Decision == sdktrace.RecordOnly {
					r.Decision = sdktrace.Drop
				}
				return r
			}), recordOnly}
		}},
		{name: "none of ours", samplers: func(func(sdktrace.Sampler) sdktrace.Sampler) [2]sdktrace.Sampler {
			return [2]sdktrace.Sampler{recordOnly, recordingOnly(never, "b")}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var without, with twoProviders
			without.run(t, tt.samplers(func(root sdktrace.Sampler) sdktrace.Sampler { return root }),
				func(p sdktrace.SpanProcessor) sdktrace.SpanProcessor { return p })
			mon := newMonitor(t, otelperf.WithProcessorOptions(spikeprocessor.WithRescue(0, 0)))
			with.run(t, tt.samplers(mon.Sampler), mon.SpanProcessor)
			for who, p := range map[string][2]*paired{"a": {without.a, with.a}, "b": {without.b, with.b}} {
				for name, n := range p[0].ended {
					if got := p[1].ended[name]; got < n || got > n && !tt.more {
						t.Errorf("%s: the processor got %d ends of %q, without us %d", who, got, name, n)
					}
				}
				if !tt.more && !maps.Equal(p[0].ended, p[1].ended) {
					t.Errorf("%s: the processor got the ends %v, without us %v", who, p[1].ended, p[0].ended)
				}
				for name, n := range p[0].started {
					if p[1].started[name] < n {
						t.Errorf("%s: the processor got %d starts of %q, without us %d", who, p[1].started[name], name, n)
					}
				}
			}
			if n := mon.Diagnostics().Processor.Faults; n != 0 {
				t.Errorf("%d faults", n)
			}
		})
	}
}

// Many requests at once, with equal names under one parent, do not make our sampler's spans pass for the program's.
func TestUnsampledSpansOfManyGoroutines(t *testing.T) {
	mon := newMonitor(t, otelperf.WithProcessorOptions(spikeprocessor.WithRescue(0, 0)))
	next, own := newPaired(), newPaired()
	a := sdktrace.NewTracerProvider(sdktrace.WithSampler(mon.Sampler(sdktrace.NeverSample())), sdktrace.WithSpanProcessor(mon.SpanProcessor(next)))
	b := sdktrace.NewTracerProvider(sdktrace.WithSampler(recordOnly), sdktrace.WithSpanProcessor(mon.SpanProcessor(own)))
	ctx, root := a.Tracer("test").Start(t.Context(), "root")
	var all sync.WaitGroup
	const goroutines, each = 100, 200
	for range goroutines {
		all.Go(func() {
			for range each {
				_, s := a.Tracer("test").Start(ctx, "call")
				_, o := b.Tracer("test").Start(ctx, "call of b")
				s.End()
				o.End()
			}
		})
	}
	all.Wait()
	root.End()
	if n := next.ended["call"]; n != 0 {
		t.Errorf("the processor got %d spans that it would not have got without us", n)
	}
	if n := own.ended["call of b"]; n != goroutines*each {
		t.Errorf("the other provider's processor got %d spans, want %d", n, goroutines*each)
	}
}
