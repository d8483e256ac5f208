// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
)

// TestMaxServices: services beyond the bound share one.
func TestMaxServices(t *testing.T) {
	f := newTrial(t, Settings{MaxServices: 3})
	for i := range 10 {
		b := newBatch()
		b.get(fmt.Sprintf("s%d", i), "/a", 1, f.now, time.Millisecond)
		f.send(b.Traces)
	}
	f.pass(20 * time.Second)
	if n := len(f.Services()); n != 4 {
		t.Errorf("%d services, want 3 and the other one", n)
	}
	if r := f.row("(other)", "GET /a"); r.Outcomes.Total() != 7 {
		t.Errorf("(other) has %d requests, want 7", r.Outcomes.Total())
	}
	if st := f.Stats(); st.OtherServices != 7 {
		t.Errorf("%d resources are counted as those of others, want 7", st.OtherServices)
	}
}

// TestServicesMakeRoom: a service that is gone makes room for another one, and gives back what it held.
func TestServicesMakeRoom(t *testing.T) {
	f := newTrial(t, Settings{MaxServices: 1})
	ask := func(service string) {
		b := newBatch()
		b.get(service, "/a", 1, f.now, time.Millisecond)
		f.send(b.Traces)
		f.pass(time.Second)
	}
	ask("old")
	ask("new")
	if f.Find("new") != nil || f.Find("old") == nil {
		t.Error("it makes room at once")
	}
	f.pass(2 * time.Hour)
	ask("new")
	f.pass(20 * time.Second)
	if f.Find("old") != nil {
		t.Error("it makes no room")
	}
	if r := f.row("new", "GET /a"); r.Outcomes.Total() != 1 {
		t.Errorf("the new one has %d requests", r.Outcomes.Total())
	}
	if st := f.Stats(); st.RequestsPending != 0 || st.SpansHeld != chunkBytes {
		t.Errorf("%+v", st)
	}
}

// TestMaxEndpoints: endpoints beyond the bound share a row of their kind, until others have not been seen for an hour.
func TestMaxEndpoints(t *testing.T) {
	f := newTrial(t, Settings{MaxEndpoints: 3})
	ask := func(from, to int) {
		b := newBatch()
		for i := from; i < to; i++ {
			b.get("shop", fmt.Sprintf("/r%d", i), 1, f.now, time.Millisecond)
			b.span("shop", "x", client, 1, 2, 3, f.now, time.Millisecond, "db.system.name", "mysql", "db.query.summary", fmt.Sprintf("SELECT t%d", i))
		}
		f.send(b.Traces)
	}
	ask(0, 10)
	f.pass(20 * time.Second)
	s := f.Find("shop")
	if n := s.Endpoints(); n != 5 {
		t.Errorf("%d rows, want 3 and two that are shared", n)
	}
	rows, _ := s.Engine().Rows(engine.Query{Window: engine.All})
	total := uint64(0)
	for _, r := range rows {
		total += r.Outcomes.Total()
	}
	if total != 20 {
		t.Errorf("%d are counted, want 20", total)
	}
	if st := f.Stats(); st.OtherEndpoints != 17 {
		t.Errorf("%d in shared rows, want 17", st.OtherEndpoints)
	}
	f.pass(90 * time.Minute)
	ask(20, 21)
	f.pass(2 * time.Minute)
	ask(20, 21)
	f.pass(20 * time.Second)
	if r := f.row("shop", "GET /r20"); r.Outcomes.Total() != 1 {
		t.Errorf("a row that was made room for has %d requests, want 1", r.Outcomes.Total())
	}
	if n := s.Engine().Counted(); n != 24 {
		t.Errorf("%d are counted, want 24: those of forgotten rows stay in the sum", n)
	}
}

