// SPDX-License-Identifier: Apache-2.0

package history

import (
	"bytes"
	"errors"
	"runtime/trace"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/site"
)

// recorded returns a trace of a program.
func recorded(tb testing.TB, program func()) []byte {
	tb.Helper()
	f := trace.NewFlightRecorder(trace.FlightRecorderConfig{MaxBytes: 1 << 30, MinAge: time.Hour})
	if err := f.Start(); err != nil {
		tb.Fatal(err)
	}
	defer f.Stop()
	program()
	var b bytes.Buffer
	if _, err := f.WriteTo(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// pingPong has two goroutines wake each other n times.
func pingPong(n int) {
	c := make(chan int)
	var all sync.WaitGroup
	all.Go(func() {
		for range n {
			c <- 1
		}
	})
	all.Go(func() {
		for range n {
			<-c
		}
	})
	all.Wait()
}

func never() error { return nil }

// sound reports what cannot be in a history.
func sound(t *testing.T, h *History) {
	t.Helper()
	for g, l := range h.Goroutines {
		if !slices.IsSortedFunc(l.Stretches, func(a, b Stretch) int { return int(max(-1, min(1, a.From-b.From))) }) {
			t.Errorf("the stretches of goroutine %d are not in the order of time", g)
		}
		for _, s := range l.Stretches {
			if s.Waker != None && int(s.Waker) >= len(h.Goroutines) || int(s.Stack) >= h.Sites.Len() || int(s.WakerStack) >= h.Sites.Len() || s.From > h.End {
				t.Fatalf("goroutine %d has %+v", g, s)
			}
		}
		if n := len(l.Stretches); n > 0 && h.until(&l, n-1) < l.Stretches[n-1].From {
			t.Errorf("goroutine %d ends before it begins", g)
		}
		if l.Creator != None && int(l.Creator) >= len(h.Goroutines) {
			t.Errorf("goroutine %d was created by %d", g, l.Creator)
		}
	}
	for _, m := range h.Marks {
		if m.From > m.To || int(m.Goroutine) >= len(h.Goroutines) {
			t.Errorf("mark %+v", m)
		}
	}
}

func TestWakersAreKnown(t *testing.T) {
	const n = 200
	h, err := Read(recorded(t, func() { pingPong(n) }), site.NewTable([]string{site.MainModule()}), never)
	if err != nil {
		t.Fatal(err)
	}
	sound(t, h)
	waits := 0
	for _, l := range h.Goroutines {
		for _, s := range l.Stretches {
			if s.State == Waiting && s.Waker != None && (s.Reason == ChanSend || s.Reason == ChanReceive) && strings.Contains(h.Sites.At(s.Stack).Line.Func, "pingPong") {
				if begin := h.Sites.At(h.Goroutines[s.Waker].First).Begin; !strings.Contains(begin, "pingPong") {
					t.Errorf("woken by %q", begin)
				}
				waits++
			}
		}
	}
	if waits < n/2 {
		t.Errorf("%d waits, want at least %d", waits, n/2)
	}
	if off := time.Since(time.Unix(0, h.Clock.Unix)); off < 0 || off > time.Hour {
		t.Errorf("the trace's clock is off by %v", off)
	}
}

// TestTheOldestIsForgotten: a bound on memory costs the beginning, not the end.
func TestTheOldestIsForgotten(t *testing.T) {
	b := recorded(t, func() { pingPong(3000) })
	whole, err := Read(b, site.NewTable(nil), never)
	if err != nil {
		t.Fatal(err)
	}
	h, err := read(b, site.NewTable(nil), never, 1000)
	if err != nil {
		t.Fatal(err)
	}
	sound(t, h)
	stretches := 0
	for _, l := range h.Goroutines {
		stretches += len(l.Stretches)
	}
	if stretches > 1000 || !h.Forgotten || h.End != whole.End || h.Start <= whole.Start || whole.Forgotten {
		t.Errorf("%d stretches from %d to %d, the whole one is from %d to %d", stretches, h.Start, h.End, whole.Start, whole.End)
	}
	used := Time(0)
	h.Ran(h.Start, h.End, func(_ Goroutine, at Time, d time.Duration) {
		if at < h.Start || at > h.End {
			t.Errorf("something ran at %d", at)
		}
		used += Time(d)
	})
	if used == 0 {
		t.Error("nobody ran")
	}
}

// TestOnlyTheStepEndsTheReading: whoever reads is asked often whether to go on.
func TestTheStepEndsTheReading(t *testing.T) {
	b, stop, steps := recorded(t, func() { pingPong(3000) }), errors.New("stop"), 0
	h, err := Read(b, site.NewTable(nil), func() error {
		if steps++; steps == 5 {
			return stop
		}
		return nil
	})
	if h != nil || !errors.Is(err, stop) || steps != 5 {
		t.Errorf("got %v, %v after %d steps", h, err, steps)
	}
}

// TestBrokenTraces give an error, and what was read before.
func TestBrokenTraces(t *testing.T) {
	b := recorded(t, func() { pingPong(100) })
	h, err := Read(b[:len(b)-10], site.NewTable(nil), never)
	if err == nil || h == nil {
		t.Errorf("a trace without its end: %v, %v", h != nil, err)
	}
	for _, bad := range []string{"", "nothing", "go 1.19 trace\x00\x00\x00", "go 1.99 trace\x00\x00\x00"} {
		if h, err := Read([]byte(bad), site.NewTable(nil), never); err == nil || h != nil {
			t.Errorf("%q was read", bad)
		} else if !strings.Contains(err.Error(), "not an execution trace of a known format") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestMarks(t *testing.T) {
	good := string(AppendMark(nil, [8]byte{0xab, 1}, "GET", "/cart|{id}", 5*time.Millisecond, true))
	m, ok := parseMark(good, Time(time.Second))
	if want := (Mark{SpanID: "ab01000000000000", Endpoint: "GET /cart|{id}", Slow: true, From: Time(995 * time.Millisecond), To: Time(time.Second)}); !ok || m != want {
		t.Errorf("%q is %+v, want %+v", good, m, want)
	}
	for _, bad := range []string{"", "s", "s|1|2", "s|0000000000000001|x|e", "s|0000000000000001|-1|e", "s|0000000000000001|9223372036854775807|e", "s|short|1|e"} {
		if m, ok := parseMark(bad, 1000); ok {
			t.Errorf("%q is %+v", bad, m)
		}
	}
}

// TestTheOneThatEndsFirst of spans inside of each other on one goroutine is meant.
func TestSpansInsideOfEachOther(t *testing.T) {
	h := &History{Goroutines: []Life{{Marks: []int32{0, 1, 2}}, {Created: 150, Creator: 0}}}
	sec := Time(time.Second)
	h.Marks = []Mark{{SpanID: "inner", From: 40 * sec, To: 50 * sec}, {SpanID: "outer", From: 10 * sec, To: 60 * sec}, {SpanID: "next", From: 70 * sec, To: 80 * sec}}
	for at, want := range map[Time]string{5: "", 20: "outer", 45: "inner", 55: "outer", 65: "", 75: "next", 90: ""} {
		got := ""
		if m := h.At(0, at*sec); m != nil {
			got = m.SpanID
		}
		if got != want {
			t.Errorf("at %d s it is %q, want %q", at, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(recorded(f, func() { pingPong(3) }))
	f.Add([]byte("go 1.26 trace\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := Read(b, site.NewTable(nil), never)
		if h == nil {
			if err == nil {
				t.Error("neither a history nor an error")
			}
			return
		}
		sound(t, h)
		h.Ran(h.Start, h.End, func(Goroutine, Time, time.Duration) {})
	})
}

// BenchmarkRead is the cost of a trace in which little is done between waits: one of 100,000 events.
func BenchmarkRead(b *testing.B) {
	trace := recorded(b, func() { pingPong(20_000) })
	h, err := Read(trace, site.NewTable(nil), never)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(trace, site.NewTable(nil), never); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(h.Events), "events/op")
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N)/float64(h.Events)*100_000, "ms/100kevents")
	b.ReportMetric(float64(len(trace)), "bytes/op")
}
