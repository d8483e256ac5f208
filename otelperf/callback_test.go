// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// withCallback is a Monitor with the metric source, on a MeterProvider with a callback of the program that calls f, and a reader of the
// program: it is the other readers' instruments whose callbacks run for ours, too. Our own instruments are elsewhere.
func withCallback(t *testing.T, interval time.Duration, f func(context.Context, *otelperf.Monitor)) *otelperf.Monitor {
	t.Helper()
	mon, _ := withMeter(t, interval, func(ctx context.Context, mon *otelperf.Monitor) error {
		f(ctx, mon)
		return nil
	})
	return mon
}

// withMeter is withCallback for callbacks that may fail, and a meter of the MeterProvider.
func withMeter(t *testing.T, interval time.Duration, f func(context.Context, *otelperf.Monitor) error) (*otelperf.Monitor, metric.Meter) {
	t.Helper()
	mon, err := otelperf.New(otelperf.WithMetricSource(), otelperf.WithMetricInterval(interval), otelperf.WithMeterProvider(noop.NewMeterProvider()),
		otelperf.WithLogger(new(testrig.Log).Logger()))
	if err != nil {
		t.Fatal(err)
	}
	meter := sdkmetric.NewMeterProvider(sdkmetric.WithReader(mon.Reader()), sdkmetric.WithReader(sdkmetric.NewManualReader())).Meter("shop")
	gauge, err := meter.Int64ObservableGauge("queue")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := meter.RegisterCallback(func(ctx context.Context, _ metric.Observer) error { return f(ctx, mon) }, gauge); err != nil {
		t.Fatal(err)
	}
	return mon, meter
}

// The program's callbacks run once per interval, exactly, however many look on; and once for each ForceFlush.
func TestMetricSourceIsCollectedOncePerInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for interval, want := range map[time.Duration]int64{time.Minute: 1, 1900 * time.Millisecond: 31} {
			var calls atomic.Int64
			mon := withCallback(t, interval, func(context.Context, *otelperf.Monitor) { calls.Add(1) })
			for range 20 {
				time.Sleep(3 * time.Second)
				mon.Summary(otelperf.Window5m)
				mon.Health()
			}
			synctest.Wait()
			if n := calls.Load(); n != want {
				t.Errorf("at intervals of %v the callback ran %d times in a minute, want %d", interval, n, want)
			}
			if err := mon.Reader().ForceFlush(t.Context()); err != nil || calls.Load() != want+1 {
				t.Errorf("after a ForceFlush the callback has run %d times, want %d; %v", calls.Load(), want+1, err)
			}
			if err := mon.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
}

// A callback that waits until its context ends delays nobody: a tick gives it up, and so does a flush.
func TestCallbackThatWaitsForItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mon := withCallback(t, time.Minute, func(ctx context.Context, _ *otelperf.Monitor) { <-ctx.Done() })
		time.Sleep(time.Minute + time.Second) // a tick is waiting
		began := time.Now()
		mon.Summary(otelperf.Window5m)
		if waited := time.Since(began); waited != 0 {
			t.Errorf("a summary took %v", waited)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if err := mon.Reader().ForceFlush(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 2*time.Second {
			t.Errorf("a flush with 2 s took %v: %v", time.Since(began), err)
		}
		time.Sleep(time.Minute)
		if n := mon.Diagnostics().Engine.FailedCollects; n == 0 {
			t.Error("a tick has not ended: no collection has failed")
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := mon.Shutdown(ctx); !errors.Is(err, otelperf.ErrShutdown) {
			t.Errorf("Shutdown: %v, want ErrShutdown, since the last collection failed", err)
		}
	})
}

// What a callback has delayed is counted when it comes, though each collection takes longer than its interval; a hint says so. That a
// callback gives up when its context ends is no matter.
func TestCallbackThatIsSlow(t *testing.T) {
	for about, f := range map[string]func(context.Context) error{
		"whatever its context says": func(context.Context) error { time.Sleep(1500 * time.Millisecond); return nil },
		"until its context ends":    func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	} {
		t.Run(about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var running, most atomic.Int64
				mon, meter := withMeter(t, time.Second, func(ctx context.Context, _ *otelperf.Monitor) error {
					most.Store(max(most.Load(), running.Add(1)))
					defer running.Add(-1)
					return f(ctx)
				})
				h, err := meter.Float64Histogram("http.server.request.duration", metric.WithUnit("s"))
				if err != nil {
					t.Fatal(err)
				}
				for range 12 {
					h.Record(t.Context(), 0.05)
					time.Sleep(time.Second)
				}
				s, d := mon.Summary(otelperf.WindowAll), mon.Diagnostics()
				if s.TotalRequests < 9 || most.Load() != 1 || mon.Health().Status != "pass" {
					t.Errorf("%d of 12 requests are counted, %d callbacks ran at once, health says %s", s.TotalRequests, most.Load(), mon.Health().Status)
				}
				if d.MetricLate < 3 || !strings.Contains(strings.Join(d.Hints, ""), "took longer than WithMetricInterval") {
					t.Errorf("%d late, hints %q", d.MetricLate, d.Hints)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				err = mon.Shutdown(ctx)
				if n := mon.Summary(otelperf.WindowAll).TotalRequests; f(canceled(t)) == nil && (n != 12 || err != nil) {
					t.Errorf("%d requests are counted after Shutdown: %v", n, err)
				}
				time.Sleep(time.Minute)
			})
		})
	}
}

func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// A callback may ask the Monitor whose collection it belongs to: it gets the last answer.
func TestCallbackThatAsksTheMonitor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		mon := withCallback(t, 10*time.Second, func(_ context.Context, mon *otelperf.Monitor) {
			mon.Summary(otelperf.WindowAll)
			mon.Health()
			asked++
		})
		if err := mon.Reader().ForceFlush(t.Context()); err != nil || asked != 1 {
			t.Errorf("asked %d times, %v", asked, err)
		}
		if err := mon.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A callback that does not return keeps neither a summary nor Shutdown beyond its time. Shutdown says so, as does health, and succeeds
// when the callback has returned at last.
func TestCallbackThatBlocksForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		mon := withCallback(t, 10*time.Second, func(context.Context, *otelperf.Monitor) { <-release })
		time.Sleep(5 * time.Minute)
		if h := mon.Health(); h.Status != "warn" || !strings.Contains(h.Checks[1].Detail, "callback has not returned") {
			t.Errorf("health says %+v", h.Checks[1])
		}
		for range 2 {
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			err := mon.Shutdown(ctx)
			cancel()
			if !errors.Is(err, otelperf.ErrShutdown) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "callback has not returned") || time.Since(began) != 3*time.Second {
				t.Errorf("Shutdown within 3 s took %v: %v", time.Since(began), err)
			}
		}
		close(release)
		for range 2 {
			if err := mon.Shutdown(t.Context()); err != nil {
				t.Errorf("Shutdown after the callback has returned: %v", err)
			}
		}
	})
}

// A callback that panics costs a collection, and is no fault of ours.
func TestCallbackThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mon := withCallback(t, time.Second, func(context.Context, *otelperf.Monitor) { panic("queue is gone") })
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if d := mon.Diagnostics(); d.Engine.FailedCollects == 0 || d.Faults != 0 || d.MetricPanics == 0 {
			t.Errorf("%d failed collections, %d panics of callbacks, %d faults of ours", d.Engine.FailedCollects, d.MetricPanics, d.Faults)
		}
		_ = mon.Shutdown(t.Context())
	})
}
