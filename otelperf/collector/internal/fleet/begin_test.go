// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"testing"
	"time"
)

// TestTheTimeOfRates: it begins with the first request, however long seconds stay open.
func TestTheTimeOfRates(t *testing.T) {
	for _, lateness := range []time.Duration{2 * time.Second, time.Minute} {
		f := newTrial(t, Settings{Lateness: lateness})
		n := uint64(0)
		for range int(lateness/time.Second) + 10 {
			b := newBatch()
			for range 50 {
				n++
				b.get("shop", "/a", n, f.now, 40*time.Millisecond)
			}
			f.send(b.Traces)
			f.pass(time.Second)
		}
		r := f.row("shop", "GET /a")
		if rate := float64(r.Outcomes.Total()) / r.Seconds; rate < 45 || rate > 55 {
			t.Errorf("lateness %v: %v a second over %v s, want 50", lateness, rate, r.Seconds)
		}
	}
}

// TestTotalsHaveWhatIsOpen: they have all that was taken in, before it is judged and after, and never fall.
func TestTotalsHaveWhatIsOpen(t *testing.T) {
	f := newTrial(t, Settings{Lateness: 10 * time.Second})
	f.KeepTotals()
	total := func() (n uint64, since time.Time) {
		for x := range f.Find("shop").Totals {
			n, since = n+x.OK.Count()+x.Failed.Count(), x.Since
		}
		return n, since
	}
	b := newBatch()
	for n := range uint64(20) {
		b.get("shop", "/a", n+1, f.now, 40*time.Millisecond)
	}
	f.send(b.Traces)
	n, since := total()
	for range 30 {
		if again, at := total(); again != 20 || n != 20 || !at.Equal(since) {
			t.Fatalf("%d since %v, want 20 since %v", again, at, since)
		}
		f.pass(time.Second)
	}
	f.send(b.Traces)
	f.now = f.now.Add(-time.Hour)
	f.pass(time.Second)
	if n, _ := total(); n != 40 {
		t.Errorf("after the clock was set back there are %d, want 40", n)
	}
}

// TestSpansAstray: what is not held since its time cannot be beside that of others is not put down to want of room.
func TestSpansAstray(t *testing.T) {
	f := newTrial(t, Settings{})
	b := newBatch()
	for n := range uint64(5) { // the first in its chunk is one of them
		b.get("shop", "/a", n+2, f.now.Add(time.Hour), 40*time.Millisecond)
	}
	f.send(b.Traces)
	after := newBatch()
	after.get("shop", "/a", 7, f.now, 40*time.Millisecond)
	f.send(after.Traces)
	if st := f.Stats(); st.SpansAstray != 5 || st.SpansDropped != 0 {
		t.Errorf("%d are astray, %d without room", st.SpansAstray, st.SpansDropped)
	}
}
