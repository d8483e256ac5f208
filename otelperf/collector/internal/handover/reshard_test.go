// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/simulate"
)

const (
	// resharded is when a fifth collector comes, and disagreed how long those that spread spans do not agree.
	resharded = 60 * time.Minute
	disagreed = 8 * time.Second
)

// services are twelve, of which each third is slow from before the resharding to after it, each third from after it on.
func services(length time.Duration) (names []string, batches []simulate.Batch) {
	m := time.Minute
	for i := range 12 {
		name := fmt.Sprintf("service-%d", i)
		ep := simulate.Endpoint{Route: "/a", Rate: 4, Median: 40 * time.Millisecond}
		switch i % 3 {
		case 1:
			ep.Faults = []simulate.Fault{{From: 50 * m, To: 70 * m, Factor: 5, Share: 1}}
		case 2:
			ep.Faults = []simulate.Fault{{From: 66 * m, To: 76 * m, Factor: 5, Share: 1}}
		}
		batches = append(batches, simulate.Batches(uint64(i), simulate.Requests(uint64(i), name, noon, length, ep), 10, 5*time.Second)...)
		names = append(names, name)
	}
	slices.SortStableFunc(batches, func(a, b simulate.Batch) int { return a.At.Compare(b.At) })
	return names, batches
}

// TestReshard: while requests go on, a fifth collector comes to four. What moves to it is judged there as it was, incidents go on under
// their ids and end, others begin, and there is no other message than one collector alone would have sent.
func TestReshard(t *testing.T) {
	names, batches := services(90 * time.Minute)
	w := newTown(t, &memory{values: map[string][]byte{}}, 4)
	w.reshard(batches)
	moved := w.moved(names)
	if n := len(moved); n < 3 || n > 9 {
		t.Fatalf("%d services move, of which the test wants each kind: %q", n, moved)
	}
	for i, name := range names {
		want := min(i%3, 1)
		if n := w.count(name+" opened", ""); n != want {
			t.Errorf("%s has %d incidents, want %d", name, n, want)
		}
		if n := w.count(name+" closed", ""); n != want {
			t.Errorf("of %s %d incidents end, want %d", name, n, want)
		}
	}
	last := w.shards[4]
	for _, name := range moved {
		s := last.fleet.Find(name)
		if s == nil || !s.Adopted() {
			t.Errorf("%s did not begin with what was known of it", name)
		}
	}
	if st := last.keeper.Stats(); int(st.TakenOver) != len(moved) || st.Failures != 0 {
		t.Errorf("the fifth collector: %+v, want %d taken over", st, len(moved))
	}
	handed := uint64(0)
	for _, s := range w.shards[:4] {
		handed += s.keeper.Stats().HandedOver
	}
	if int(handed) != len(moved) {
		t.Errorf("%d services were handed over, want %d", handed, len(moved))
	}
	if t.Failed() {
		t.Log(w.text())
	}
}

// TestReshardWithoutState: what comes to another collector is learned there, and nothing of that is an alarm.
func TestReshardWithoutState(t *testing.T) {
	names, batches := services(90 * time.Minute)
	w := newTown(t, nil, 4)
	w.reshard(batches)
	for i, name := range names {
		if n := w.count(name + " opened"); n > min(i%3, 1) {
			t.Errorf("%s has %d incidents", name, n)
		}
	}
	for _, name := range w.moved(names) {
		if s := w.shards[4].fleet.Find(name); s == nil || s.Adopted() {
			t.Errorf("%s is not learned anew", name)
		}
	}
	if t.Failed() {
		t.Log(w.text())
	}
}

// reshard has a fifth collector come. For a while every second batch still goes where it went before.
func (w *town) reshard(batches []simulate.Batch) {
	w.run(batches, resharded, func(b *simulate.Batch) *shard { return w.of(b.Service, 4) })
	w.add()
	i := slices.IndexFunc(batches, func(b simulate.Batch) bool { return b.At.After(w.now.Add(-time.Second)) })
	n := 0
	w.run(batches[i:], 90*time.Minute+20*time.Second, func(b *simulate.Batch) *shard {
		if n++; w.now.Sub(noon) < resharded+disagreed && n%2 == 0 {
			return w.of(b.Service, 4)
		}
		return w.of(b.Service, 5)
	})
}

func (w *town) moved(names []string) (all []string) {
	for _, name := range names {
		if w.of(name, 4) != w.of(name, 5) {
			all = append(all, name)
		}
	}
	return all
}
