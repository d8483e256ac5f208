// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// total is the number of all requests that have ended, as far as a collection succeeds.
func total(mon *otelperf.Monitor) uint64 {
	_ = mon.Reader().ForceFlush(context.Background())
	return mon.Summary(otelperf.WindowAll).TotalRequests
}

// The SDK refuses a second registration, yet the second provider's Shutdown reaches the Reader: the engine goes on.
func TestReaderRegisteredTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{})
		second := sdkmetric.NewMeterProvider(sdkmetric.WithReader(rg.mon.Reader()))
		rg.request("GET", "/a", http.StatusOK, time.Millisecond)
		if err := second.Shutdown(t.Context()); err != nil {
			t.Errorf("shutting the second provider down: %v", err)
		}
		checkAlive(t, rg, 2)
	})
}

// The numbers go on when the program shuts its MeterProvider down first; with the span source nothing comes from it.
func TestNumbersGoOnAfterTheMeterProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{})
		rg.request("GET", "/a", http.StatusOK, time.Millisecond)
		for range 2 {
			_ = rg.mp.Shutdown(t.Context()) // the second one is reported by the program's own reader
		}
		checkAlive(t, rg, 2)
	})
}

// checkAlive sends one more request, and looks whether the engine ticks and knows want of them.
func checkAlive(t *testing.T, rg *rig, want uint64) {
	t.Helper()
	before := rg.mon.Diagnostics().Engine.Ticks
	rg.request("GET", "/a", http.StatusOK, time.Millisecond)
	time.Sleep(5*time.Second + time.Millisecond)
	synctest.Wait()
	if ticks := rg.mon.Diagnostics().Engine.Ticks - before; ticks != 5 {
		t.Errorf("%d ticks in 5 s, want 5", ticks)
	}
	if n := total(rg.mon); n != want {
		t.Errorf("%d requests, want %d", n, want)
	}
	if h := rg.mon.Health(); h.Status != "pass" {
		t.Errorf("health is %+v", h)
	}
}

func TestUnregisteredReaderWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mon, err := otelperf.New()
		if err != nil {
			t.Fatal(err)
		}
		p := mon.SpanProcessor(nil)
		rg := newRig(t, plan{})
		p.OnEnd(endedSpan(rg))
		if n := total(mon); n != 1 || mon.Diagnostics().ReaderRegistered {
			t.Errorf("%d requests, registered %v, want 1 and false", n, mon.Diagnostics().ReaderRegistered)
		}
		if err := mon.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// ForceFlush of the MeterProvider is one evaluation.
func TestForceFlushEvaluates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{})
		before := rg.mon.Diagnostics().Engine.Ticks
		if err := rg.mp.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := rg.mon.Diagnostics().Engine.Ticks - before; n != 1 {
			t.Errorf("%d evaluations by ForceFlush, want 1", n)
		}
	})
}

// After Shutdown counting has stopped, and the host is as it was: spans reach its processor, requests are served.
func TestAfterShutdown(t *testing.T) {
	rg := newRig(t, plan{ours: true}, otelperf.WithRequestLog(1))
	h := rg.instrument(rg.mon.Middleware(testrig.Shop(nil)))
	testrig.Call(h, http.MethodGet, "/users/1")
	for range 2 {
		if err := rg.mon.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	}
	lines := len(rg.Log.Lines("GET /users"))
	w := testrig.Call(h, http.MethodGet, "/users/2")
	if w.Code != http.StatusOK || w.Body.String() != "2" {
		t.Errorf("after Shutdown the reply is %d %q", w.Code, w.Body.String())
	}
	if n := len(rg.Spans.Ended()); n != 2 {
		t.Errorf("the program's processor has %d spans, want 2", n)
	}
	s := rg.mon.Summary(otelperf.WindowAll)
	if s.TotalRequests != 1 || s.Diagnostics.Processor.AfterShutdown != 1 || !s.Diagnostics.Processor.Stopped {
		t.Errorf("%d requests, %d spans after Shutdown, want 1 each", s.TotalRequests, s.Diagnostics.Processor.AfterShutdown)
	}
	if n := len(rg.Log.Lines("GET /users")); n != lines {
		t.Errorf("%d request lines after Shutdown", n-lines)
	}
	rg.mon.Reset(true)
	testrig.Call(h, http.MethodGet, "/users/3")
	if err := rg.mp.ForceFlush(t.Context()); err != nil {
		t.Errorf("ForceFlush after Shutdown: %v", err)
	}
	s = rg.mon.Summary(otelperf.WindowAll)
	if s.TotalRequests != 0 || s.Count != 0 || s.Diagnostics.Processor.AfterShutdown != 2 || len(rg.Spans.Ended()) != 3 {
		t.Errorf("after a Reset %d requests, %d spans after Shutdown, %d in the program's processor, want 0, 2 and 3",
			s.TotalRequests, s.Diagnostics.Processor.AfterShutdown, len(rg.Spans.Ended()))
	}
}

// What ended before Shutdown is in the numbers after it, without a tick between.
func TestShutdownEvaluatesOnceMore(t *testing.T) {
	rg := newRig(t, plan{})
	rg.request("GET", "/a", http.StatusOK, time.Second)
	if err := rg.mon.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := total(rg.mon); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
	if n := len(rg.Log.Lines("slow request")); n != 1 {
		t.Errorf("%d slow lines after Shutdown, want the queued one", n)
	}
}

