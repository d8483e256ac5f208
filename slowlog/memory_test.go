// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// differentCalls are n calls that do not fold.
func differentCalls(n, salt int) []Span {
	out := make([]Span, n)
	for i := range out {
		out[i] = sqlCall(i+2, 1, float64(i), float64(i+1), fmt.Sprintf("SELECT %s FROM table_%d_%d WHERE id = 1", strings.Repeat("c", 200), i, salt))
	}
	return out
}

// hostileCalls are n calls that do not fold, and with texts beyond every bound.
func hostileCalls(n, salt int) []Span {
	long := strings.Repeat("x", 5000)
	children := differentCalls(n, salt)
	for i := range children {
		s := &children[i]
		s.Name = fmt.Sprint(i, long)
		s.ErrType, s.ErrMessage = long, long
		system, statement := s.Call.DBSystem, s.Call.DBStatement
		s.Call = longCall(fmt.Sprint(i, long))
		s.Call.DBSystem, s.Call.DBStatement = system, statement
	}
	return children
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestBytesAreThoseOfTheHeap fills stores with entries of every sort: the heap grows by what the limit says.
func TestBytesAreThoseOfTheHeap(t *testing.T) {
	const limit = 8 << 20
	huge := strings.Repeat("/path", 200_000)
	for name, children := range map[string]func(i int) []Span{
		"no calls":      func(int) []Span { return nil },
		"hostile calls": func(i int) []Span { return hostileCalls(256, i) },
		"few calls":     func(i int) []Span { return differentCalls(20, i) },
		"folded calls": func(i int) []Span {
			calls := differentCalls(256, i)
			for j := range calls {
				calls[j].Call.DBStatement = "SELECT name FROM users"
			}
			return calls
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := heap()
			s, err := New(WithLimits(Limits{Recent: 10_000, Failed: 10_000, Bytes: limit}))
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; s.Stats().Evicted == 0 && i < 10_000; i++ {
				message := strings.Clone(huge)
				s.Add(&Entry{
					TraceID: trace.TraceID{1, byte(i), byte(i >> 8)}, SpanID: trace.SpanID{1, byte(i), byte(i >> 8)},
					Method: "GET", Route: fmt.Sprintf("/%d", i%400), Path: message[:100], Start: time.Unix(1_700_000_000, int64(i)), Duration: time.Second,
					Error:      ErrorInfo{Type: message[:50], Message: message, Stack: message},
					Dimensions: map[string]string{message[:5]: message}, Anatomy: Build(root(601), children(i), BuildOptions{QueryText: true}),
				})
			}
			st := s.Stats()
			grown := heap() - before
			if st.Evicted == 0 || st.Bytes > limit || grown > limit*5/4 {
				t.Errorf("%d entries, %d evicted, of %d bytes as it says; the heap grew by %d, want at most %d and little more", st.Entries, st.Evicted, st.Bytes, grown, limit)
			}
			runtime.KeepAlive(s)
		})
	}
}

// The largest anatomy that the default bounds let through fits into the largest entry that the default store keeps whole.
func TestLargestAnatomyFits(t *testing.T) {
	children := hostileCalls(1000, 0)
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
