// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// asking is a span processor that asks Spans about local roots.
type asking struct {
	spans Spans
	mu    sync.Mutex
	told  []string // guarded by mu
}

func (a *asking) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) { a.spans.Started(ctx, s) }
func (a *asking) Shutdown(context.Context) error                        { return nil }
func (a *asking) ForceFlush(context.Context) error                      { return nil }

func (a *asking) OnEnd(s sdktrace.ReadOnlySpan) {
	o, ok := a.spans.Ended(s.SpanContext().SpanID())
	a.mu.Lock()
	defer a.mu.Unlock()
	if !ok {
		a.told = append(a.told, s.Name()+" nothing")
	} else {
		a.told = append(a.told, s.Name()+" "+o.String())
	}
}

// below starts a span of the given name and kind around next.
func (a *asking) below(name string, kind trace.SpanKind, next http.HandlerFunc) http.HandlerFunc {
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(a)).Tracer("t")
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, span := tracer.Start(r.Context(), name, trace.WithSpanKind(kind), trace.WithNewRoot())
		defer span.End()
		next(w, r.WithContext(ctx))
	}
}

func TestSpansBelow(t *testing.T) {
	events := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: 1\n\n")
	}
	ok := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }
	for _, tt := range []struct {
		name  string
		build func(a *asking) http.Handler
		want  []string
	}{
		{"a stream", func(a *asking) http.Handler { return a.below("S", trace.SpanKindServer, events) }, []string{"S stream"}},
		{"what the status tells", func(a *asking) http.Handler { return a.below("S", trace.SpanKindServer, ok) }, []string{"S nothing"}},
		{"of another kind", func(a *asking) http.Handler { return a.below("J", trace.SpanKindInternal, events) }, []string{"J nothing"}},
		{"the first server span", func(a *asking) http.Handler {
			return a.below("J", trace.SpanKindInternal, a.below("S", trace.SpanKindServer, a.below("T", trace.SpanKindServer, events)))
		}, []string{"T nothing", "S stream", "J nothing"}},
	} {
		a := &asking{}
		rg := newRig(func(c *Config) { c.Spans = &a.spans })
		rg.mw(tt.build(a)).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
		if !slices.Equal(a.told, tt.want) || a.spans.held.Load() != 0 {
			t.Errorf("%s: %q and %d held, want %q and none", tt.name, a.told, a.spans.held.Load(), tt.want)
		}
		if d := rg.nextDone(t); d.SpanID.IsValid() != (tt.name != "of another kind") {
			t.Errorf("%s: reported span %s", tt.name, d.SpanID)
		}
	}
}

func TestSpanThatNeverEndsIsNotHeld(t *testing.T) {
	a := &asking{}
	rg := newRig(func(c *Config) { c.Spans = &a.spans })
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(a)).Tracer("t")
	rg.mw(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		tracer.Start(r.Context(), "lost", trace.WithSpanKind(trace.SpanKindServer))
		if a.spans.held.Load() != 1 {
			t.Error("not held while the request runs")
		}
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	if n := a.spans.held.Load(); n != 0 {
		t.Errorf("%d held after the request", n)
	}
}

// Spans of requests that otelhttp has around Middleware need no looking up.
func TestSpansAboveCostNothing(t *testing.T) {
	a := &asking{}
	rg := newRig(func(c *Config) { c.Spans = &a.spans })
	rg.Serve(t, rg.otel(rg.mw(testrig.Shop(nil))), false)
	rg.Get(t, "/users/7")
	if a.spans.wanted.Load() {
		t.Error("each span would be looked for")
	}
}

func TestSpansConcurrentSafe(t *testing.T) {
	a := &asking{}
	rg := newRig(func(c *Config) { c.Spans, c.OnDone, c.Logger = &a.spans, nil, nil })
	h := rg.mw(a.below("S", trace.SpanKindServer, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusSwitchingProtocols)
		_, _ = io.WriteString(w, "x")
	}))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
			}
		})
	}
	wg.Wait()
	if n := a.spans.held.Load(); n != 0 || len(a.told) != 1600 {
		t.Errorf("%d held, %d ended", n, len(a.told))
	}
}

// http.TimeoutHandler replies for a handler that it leaves behind when the client has left: the span is told, though it ends first.
func TestSpansAboveATimeout(t *testing.T) {
	for _, tt := range []struct {
		name          string
		leaves, slow  bool
		status        int
		want, outcome string
	}{
		{"client left", true, true, http.StatusServiceUnavailable, "GET /slow/{id} canceled", "canceled"},
		{"time over", false, true, http.StatusServiceUnavailable, "GET /slow/{id} nothing", "ok"},
		{"in time", false, false, http.StatusOK, "GET /slow/{id} nothing", "ok"},
	} {
		synctest.Test(t, func(t *testing.T) {
			a, done, release := &asking{}, make(chan Done, 1), make(chan struct{})
			tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(a))
			mw := New(Config{Spans: &a.spans, OutcomeKey: outcomeKey, OnDone: func(_ context.Context, d Done) { done <- d }})
			ctx, leave := context.WithCancel(t.Context())
			mux := muxOf("GET /slow/{id}", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				if tt.leaves {
					leave()
				}
				if tt.slow {
					<-release
				}
			}))
			reply := httptest.NewRecorder()
			h := otelhttp.NewHandler(http.TimeoutHandler(mw(mux), time.Second, "sorry"), "shop", otelhttp.WithTracerProvider(tp))
			h.ServeHTTP(reply, httptest.NewRequestWithContext(ctx, http.MethodGet, "/slow/1", http.NoBody))
			leave()
			if reply.Code != tt.status || len(a.told) != 1 || a.told[0] != tt.want {
				t.Errorf("%s: reply %d, told %q; want %d and %q", tt.name, reply.Code, a.told, tt.status, tt.want)
			}
			close(release)
			synctest.Wait()
			if n := a.spans.held.Load(); n != 0 {
				t.Errorf("%s: %d exchanges are held after the handler has returned", tt.name, n)
			}
			if d := <-done; d.Outcome.String() != tt.outcome {
				t.Errorf("%s: reported %s, want %s", tt.name, d.Outcome, tt.outcome)
			}
		})
	}
}
