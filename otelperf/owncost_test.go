// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"sync"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/runtimesignals"
)

// What evaluations waited for is no CPU time: the estimate is never more than the process has used.
func TestOwnCPUSecondsAreAtMostTheProcess(t *testing.T) {
	mon, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mon.Shutdown(t.Context()) }()
	before := mon.Diagnostics().Own.CPUSeconds
	mon.reader.spent.Add(int64(time.Hour))
	got, used := mon.Diagnostics().Own, runtimesignals.ProcessCPUSeconds()
	if used > 0 && (got.CPUSeconds < before || got.CPUSeconds > used+1e-4) { // rounded
		t.Errorf("%v s after %v s, want no more than the %v s of the process", got.CPUSeconds, before, used)
	}
}

// Digests wait for each other, and that is not counted as time spent.
func TestDigestsThatWaitSpendNothing(t *testing.T) {
	var inside sync.WaitGroup
	r := newReader(nil, nil, nil, time.Second, false, nil)
	r.digest = func(time.Time) { time.Sleep(5 * time.Millisecond) }
	began := time.Now()
	for range 8 {
		inside.Go(r.digestNow)
	}
	inside.Wait()
	if spent, passed := time.Duration(r.spent.Load()), time.Since(began); spent > passed || spent < 40*time.Millisecond {
		t.Errorf("%v spent in %v by 8 digests of 5 ms, one after the other", spent, passed)
	}
}
