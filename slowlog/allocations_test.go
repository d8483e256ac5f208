// SPDX-License-Identifier: Apache-2.0

//go:build !race

package slowlog

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// The bytes that a full store says it holds are the bytes that it holds, to a third.
func TestBytesAreWhatTheHeapHas(t *testing.T) {
	heap := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	s := newStore(t, WithLimits(Limits{Recent: 1000, Bytes: 8 << 20}))
	for n := range 60 {
		e := request(n, fmt.Sprint("/", n%5), time.Second, ReasonThreshold)
		e.Anatomy = Build(root(601), differentCalls(256, n), BuildOptions{})
		s.Add(e)
	}
	held, stats := heap()-before, s.Stats()
	if stats.Evicted == 0 {
		t.Fatalf("the store is not full: %+v", stats)
	}
	if stats.Bytes > 8<<20 || held > stats.Bytes*4/3 || held < stats.Bytes*2/3 {
		t.Errorf("the store says %d bytes, the heap has %d more than before", stats.Bytes, held)
	}
	runtime.KeepAlive(s)
}
