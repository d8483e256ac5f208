// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// live is the memory that was in use at the end of the last collection, in bytes.
func live() int64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

// ordinary is a request with two children and a wait.
func ordinary(mark *Mark, slow bool) {
	start := time.Now()
	var children sync.WaitGroup
	reply := make(chan int)
	children.Go(func() { reply <- 1 })
	children.Go(func() { <-reply })
	children.Wait()
	if mark != nil {
		(*mark)(trace.SpanID{1}, conventions.Endpoint{Method: "GET", Route: "/ordinary"}, time.Since(start), slow)
	}
}

// TestABusyProgramHoldsTheBounds: 50,000 goroutines that wait and 20,000 requests a second, as far as the machine can, are recorded and
// read within the memory that is documented, and what was left out is said.
func TestABusyProgramHoldsTheBounds(t *testing.T) {
	goroutines, rate := 50_000, 20_000
	if testing.Short() {
		goroutines, rate = goroutines/10, rate/10
	}
	var parked, workers sync.WaitGroup
	release := make(chan struct{})
	defer parked.Wait()
	defer close(release)
	for range goroutines {
		parked.Go(func() { <-release })
	}
	var mark atomic.Pointer[Mark]
	r := New(WithLimits(Limits{CPUShare: 1}))
	if err := r.Start(func(m Mark) {
		if mark.Store(nil); m != nil {
			mark.Store(&m)
		}
	}); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Shutdown(t.Context()) }()
	before, most := live(), int64(0)
	if err := r.Record("busy", shortest); err != nil {
		t.Fatal(err)
	}
	var served atomic.Uint64
	const each, every = 10, 5 * time.Millisecond
	for range rate * int(every/time.Millisecond) / 1000 / each {
		workers.Go(func() {
			for r.Status().State == causes.RecorderRecording {
				for range each {
					ordinary(mark.Load(), served.Add(1)%2000 == 0) // fewer slow ones than are enough
				}
				time.Sleep(every)
			}
		})
	}
	testrig.Eventually(t, "it is read", func() bool {
		most = max(most, live())
		return r.Status().State == causes.RecorderIdle
	})
	workers.Wait()
	all := r.Recordings()
	if len(all) != 1 || all[0].Error != "" || all[0].Requests == 0 || all[0].Bytes > maxRead {
		t.Fatalf("recordings %+v, status %+v", all, r.Status())
	}
	rec := all[0]
	t.Logf("%d requests in %v, %.1f MiB, %d events, read in %v, %.0f MiB more in use; cut: %q", rec.Requests, rec.End.Sub(rec.Start), mib(rec.Bytes),
		rec.Events, time.Duration(rec.WorkNanos), mib(int(most-before)), rec.Cut)
	if most-before > 100<<20 {
		t.Errorf("%.0f MiB more are in use, want at most 100", mib(int(most-before)))
	}
	if rec.End.Sub(rec.Start) < time.Second && len(rec.Cut) == 0 {
		t.Errorf("%v were looked at, and it is not said why no more", rec.End.Sub(rec.Start))
	}
}
