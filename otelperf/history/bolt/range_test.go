// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// total adds batches up.
func total(batches []*history.Batch) map[conventions.Endpoint]*history.Row {
	sum := map[conventions.Endpoint]*history.Row{}
	for _, b := range batches {
		for i := range b.Rows {
			r := &b.Rows[i]
			if sum[r.Endpoint] == nil {
				sum[r.Endpoint] = &history.Row{Endpoint: r.Endpoint}
			}
			sum[r.Endpoint].Add(r)
		}
	}
	return sum
}

// checkSame compares what was read with what is true: counts and buckets exactly.
func checkSame(t *testing.T, what string, got, want map[conventions.Endpoint]*history.Row) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d endpoints, want %d", what, len(got), len(want))
	}
	for e, w := range want {
		g := got[e]
		if g == nil || g.Outcomes != w.Outcomes {
			t.Fatalf("%s: %s is %+v, want %+v", what, e, g, w)
		}
		if !maps.Equal(maps.Collect(g.Durations.Buckets()), maps.Collect(w.Durations.Buckets())) {
			t.Fatalf("%s: %s: the buckets differ", what, e)
		}
		if d := math.Abs(g.Durations.SumSeconds()/w.Durations.SumSeconds() - 1); d > .00025 {
			t.Errorf("%s: %s: the sum is off by %.4f %%", what, e, 100*d)
		}
		for _, q := range []float64{.5, .9, .99, .999} {
			a, _ := g.Durations.Quantile(q)
			b, _ := w.Durations.Quantile(q)
			if math.Abs(float64(a)/float64(b)-1) > 2*latency.NewCoarse().ErrorBound()/8 {
				t.Errorf("%s: %s: quantile %v is %v, want %v", what, e, q, a, b)
			}
		}
	}
}

// Whatever a range and its steps are, what is read is what was stored in it, to the bucket.
func TestRangesAreWhatWasStored(t *testing.T) {
	s, shop := open(t, path(t)), newShop(7, 3)
	const minutes = 400
	var stored []*history.Batch
	for i := range minutes {
		if i >= 100 && i < 190 {
			continue // the service was down
		}
		b := shop.minute(start.Add(time.Duration(i) * time.Minute))
		put1(t, s, b)
		if i%50 == 3 { // a restart within the minute
			more := shop.minute(b.Time)
			put1(t, s, more)
			stored = append(stored, more)
		}
		stored = append(stored, b)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		from, to := r.IntN(minutes), r.IntN(minutes)
		if from == to {
			continue
		}
		q := history.Query{From: start.Add(time.Duration(min(from, to)) * time.Minute), To: start.Add(time.Duration(max(from, to)) * time.Minute)}
		q.Step = []time.Duration{0, history.Minute, history.TenMinutes, history.Hour}[r.IntN(4)]
		want := slices.DeleteFunc(slices.Clone(stored), func(b *history.Batch) bool { return b.Time.Before(q.From) || !b.Time.Before(q.To) })
		what := fmt.Sprintf("%v to %v by %v", q.From, q.To, q.Step)
		if r.IntN(3) == 0 {
			q.Endpoint = &shop.endpoints[r.IntN(len(shop.endpoints))]
		}
		got := read(t, s, q)
		last := time.Time{}
		for _, b := range got {
			if b.Time.Before(last) || b.Time.Before(q.From) || b.Time.Add(b.Step).After(q.To) || b.Step > max(q.Step, history.Minute) || b.Time.Unix()%int64(b.Step.Seconds()) != 0 {
				t.Fatalf("%s: a batch of %v for %v after %v", what, b.Time, b.Step, last)
			}
			last = b.Time.Add(b.Step)
		}
		sum := total(want)
		if q.Endpoint != nil {
			maps.DeleteFunc(sum, func(e conventions.Endpoint, _ *history.Row) bool { return e != *q.Endpoint })
		}
		checkSame(t, what, total(got), sum)
	}
}

// What is older than minutes are stored comes in ten minutes, and then in hours, and the numbers stay the same.
func TestRetentionCoarsens(t *testing.T) {
	s := open(t, path(t), WithRetention(history.Retention{Minutes: time.Hour, TenMinutes: 3 * time.Hour, Hours: 6 * time.Hour, Events: 2 * time.Hour}))
	shop := newShop(3, 2)
	first := start.Truncate(time.Hour)
	var stored []*history.Batch
	for i := range 10*60 + 1 {
		b := shop.minute(first.Add(time.Duration(i) * time.Minute))
		b.Marks = []history.Mark{{ID: fmt.Sprint(i), Time: b.Time}}
		put1(t, s, b)
		stored = append(stored, b)
	}
	q := history.Query{From: first, To: first.Add(11 * time.Hour)}
	steps := map[time.Duration]int{}
	for _, b := range read(t, s, q) {
		steps[b.Step]++
	}
	if want := map[time.Duration]int{history.Hour: 3, history.TenMinutes: 12, history.Minute: 61}; !maps.Equal(steps, want) {
		t.Errorf("steps are %v, want %v", steps, want)
	}
	checkSame(t, "6 hours", total(read(t, s, q)), total(stored[4*60:]))
	q.What = history.Signals
	clear(steps)
	for _, b := range read(t, s, q) {
		steps[b.Step]++
		if len(b.Signals) != 1 || b.Signals[0].Max != 1 || !(b.Signals[0].Mean > 0 && b.Signals[0].Mean < 1) {
			t.Errorf("signals of %v are %v", b.Time, b.Signals)
		}
	}
	if want := map[time.Duration]int{history.Hour: 3, history.TenMinutes: 12, history.Minute: 61}; !maps.Equal(steps, want) {
		t.Errorf("steps of signals are %v, want %v", steps, want)
	}
	q.What = history.Marks
	if n := len(read(t, s, q)); n != 121 {
		t.Errorf("%d minutes with marks, want 121", n)
	}
}