// Shutdown, Summary, Reset and requests at the same time.
func TestShutdownConcurrentSafe(t *testing.T) {
	rg := newRig(t, plan{ours: true})
	h := rg.instrument(rg.mon.Middleware(testrig.Shop(nil)))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { send(h, 100) })
		all.Go(func() { _ = rg.mon.Shutdown(context.Background()) })
		all.Go(func() { rg.mon.Summary(otelperf.Window1m) })
		all.Go(func() { rg.mon.Reset(false) })
		all.Go(func() { _ = rg.mp.ForceFlush(context.Background()) })
	}
	all.Wait()
	if n := len(rg.Spans.Ended()); n != 400 {
		t.Errorf("the program's processor has %d spans, want 400", n)
	}
}

// A bubble ends only when all its goroutines have: all of ours end with Shutdown, Setup's too.
func TestShutdownLeavesNoGoroutine(t *testing.T) {
	for name, opts := range map[string][]otelperf.Option{"spans": nil, "metrics": {otelperf.WithMetricSource()}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mon, err := otelperf.New(opts...)
				if err != nil {
					t.Fatal(err)
				}
				mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(mon.Reader()))
				time.Sleep(time.Minute)
				if err := errors.Join(mon.Shutdown(t.Context()), mp.Shutdown(t.Context())); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A metric source that nobody registered has nothing to lose at its end.
func TestShutdownOfUnregisteredMetricSource(t *testing.T) {
	mon, err := otelperf.New(otelperf.WithMetricSource())
	if err != nil {
		t.Fatal(err)
	}
	if h := mon.Health(); h.Status != "warn" {
		t.Errorf("health is %s, want a warning that the Reader is not registered", h.Status)
	}
	if err := mon.Shutdown(t.Context()); errors.Is(err, otelperf.ErrShutdown) {
		t.Errorf("Shutdown: %v", err)
	}
}

// failingCollects has the program's collections fail for as long as what it returns is set.
func (rg *rig) failingCollects(t *testing.T) *atomic.Bool {
	t.Helper()
	fails := new(atomic.Bool)
	meter := rg.mp.Meter("shop")
	gauge, err := meter.Int64ObservableGauge("queue")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := meter.RegisterCallback(func(context.Context, metric.Observer) error {
		if fails.Load() {
			return errors.New("queue is gone")
		}
		return nil
	}, gauge); err != nil {
		t.Fatal(err)
	}
	return fails
}

// A failed collection feeds nothing and loses nothing: the next one brings it.
func TestFailedCollectLosesNothing(t *testing.T) {
	rg := newRig(t, plan{none: true}, otelperf.WithMetricSource())
	fails := rg.failingCollects(t)
	h := rg.instrument(testrig.Shop(nil))
	send(h, 100)
	if n := total(rg.mon); n != 100 {
		t.Fatalf("%d requests, want 100", n)
	}
	fails.Store(true)
	send(h, 50)
	for range 3 {
		if n := total(rg.mon); n != 100 {
			t.Errorf("after a failed collection %d requests, want the 100 of before", n)
		}
	}
	if n := rg.mon.Diagnostics().Engine.FailedCollects; n < 3 {
		t.Errorf("%d failed collections in the diagnostics, want 3", n)
	}
	fails.Store(false)
	if n := total(rg.mon); n != 150 {
		t.Errorf("after the fault %d requests, want 150", n)
	}
}

// An engine that has not evaluated for more than five intervals is a warning, which goes away with the next evaluation.
func TestHealthOfAStalledEngine(t *testing.T) {
	for _, interval := range []time.Duration{time.Second, 10 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			rg := newRig(t, plan{none: true}, otelperf.WithMetricSource(), otelperf.WithMetricInterval(interval))
			fails := rg.failingCollects(t)
			time.Sleep(interval)
			synctest.Wait()
			fails.Store(true)
			for _, step := range []struct {
				d    time.Duration
				want string
			}{{5 * interval, "pass"}, {time.Millisecond, "warn"}} {
				time.Sleep(step.d)
				if h := rg.mon.Health(); h.Status != step.want {
					t.Errorf("evaluated every %v, %v later health is %+v, want %s", interval, step.d, h, step.want)
				}
			}
			fails.Store(false)
			time.Sleep(interval)
			synctest.Wait()
			if h := rg.mon.Health(); h.Status != "pass" {
				t.Errorf("evaluated every %v, after the next evaluation health is %+v", interval, h)
			}
		})
	}
}

// The program's own processor gets every span it would have got, the same one, and its Shutdown and ForceFlush.
func TestNextIsTheProgramsOwn(t *testing.T) {
	next := &countingProcessor{}
	mon, err := otelperf.New()
	if err != nil {
		t.Fatal(err)
	}
	p := mon.SpanProcessor(next)
	rg := newRig(t, plan{})
	s := endedSpan(rg)
	p.OnEnd(s)
	if err := errors.Join(mon.Shutdown(t.Context()), p.ForceFlush(t.Context())); err != nil {
		t.Error(err)
	}
	p.OnEnd(s)
	if next.ended != 2 || next.flushed != 1 || next.down != 0 {
		t.Errorf("next had %d spans, %d flushes, %d shutdowns, want 2, 1 and 0", next.ended, next.flushed, next.down)
	}
	if err := p.Shutdown(t.Context()); !errors.Is(err, errDown) || next.down != 1 {
		t.Errorf("Shutdown of the processor returned %v, want next's error", err)
	}
}
