// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/simulate"
	"github.com/otelperf/otelperf-go/otelperf/engine"
)

// steady is a service that does what is usual, every two seconds.
func steady(length time.Duration) []simulate.Batch {
	var all []simulate.Request
	for at := time.Duration(0); at < length; at += 2 * time.Second {
		all = append(all, simulate.Request{Service: "shop", Route: "/a", End: noon.Add(at), Duration: (30 + at/time.Second%20) * time.Millisecond, Status: 200})
	}
	return simulate.Batches(1, all, 1, 5*time.Second)
}

// TestSilenceOfWhatHasMoved: a service that goes to another collector is silent at the first one, which would be an alarm after a day, and
// one that really falls silent still is.
func TestSilenceOfWhatHasMoved(t *testing.T) {
	if testing.Short() {
		t.Skip("a day of a service, three times")
	}
	const day, moves, ends = 24 * time.Hour, 25 * time.Hour, 26 * time.Hour
	batches := steady(ends)
	for _, tt := range []struct {
		about    string
		store    Store
		mayLeave bool
		second   bool // what comes after the move goes to the second collector; else nowhere
		alarms   int
		severity engine.Severity // of the alarm
	}{
		{"moved", &memory{values: map[string][]byte{}}, false, true, 0, ""},
		{"fell silent", &memory{values: map[string][]byte{}}, false, false, 1, engine.Critical},
		{"moved without a state", nil, false, true, 1, engine.Critical},
		{"moved without a state, which may be", nil, true, true, 1, engine.Warning},
	} {
		t.Run(tt.about, func(t *testing.T) {
			w := newTown(t, tt.store, 2)
			for _, s := range w.shards {
				set := s.fleet.Settings()
				set.MayLeave = tt.mayLeave
				if err := s.fleet.Configure(set); err != nil {
					t.Fatal(err)
				}
			}
			w.run(batches, ends, func(b *simulate.Batch) *shard {
				switch {
				case b.At.Sub(noon) < moves:
					return w.shards[0]
				case tt.second:
					return w.shards[1]
				}
				return nil
			})
			if n := w.count("opened"); n != tt.alarms {
				t.Errorf("%d alarms, want %d:\n%s", n, tt.alarms, w.text())
			}
			if tt.severity == "" {
				return
			}
			s := w.shards[0].fleet.Find("shop")
			in := s.Engine().Incidents()[0]
			if in.Severity() != tt.severity || strings.Contains(in.Reason, "cannot be told") != tt.mayLeave {
				t.Errorf("it is %s: %s", in.Severity(), in.Reason)
			}
		})
	}
}

// TestBack: a service that comes back to a collector is taken again, once the other one has nothing of it any more, has ended, or is gone.
func TestBack(t *testing.T) {
	for _, how := range []string{"nothing comes there", "it has ended", "it is gone"} {
		t.Run(how, func(t *testing.T) {
			w := newTown(t, &memory{values: map[string][]byte{}}, 2)
			a, b := w.shards[0], w.shards[1]
			batches := steady(30 * time.Minute)
			to := a
			part := func(end time.Duration) {
				for len(batches) > 0 && batches[0].At.Before(w.now) {
					batches = batches[1:]
				}
				w.run(batches, end, func(*simulate.Batch) *shard { return to })
			}
			part(10 * time.Minute)
			to = b
			part(12 * time.Minute)
			if a.fleet.Find("shop") != nil || b.fleet.Find("shop") == nil {
				t.Fatal("it has not moved")
			}
			to = a
			switch how {
			case "it has ended":
				if err := b.keeper.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
				w.shards = w.shards[:1]
			case "it is gone":
				w.shards = w.shards[:1]
			}
			part(20 * time.Minute)
			s := a.fleet.Find("shop")
			if s == nil || !s.Adopted() {
				t.Fatalf("it is not taken again: %v", s)
			}
			if how == "nothing comes there" && b.fleet.Find("shop") != nil {
				t.Error("the other one has it still")
			}
			if len(w.told) > 0 {
				t.Errorf("told: %s", w.text())
			}
		})
	}
}

// TestBothGetIt: where spans of a service go to two collectors all the time, one has it, and says nothing untrue; the other counts what it
// does not look at.
func TestBothGetIt(t *testing.T) {
	w := newTown(t, &memory{values: map[string][]byte{}}, 2)
	n := 0
	w.run(steady(40*time.Minute), 40*time.Minute, func(*simulate.Batch) *shard { n++; return w.shards[n%2] })
	has := 0
	for _, s := range w.shards {
		if s.fleet.Find("shop") != nil {
			has++
		} else if s.fleet.Stats().Moved < 100 {
			t.Errorf("%s counts only %d spans of what another one has", s.name, s.fleet.Stats().Moved)
		}
	}
	if has != 1 || len(w.told) > 0 {
		t.Errorf("%d collectors have it; told: %s", has, w.text())
	}
}

