// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

var errDown = errors.New("next is down")

// countingProcessor is a processor that the program had.
type countingProcessor struct{ started, ended, flushed, down int }

func (c *countingProcessor) OnStart(context.Context, sdktrace.ReadWriteSpan) { c.started++ }
func (c *countingProcessor) OnEnd(sdktrace.ReadOnlySpan)                     { c.ended++ }
func (c *countingProcessor) ForceFlush(context.Context) error                { c.flushed++; return nil }
func (c *countingProcessor) Shutdown(context.Context) error                  { c.down++; return errDown }

// endedSpan is a server span that has ended in a rig.
func endedSpan(rg *rig) sdktrace.ReadOnlySpan {
	rg.request("GET", "/a", http.StatusOK, time.Millisecond)
	ended := rg.Spans.Ended()
	return ended[len(ended)-1]
}

// A slow request is one WARN line that leads to its trace.
func TestSlowLineHasTheTrace(t *testing.T) {
	rg := newRig(t, plan{})
	sc := rg.request("GET", "/reports/{id}", http.StatusOK, 1200*time.Millisecond)
	rg.request("GET", "/reports/{id}", http.StatusOK, 400*time.Millisecond) // not slow
	testrig.Eventually(t, "a slow line", func() bool { return len(rg.Log.Lines("slow request")) > 0 })
	lines := rg.Log.Lines("slow request")
	if len(lines) != 1 {
		t.Fatalf("%d slow lines, want 1: %v", len(lines), lines)
	}
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"level": "WARN", "endpoint": "GET /reports/{id}", "trace_id": sc.TraceID().String(), "span_id": sc.SpanID().String(),
		"duration_ms": 1200.0, "threshold_ms": 500.0, "http.response.status_code": 200.0,
	} {
		if line[key] != want {
			t.Errorf("%s is %v, want %v", key, line[key], want)
		}
	}
}

// Of one endpoint there are at most ten lines a second; the rest is counted. Others are not silenced by it.
func TestSlowLinesAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{})
		for range 50 {
			rg.request("GET", "/a", http.StatusOK, time.Second)
		}
		rg.request("GET", "/b", http.StatusOK, time.Second)
		synctest.Wait()
		a, b := len(rg.Log.Lines("GET /a")), len(rg.Log.Lines("GET /b"))
		if a != 10 || b != 1 {
			t.Errorf("%d lines of /a and %d of /b in a second, want 10 and 1", a, b)
		}
		if hints := strings.Join(rg.mon.Diagnostics().Hints, "\n"); strings.Contains(hints, "log lines") {
			t.Errorf("lines held back by their rate are said to be lost: %q", hints)
		}
		if s := rg.mon.Summary(otelperf.WindowAll); s.Diagnostics.SlowLinesSuppressed != 40 || s.SlowQueriesCount != 51 {
			t.Errorf("%d lines suppressed, %d slow requests, want 40 and 51", s.Diagnostics.SlowLinesSuppressed, s.SlowQueriesCount)
		}
		time.Sleep(time.Second)
		rg.request("GET", "/a", http.StatusOK, time.Second)
		synctest.Wait()
		if n := len(rg.Log.Lines("GET /a")); n != 11 {
			t.Errorf("%d lines of /a a second later, want 11", n)
		}
	})
}

// blockingHandler is a log handler that does not return before it is released.
type blockingHandler struct {
	slog.Handler
	release chan struct{}
}

func (b blockingHandler) Enabled(context.Context, slog.Level) bool { return true }

func (b blockingHandler) Handle(context.Context, slog.Record) error {
	<-b.release
	return nil
}

