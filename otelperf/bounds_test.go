// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// documentedMiB is the first number of MiB in the row of the README's bounds that begins so.
func documentedMiB(t *testing.T, what string) int64 {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^\| ` + what + `.*?\| .*?(\d+) MiB`).FindSubmatch(readme)
	if m == nil {
		t.Fatalf("README.md says nothing of %q", what)
	}
	n, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n << 20
}

func heapInUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// hostileLoad makes requests whose spans are as heavy as a program can make them, without limits of the SDK's.
type hostileLoad struct {
	tracer trace.Tracer
	began  time.Time
	n      int
}

func newHostileLoad(mon *Monitor) *hostileLoad {
	limits := sdktrace.NewSpanLimits()
	limits.AttributeCountLimit, limits.AttributeValueLengthLimit, limits.EventCountLimit = -1, -1, -1
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(mon.SpanProcessor(nil)), sdktrace.WithRawSpanLimits(limits))
	return &hostileLoad{tracer: tp.Tracer("hostile"), began: time.Now()}
}

func (h *hostileLoad) text(n int) string {
	h.n++
	return (fmt.Sprint(h.n) + strings.Repeat(" x", n))[:n]
}

func (h *hostileLoad) request(route string, size int) (context.Context, trace.Span) {
	return h.tracer.Start(context.Background(), "GET "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(h.began), trace.WithAttributes(
		attribute.String("http.request.method", "GET"), attribute.String("http.route", route), attribute.Int("http.response.status_code", 200),
		attribute.String("url.path", h.text(size))))
}

func (h *hostileLoad) call(ctx context.Context, size int) {
	_, c := h.tracer.Start(ctx, "query", trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(h.began), trace.WithAttributes(
		attribute.String("db.system.name", "postgresql"), attribute.String("db.query.text", "SELECT '"+h.text(size))))
	c.End(trace.WithTimestamp(h.began.Add(time.Millisecond)))
}

func (h *hostileLoad) slow(s trace.Span) { s.End(trace.WithTimestamp(h.began.Add(time.Second))) }

// TestBoundsOfTheREADME loads a Monitor with requests of hostile sizes: the heap grows by what the README says, and gives it back.
func TestBoundsOfTheREADME(t *testing.T) {
	held := documentedMiB(t, "child spans that wait for the end of their request")
	waiting := documentedMiB(t, "slow requests that wait for their anatomy")
	slow := documentedMiB(t, "slow log")
	synctest.Test(t, func(t *testing.T) {
		mon, err := New()
		if err != nil {
			t.Fatal(err)
		}
		if limit := mon.SlowLog().Limits().Bytes; limit != slow {
			t.Errorf("the slow log may have %d bytes, the README says %d", limit, slow)
		}
		h := newHostileLoad(mon)
		before := heapInUse()
		check := func(what string, limit int64) {
			t.Helper()
			if grown := heapInUse() - before; grown > limit*5/4+8<<20 {
				t.Errorf("%s: the heap has grown by %d MiB, want about %d", what, grown>>20, limit>>20)
			}
		}
		time.Sleep(1100 * time.Millisecond) // the Monitor ticks
		var streams []trace.Span
		for range 40 {
			ctx, root := h.request("/stream", 10)
			streams = append(streams, root)
			for range 300 {
				h.call(ctx, 20)
			}
			h.call(ctx, 1<<20)
		}
		for range 60 {
			ctx, root := h.request("/report", 1000)
			for range 256 {
				h.call(ctx, 16<<10)
			}
			h.slow(root)
		}
		for i := range 400 {
			ctx, root := h.request(fmt.Sprintf("/%d", i%100), 1<<20)
			h.call(ctx, 10)
			h.slow(root)
		}
		time.Sleep(10 * time.Millisecond)
		check("before a tick", held+waiting+slow)
		time.Sleep(3 * time.Second)
		check("with anatomies", held+waiting+slow)
		for _, s := range streams {
			s.End()
		}
		time.Sleep(2 * time.Minute)
		check("in the end", slow)
		if p := mon.Diagnostics().Processor; p.Held != 0 || p.WaitingBytes != 0 || p.AnatomiesWaiting != 0 || p.HeldClipped == 0 || p.Faults != 0 {
			t.Errorf("in the end %d spans are held, %d anatomies and %d bytes wait; %d clipped, %d faults", p.Held, p.AnatomiesWaiting, p.WaitingBytes, p.HeldClipped, p.Faults)
		}
		if err := mon.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// TestHealthOfAnatomies: health warns while anatomies suffer, and for as long as it is of interest.
func TestHealthOfAnatomies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mon, err := New()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = mon.Shutdown(context.Background()) }()
		time.Sleep(1100 * time.Millisecond)
		h := newHostileLoad(mon)
		status := func() string {
			for _, c := range mon.Health().Checks {
				if c.Name == "anatomies" {
					return c.Status
				}
			}
			return "no such check"
		}
		if got := status(); got != healthPass {
			t.Errorf("at first the check is %q", got)
		}
		var ctxs []context.Context
		var roots []trace.Span
		for range 90 {
			ctx, root := h.request("/", 10)
			ctxs, roots = append(ctxs, ctx), append(roots, root)
		}
		for range 150 {
			for _, ctx := range ctxs {
				h.call(ctx, 10)
			}
		}
		for _, root := range roots {
			h.slow(root)
		}
		d := mon.Diagnostics()
		if d.Processor.AnatomiesIncomplete == 0 || status() != healthWarn || !strings.Contains(strings.Join(d.Hints, " "), "lack calls for want of room") {
			t.Errorf("%d incomplete, the check is %q, the hints are %q", d.Processor.AnatomiesIncomplete, status(), d.Hints)
		}
		time.Sleep(incompleteFor + 2*time.Second)
		if got := status(); got != healthPass {
			t.Errorf("later the check is %q", got)
		}
	})
}

// TestDigestHoldsNoTurn: who evaluates does not wait for a digest that takes its time.
func TestDigestHoldsNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mon, err := New()
		if err != nil {
			t.Fatal(err)
		}
		digest, release := mon.reader.digest, make(chan struct{})
		mon.reader.digest = func(now time.Time) { <-release; digest(now) }
		go mon.evaluate()
		synctest.Wait() // it digests now
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := mon.reader.advanceInTurn(ctx); err != nil {
			t.Errorf("an evaluation during a digest: %v", err)
		}
		close(release)
		if err := mon.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
}