// TestRestart: a process that was killed goes on from what it wrote last, at most a minute before, and an incident goes on.
func TestRestart(t *testing.T) {
	m := time.Minute
	batches := simulate.Batches(1, simulate.Requests(1, "shop", noon, 60*m, simulate.Endpoint{
		Route: "/a", Rate: 4, Median: 40 * time.Millisecond, Faults: []simulate.Fault{{From: 30 * m, To: 45 * m, Factor: 5, Share: 1}},
	}), 5, 5*time.Second)
	w := newTown(t, &memory{values: map[string][]byte{}}, 1)
	w.run(batches, 35*m, func(*simulate.Batch) *shard { return w.shards[0] })
	w.shards = nil
	w.add().keeper.Collector = "the next process"
	for batches[0].At.Before(w.now) {
		batches = batches[1:]
	}
	w.run(batches, 60*m, func(*simulate.Batch) *shard { return w.shards[0] })
	if w.count("opened") != 1 || w.count("resumed") != 1 || w.count("closed") != 1 {
		t.Error(w.text())
	}
}

// TestStoreDown: a store that fails or hangs neither loses nor holds up an incident, and services are learned anew.
func TestStoreDown(t *testing.T) {
	m := time.Minute
	batches := simulate.Batches(1, simulate.Requests(1, "shop", noon, 40*m, simulate.Endpoint{
		Route: "/a", Rate: 4, Median: 40 * time.Millisecond, Faults: []simulate.Fault{{From: 20 * m, To: 30 * m, Factor: 5, Share: 1}},
	}), 5, 5*time.Second)
	store := &memory{values: map[string][]byte{}, down: true}
	w := newTown(t, store, 1)
	w.run(batches, 42*m, func(*simulate.Batch) *shard { return w.shards[0] })
	if w.count("opened") != 1 || w.count("closed") != 1 {
		t.Error(w.text())
	}
	if st := w.shards[0].keeper.Stats(); st.Failures == 0 || st.TakenOver != 0 {
		t.Errorf("%+v", st)
	}
}

// TestDamagedState: what cannot be read is as if nothing were known.
func TestDamagedState(t *testing.T) {
	store := &memory{values: map[string][]byte{}}
	key := Key("otelperf", fleet.Name{Name: "shop"})
	store.values[key+".state"], store.values[key+".owner"] = []byte("nonsense"), []byte("{")
	w := newTown(t, store, 1)
	w.run(steady(5*time.Minute), 5*time.Minute, func(*simulate.Batch) *shard { return w.shards[0] })
	s := w.shards[0].fleet.Find("shop")
	if s == nil || s.Adopted() || s.Engine().Counted() < 100 {
		t.Fatalf("the service is %+v", s)
	}
	if _, err := decode(store.values[key+".state"]); err != nil || ownerOf(store.values[key+".owner"]).Collector == "" {
		t.Errorf("it was not written anew: %v", err)
	}
}

// TestEncodeIsBounded: of too many endpoints those are kept that were seen last.
func TestEncodeIsBounded(t *testing.T) {
	w := newTown(t, &memory{values: map[string][]byte{}}, 1)
	var all []simulate.Request
	for i := range 20 {
		all = append(all, simulate.Requests(uint64(i), "shop", noon, 5*time.Minute, simulate.Endpoint{Route: "/" + strings.Repeat("x", i+1), Rate: 2, Median: 40 * time.Millisecond})...)
	}
	w.run(simulate.Batches(1, all, 1, time.Second), 6*time.Minute, func(*simulate.Batch) *shard { return w.shards[0] })
	s := w.shards[0].fleet.Find("shop")
	whole, err := encode(s, "w", "h", w.now, 4<<20)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes for 20 endpoints", len(whole))
	half, err := encode(s, "w", "h", w.now, len(whole)/2)
	if err != nil || len(half) > len(whole)/2 {
		t.Fatalf("%d bytes, %v", len(half), err)
	}
	found, err := decode(half)
	if err != nil || len(found.baselines) < 5 || len(found.baselines) > 15 {
		t.Errorf("%d endpoints, %v", len(found.baselines), err)
	}
}
