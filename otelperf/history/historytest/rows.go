// SPDX-License-Identifier: Apache-2.0

package historytest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// ranges: whatever a range and its steps are, what is read is what was stored in it, to the bucket.
func ranges(t *testing.T, subject Subject) {
	s, shop := subject.open(t, history.Retention{}), NewShop(7, 3)
	const minutes = 400
	var stored []*history.Batch
	for i := range minutes {
		if i >= 100 && i < 190 {
			continue // the service was down
		}
		b := shop.Minute(At(i))
		Put(t, s, b)
		if i%50 == 3 { // a restart within the minute
			more := shop.Minute(b.Time)
			Put(t, s, more)
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
		q := history.Query{From: At(min(from, to)), To: At(max(from, to))}
		q.Step = []time.Duration{0, history.Minute, history.TenMinutes, history.Hour}[r.IntN(4)]
		want := slices.DeleteFunc(slices.Clone(stored), func(b *history.Batch) bool { return b.Time.Before(q.From) || !b.Time.Before(q.To) })
		what := fmt.Sprintf("%v to %v by %v", q.From, q.To, q.Step)
		if r.IntN(3) == 0 {
			q.Endpoint = &shop.Endpoints[r.IntN(len(shop.Endpoints))]
		}
		got := Read(t, s, q)
		for _, b := range got {
			if b.Time.Add(b.Step).After(q.To) || b.Step > max(q.Step, history.Minute) {
				t.Fatalf("%s: a batch of %v for %v", what, b.Time, b.Step)
			}
		}
		sum := total(want)
		if q.Endpoint != nil {
			maps.DeleteFunc(sum, func(e conventions.Endpoint, _ *history.Row) bool { return e != *q.Endpoint })
		}
		same(t, what, total(got), sum)
		rows, err := history.Sum(t.Context(), s, q)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "the sum of "+what, total([]*history.Batch{{Rows: rows}}), sum)
	}
	if got := Read(t, s, history.Query{From: At(110), To: At(180)}); len(got) > 0 {
		t.Errorf("%d batches of a time at which the service was down", len(got))
	}
}

// adding: a minute of an hour that was over long ago is added to what is there, such as after the clock was set back.
func adding(t *testing.T, subject Subject) {
	s, shop := subject.open(t, history.Retention{}), NewShop(4, 2)
	var stored []*history.Batch
	for _, i := range []int{0, 1, 2, 100, 101, 200, 300, 1, 2, 3, 150, 301, 2} {
		b := shop.Minute(At(i))
		Put(t, s, b)
		stored = append(stored, b)
	}
	for _, step := range []time.Duration{history.Minute, history.TenMinutes, history.Hour} {
		same(t, fmt.Sprint("by ", step), total(Read(t, s, history.Query{From: At(-60), To: At(400), Step: step})), total(stored))
	}
	same(t, "one minute", total(Read(t, s, history.Query{From: At(2), To: At(3)})), total([]*history.Batch{stored[2], stored[8], stored[12]}))
}

// again: a batch that is appended again, because nobody knew whether it had arrived, is stored once.
func again(t *testing.T, subject Subject) {
	s, shop := subject.open(t, history.Retention{}), NewShop(4, 2)
	var stored []*history.Batch
	for i := range 3 {
		first := shop.Minute(At(i))
		first.Origin = "first"
		Put(t, s, first)
		Put(t, s, first)
		second := shop.Minute(At(i))
		second.Origin = "second"
		Put(t, s, second)
		Put(t, s, first)
		stored = append(stored, first, second)
	}
	same(t, "each twice", total(Read(t, s, history.Query{From: At(0), To: At(10)})), total(stored))
}

// retention: what is older than minutes are stored comes in ten minutes, and then in hours, and the numbers stay the same.
func retention(t *testing.T, subject Subject) {
	r := history.Retention{Minutes: time.Hour, TenMinutes: 3 * time.Hour, Hours: 6 * time.Hour, Events: 2 * time.Hour}
	s, shop := subject.open(t, r), NewShop(3, 2)
	first := Start.Truncate(time.Hour)
	const minutes = 10*60 + 1
	now := first.Add((minutes - 1) * time.Minute)
	var stored []*history.Batch
	for i := range minutes {
		b := shop.Minute(first.Add(time.Duration(i) * time.Minute))
		b.Marks = []history.Mark{{ID: fmt.Sprint(i), Time: b.Time}}
		Put(t, s, b)
		stored = append(stored, b)
	}
	if subject.Tidy != nil {
		subject.Tidy(t, s)
	}
	q := history.Query{From: first, To: first.Add(11 * time.Hour)}
	// Each may stay for up to two hours longer, and no less.
	check := func(what string, all []*history.Batch) {
		for _, b := range all {
			least, most := time.Duration(0), r.Minutes
			switch b.Step {
			case history.TenMinutes:
				least, most = r.Minutes, r.TenMinutes
			case history.Hour:
				least, most = r.TenMinutes, r.Hours
			}
			if age := now.Sub(b.Time); age < least || age > most+2*time.Hour {
				t.Errorf("%s: a step of %v is %v old; its retention is %+v", what, b.Step, age, r)
			}
		}
	}
	rows := Read(t, s, q)
	check("rows", rows)
	from := rows[0].Time
	if from.After(now.Add(-r.Hours)) {
		t.Errorf("rows begin at %v, want %v", from, now.Add(-r.Hours))
	}
	same(t, "all", total(rows), total(slices.DeleteFunc(stored, func(b *history.Batch) bool { return b.Time.Before(from) })))
	q.What = history.Signals
	signals := Read(t, s, q)
	check("signals", signals)
	if len(signals) != len(rows) {
		t.Errorf("%d steps of signals, %d of rows", len(signals), len(rows))
	}
	for _, b := range signals {
		if len(b.Signals) != 1 || b.Signals[0].Max != 1 || !(b.Signals[0].Mean > 0 && b.Signals[0].Mean < 1) {
			t.Errorf("signals of %v are %v", b.Time, b.Signals)
		}
	}
	q.What = history.Marks
	if n := len(Read(t, s, q)); n < 121 || n > 241 {
		t.Errorf("%d minutes with marks, want the last 121, or up to 241", n)
	}
}