// TestSpansAreSharedFairly: a service that sends a hundred times as much leaves others their share.
func TestSpansAreSharedFairly(t *testing.T) {
	f := newTrial(t, Settings{SpanBytes: 40 * chunkBytes})
	n := uint64(0)
	for range 60 {
		b := newBatch()
		for range 2000 {
			n++
			b.get("loud", "/a", n, f.now, time.Millisecond)
		}
		for range 20 {
			n++
			b.get("quiet", "/a", n, f.now, time.Millisecond)
			b.get("other", "/a", n, f.now, time.Millisecond)
		}
		f.send(b.Traces)
		f.pass(time.Second)
		if st := f.Stats(); st.SpansHeld > 40*chunkBytes {
			t.Fatalf("%d bytes are held", st.SpansHeld)
		}
	}
	held := func(name string) (n int) {
		s := f.Find(name)
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, c := range s.held.chunks {
			for _, spans := range c.runs {
				n += len(spans)
			}
		}
		return n
	}
	if n := held("quiet"); n < 59*20 { // in the first second, the loud one had taken all
		t.Errorf("%d of the quiet one's 1200 spans are held", n)
	}
	if n := held("loud"); n < 2000 {
		t.Errorf("%d of the loud one's are held", n)
	}
}

// TestSpansAreLetGo: nothing is held for longer than two minutes.
func TestSpansAreLetGo(t *testing.T) {
	f := newTrial(t, Settings{})
	b := newBatch()
	b.get("shop", "/a", 1, f.now, time.Millisecond)
	f.send(b.Traces)
	f.pass(heldFor)
	if f.Stats().SpansHeld == 0 {
		t.Error("it is let go too early")
	}
	f.pass(2 * time.Second)
	if n := f.Stats().SpansHeld; n != 0 {
		t.Errorf("%d bytes are held", n)
	}
}

// TestCrowd: more than so many requests of a second are left out, and counted.
func TestCrowd(t *testing.T) {
	f := newTrial(t, Settings{SpanBytes: -1})
	b := newBatch()
	for i := range 10_000 {
		b.get("shop", "/a", uint64(i), f.now, time.Millisecond)
	}
	for range maxCrowd/10_000 + 1 {
		f.send(b.Traces)
	}
	f.pass(20 * time.Second)
	st := f.Stats()
	if n := f.Find("shop").Engine().Counted(); n != maxCrowd || st.Crowded != st.Requests-maxCrowd {
		t.Errorf("%d are counted, want %d; %+v", n, maxCrowd, st)
	}
}

// TestAllocations: spans of known endpoints that are not slow allocate nothing, once as many are held as may be.
func TestAllocations(t *testing.T) {
	f := newTrial(t, Settings{SpanBytes: 1 << 20})
	b := newBatch()
	for i := range 100 {
		order(b, uint64(i+1), f.now, 20*time.Millisecond)
	}
	for range 30 {
		f.send(b.Traces)
		f.pass(time.Second)
	}
	if n := testing.AllocsPerRun(100, func() { f.send(b.Traces) }); n != 0 {
		t.Errorf("%v allocations for 400 spans, want 0", n)
	}
}

// TestAllocationsOfSeconds: as seconds pass, only the ordinary requests that are looked at allocate, of which there are so many in a second
// and not more the more spans there are.
func TestAllocationsOfSeconds(t *testing.T) {
	for _, orders := range []int{100, 1000} { // of 4 spans
		f := newTrial(t, Settings{SpanBytes: 1 << 20})
		seconds, allocated := 0, uint64(0)
		for i := range 100 {
			b := newBatch()
			for j := range orders {
				order(b, uint64(i*orders+j+1), f.now, 20*time.Millisecond)
			}
			n := mallocs()
			f.send(b.Traces)
			if n = mallocs() - n; i >= 60 { // all that is remembered is there, and as many spans are held as may be
				seconds++
				allocated += n
			}
			f.pass(time.Second)
		}
		const most = 2 * ordinaryEach // services
		if each := float64(allocated) / float64(seconds); each > most {
			t.Errorf("%.1f allocations a second for %d spans, want at most %d", each, 4*orders, most)
		}
	}
}

func mallocs() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}