// A log handler that blocks delays neither a slow request nor the summary; Shutdown gives up when its context does,
// and can be called again.
func TestLogHandlerThatBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		rg := newRig(t, plan{}, otelperf.WithLogger(slog.New(blockingHandler{slog.DiscardHandler, release})))
		began := time.Now()
		for range 1000 {
			rg.request("GET", "/a", http.StatusOK, time.Second)
			time.Sleep(20 * time.Millisecond) // within what is kept a second
		}
		s := rg.mon.Summary(otelperf.WindowAll)
		if took := time.Since(began); took != 20*time.Second || s.TotalRequests != 1000 || s.SlowQueriesCount != 1000 {
			t.Errorf("%d requests, %d slow in %v, want 1000 in 20s", s.TotalRequests, s.SlowQueriesCount, took)
		}
		if s.Diagnostics.LogLinesDropped == 0 {
			t.Error("no line counted as dropped")
		}
		if hints := strings.Join(s.Diagnostics.Hints, "\n"); !strings.Contains(hints, "log lines are lost: the logger is too slow") {
			t.Errorf("hints %q", hints)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := rg.mon.Shutdown(ctx)
		if !errors.Is(err, otelperf.ErrShutdown) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown with a log handler that blocks: %v, want ErrShutdown and the deadline", err)
		}
		close(release)
		if err := rg.mon.Shutdown(t.Context()); err != nil {
			t.Errorf("a second Shutdown, when the handler goes on: %v", err)
		}
	})
}

// panickingHandler is a log handler with a fault.
type panickingHandler struct {
	slog.Handler
	calls *atomic.Int64
}

func (p panickingHandler) Enabled(context.Context, slog.Level) bool { return true }

func (p panickingHandler) Handle(context.Context, slog.Record) error {
	p.calls.Add(1)
	panic("log handler")
}

// A log handler that panics breaks no request, neither in the slow lines nor in the request lines, and is called on.
func TestLogHandlerThatPanics(t *testing.T) {
	var calls atomic.Int64
	rg := newRig(t, plan{}, otelperf.WithLogger(slog.New(panickingHandler{slog.DiscardHandler, &calls})),
		otelperf.WithRequestLog(1), otelperf.WithSlowThreshold(time.Nanosecond))
	h := rg.instrument(rg.mon.Middleware(testrig.Shop(nil)))
	for range 5 {
		if w := testrig.Call(h, http.MethodGet, "/users/7"); w.Code != http.StatusOK || w.Body.String() != "7" {
			t.Errorf("reply is %d %q", w.Code, w.Body.String())
		}
	}
	testrig.Eventually(t, "5 slow lines and 5 request lines tried", func() bool { return calls.Load() == 10 })
	testrig.Eventually(t, "faults counted", func() bool {
		d := rg.mon.Diagnostics()
		return d.LogFaults == 10 && d.MiddlewareFaults == 0
	})
	if s := rg.mon.Summary(otelperf.WindowAll); rows(s) != "GET /users/{id} ok=5" {
		t.Errorf("summary has %q", rows(s))
	}
}

var requestLine = regexp.MustCompile(`^GET /users/7 - 200 - \d+\.\d\dms$`)

func TestRequestLine(t *testing.T) {
	rg := newRig(t, plan{}, otelperf.WithRequestLog(1))
	testrig.Call(rg.instrument(rg.mon.Middleware(testrig.Shop(nil))), http.MethodGet, "/users/7?token=secret")
	lines := rg.Log.Lines("/users/7")
	if len(lines) != 1 {
		t.Fatalf("%d request lines, want 1: %q", len(lines), lines)
	}
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil {
		t.Fatal(err)
	}
	if msg, _ := line["msg"].(string); !requestLine.MatchString(msg) {
		t.Errorf("request line is %q", line["msg"])
	}
	sc := rg.Ended(t, 1).SpanContext()
	if line["trace_id"] != sc.TraceID().String() || line["span_id"] != sc.SpanID().String() || line["http.route"] != "/users/{id}" {
		t.Errorf("request line has %v, want trace %s, span %s and the route", line, sc.TraceID(), sc.SpanID())
	}
}

func TestNoRequestLineUnlessAsked(t *testing.T) {
	rg := newRig(t, plan{})
	testrig.Call(rg.instrument(rg.mon.Middleware(testrig.Shop(nil))), http.MethodGet, "/users/7")
	if lines := rg.Log.Lines(""); len(lines) != 0 {
		t.Errorf("logged %q", lines)
	}
}
