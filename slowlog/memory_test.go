// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// The bytes that a full store says it holds are the bytes that it holds, to a third.
func TestBytesAreWhatTheHeapHas(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector changes the heap")
	}
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

// differentCalls are n calls that do not fold.
func differentCalls(n, salt int) []Span {
	out := make([]Span, n)
	for i := range out {
		out[i] = sqlCall(i+2, 1, float64(i), float64(i+1), fmt.Sprintf("SELECT %s FROM table_%d_%d WHERE id = 1", strings.Repeat("c", 200), i, salt))
	}
	return out
}

// The largest anatomy that the default bounds let through fits into the largest entry that the default store keeps whole.
func TestLargestAnatomyFits(t *testing.T) {
	long := strings.Repeat("x", 5000)
	children := differentCalls(1000, 0)
	for i := range children {
		s := &children[i]
		s.Name = fmt.Sprint(i, long)
		s.ErrType, s.ErrMessage = long, long
		system, statement := s.Call.DBSystem, s.Call.DBStatement
		s.Call = longCall(fmt.Sprint(i, long))
		s.Call.DBSystem, s.Call.DBStatement = system, statement
	}
	a := Build(root(601), children, BuildOptions{QueryText: true})
	if a.Spans != 256 || a.Dropped != 744 {
		t.Fatalf("%d spans, %d dropped", a.Spans, a.Dropped)
	}
	if got, limit := a.size(), DefaultLimits().Bytes/4; got > limit {
		t.Errorf("the largest anatomy has %d bytes, an entry may have %d", got, limit)
	} else {
		t.Logf("the largest anatomy has %d bytes", got)
	}
}
