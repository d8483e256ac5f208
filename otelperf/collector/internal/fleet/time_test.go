// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"testing"
	"time"
)

// TestEventTime: a request counts once its second is judged, what is late in the oldest second that is open, what is ahead now.
func TestEventTime(t *testing.T) {
	f := newTrial(t, Settings{Lateness: 3 * time.Second})
	b := newBatch()
	b.get("shop", "/on/time", 1, f.now, 40*time.Millisecond)
	f.send(b.Traces)
	f.pass(3 * time.Second)
	if s := f.Find("shop"); s.Engine().Counted() != 0 {
		t.Error("it is judged before its second is 3 s ago")
	}
	f.pass(time.Second)
	if n := f.Find("shop").Engine().Counted(); n != 1 {
		t.Errorf("%d are counted, want 1", n)
	}
	b = newBatch()
	b.get("shop", "/late", 2, f.now.Add(-time.Minute), 40*time.Millisecond)
	b.get("shop", "/ahead", 3, f.now.Add(time.Hour), 40*time.Millisecond)
	f.send(b.Traces)
	if st := f.Stats(); st.Late != 1 || st.Ahead != 1 || st.Requests != 3 || st.RequestsPending != 2 {
		t.Errorf("got %+v, want 1 late, 1 ahead, 2 of 3 waiting", st)
	}
	f.pass(time.Second)
	if n := f.Find("shop").Engine().Counted(); n != 2 {
		t.Errorf("%d are counted, want the late one, too", n)
	}
	f.pass(3 * time.Second)
	if n := f.Find("shop").Engine().Counted(); n != 3 {
		t.Errorf("%d are counted, want all 3", n)
	}
	if st := f.Stats(); st.RequestsPending != 0 {
		t.Errorf("%d wait still", st.RequestsPending)
	}
}

// TestClockSetBack: the collector's own clock goes back by an hour, and on from there.
func TestClockSetBack(t *testing.T) {
	f := newTrial(t, Settings{})
	send := func(n uint64) {
		b := newBatch()
		b.get("shop", "/a", n, f.now, 40*time.Millisecond)
		f.send(b.Traces)
		f.pass(time.Second)
	}
	for n := range uint64(60) {
		send(n + 1)
	}
	f.now = f.now.Add(-time.Hour)
	for n := range uint64(60) {
		send(n + 100)
	}
	f.pass(20 * time.Second)
	if n := f.Find("shop").Engine().Counted(); n < 110 || n > 120 {
		t.Errorf("%d of 120 requests are counted: at most those of the open seconds may be missing", n)
	}
	if st := f.Stats(); st.RequestsPending != 0 {
		t.Errorf("%d wait still", st.RequestsPending)
	}
}

// TestReconfigured: a longer and a shorter lateness lose nothing of what is open.
func TestReconfigured(t *testing.T) {
	f := newTrial(t, Settings{Lateness: 5 * time.Second})
	sent := uint64(0)
	for _, lateness := range []time.Duration{20 * time.Second, 2 * time.Second, 9 * time.Second} {
		for range 40 {
			b := newBatch()
			for range 3 {
				sent++
				b.get("shop", "/a", sent, f.now.Add(-time.Duration(sent%5)*time.Second), 40*time.Millisecond)
			}
			f.send(b.Traces)
			f.pass(time.Second)
		}
		if err := f.Configure(Settings{Lateness: lateness}); err != nil {
			t.Fatal(err)
		}
	}
	f.pass(time.Minute)
	if n := f.Find("shop").Engine().Counted(); n != sent {
		t.Errorf("%d are counted, want %d", n, sent)
	}
}
