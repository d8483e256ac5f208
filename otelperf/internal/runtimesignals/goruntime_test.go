// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import (
	"runtime"
	"runtime/metrics"
	"sync"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// Each name is one that this version of Go knows.
func TestRuntimeMetricsAreThere(t *testing.T) {
	rg := newRig(t, "/")
	for i := range rg.goRuntime.samples {
		if s := &rg.goRuntime.samples[i]; s.Value.Kind() == metrics.KindBad {
			t.Errorf("the runtime does not know %s", s.Name)
		}
	}
}

// until samples until the newest second of a signal is good enough.
func (rg *rig) until(t *testing.T, signal int, enough float64) {
	t.Helper()
	got := unknown
	testrig.Eventually(t, kinds[signal].name+" rises", func() bool {
		rg.sample()
		got = value(rg.Series(rg.now, 1, 1).Signals[signal].Values[0])
		return got >= enough
	})
	t.Logf("%s is %v", kinds[signal].name, got)
}

// Real pressure on the GC moves its share, what it takes from those that allocate, and pauses.
func TestGCPressure(t *testing.T) {
	rg := newRig(t, "/")
	stop, done := make(chan struct{}), sync.WaitGroup{}
	defer done.Wait()
	defer close(stop)
	done.Go(func() {
		keep := make([][]*int, 0, 64)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			pointers := make([]*int, 1<<12) // the GC has to look at each
			for j := range pointers {
				pointers[j] = new(int)
			}
			if len(keep) < cap(keep) {
				keep = append(keep, pointers)
			} else {
				keep[i%len(keep)] = pointers
			}
		}
	})
	rg.until(t, gcCPU, .005)
	rg.until(t, pauses, 1e-6)
	rg.until(t, gcAssist, 1e-6)
	rg.until(t, heapLive, 1<<10)
	rg.until(t, cpuUsed, 1e-6)
}

// GC's CPU becomes known when a cycle ends, and is that of the whole time since the last.
func TestGCTimeIsSpread(t *testing.T) {
	rg := newRig(t, t.TempDir())
	v := values{}
	rg.puts(gcCPU, 60, 0)
	v[gcCPU] = .25
	rg.now = rg.now.Add(time.Second)
	rg.store(rg.now, 40, &v)
	s := rg.Series(rg.now, 61, 1).Signals[gcCPU].Values
	for i, want := range map[int]float64{len(s) - 1: .25, len(s) - 40: .25, len(s) - 41: 0} {
		if got := value(s[i]); got != want {
			t.Errorf("second %d of %d is %v, want %v", i, len(s), got, want)
		}
	}
}

// Goroutines that wait for a lock are seen, once they have it.
func TestMutexWait(t *testing.T) {
	rg := newRig(t, "/")
	var mu sync.Mutex
	stop, done := make(chan struct{}), sync.WaitGroup{}
	defer done.Wait()
	defer close(stop)
	for range 64 {
		done.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				mu.Lock()
				time.Sleep(time.Millisecond)
				mu.Unlock()
			}
		})
	}
	rg.until(t, mutexWait, .001)
	rg.until(t, goroutines, 60)
}

// More goroutines than CPUs that could run are seen waiting.
func TestRunnable(t *testing.T) {
	rg := newRig(t, "/")
	stop, done := make(chan struct{}), sync.WaitGroup{}
	defer done.Wait()
	defer close(stop)
	for range 8 * runtime.GOMAXPROCS(0) {
		done.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					runtime.Gosched()
				}
			}
		})
	}
	rg.until(t, runnable, 1)
	rg.until(t, schedLatency, 1e-6)
}

func TestHistogramQuantile(t *testing.T) {
	h := &metrics.Float64Histogram{Counts: []uint64{5, 0, 0}, Buckets: []float64{0, 1, 2, 3}}
	var c change
	if n := c.take(h); n != 0 {
		t.Errorf("%d values came before the first look", n)
	}
	h.Counts = []uint64{5 + 98, 1, 1}
	n := c.take(h)
	for q, want := range map[float64]float64{.5: 1, .98: 1, .99: 2, 1: 3} {
		if got := c.quantile(h, n, q); got != want || n != 100 {
			t.Errorf("quantile %v of %d is %v, want %v of 100", q, n, got, want)
		}
	}
	if n := c.take(h); n != 0 || c.quantile(h, n, .5) != 0 {
		t.Errorf("%d values came since", n)
	}
}
