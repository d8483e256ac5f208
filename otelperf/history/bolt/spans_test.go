// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"bytes"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/layers"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// long has minutes stored of all of them, so that a range is known to the minute.
var long = WithRetention(history.Retention{Minutes: 7 * 24 * time.Hour})

// days fills a store with three days, of which there are some minutes of each hour but for two gaps, and returns what it stored.
func days(t *testing.T, s *Store) (stored []*history.Batch, shop *historytest.Shop) {
	t.Helper()
	shop = historytest.NewShop(4, 1)
	for m := 0; m < 3*24*60; m += 13 {
		if h := m / 60; h >= 20 && h < 29 || h == 50 {
			continue
		}
		b := shop.Minute(historytest.At(m))
		historytest.Put(t, s, b)
		stored = append(stored, b)
	}
	return stored, shop
}

// checkSums compares sums of some ranges with those of what was stored: bucket by bucket.
func checkSums(t *testing.T, what string, s *Store, stored []*history.Batch) {
	t.Helper()
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 40 {
		from, to := r.IntN(75*60)-60, r.IntN(75*60)-60
		if i%3 == 0 {
			from, to = from/60*60-17, to/60*60-17 // whole hours
		}
		if i == 0 {
			from, to = -17-24*60, 80*60
		}
		if from == to {
			continue
		}
		q := history.Query{From: historytest.At(min(from, to)), To: historytest.At(max(from, to)), Step: history.Hour}
		want := map[conventions.Endpoint]*history.Row{}
		for _, b := range stored {
			if b.Time.Before(q.From) || !b.Time.Before(q.To) {
				continue
			}
			for j := range b.Rows {
				e := b.Rows[j].Endpoint
				if want[e] == nil {
					want[e] = &history.Row{Endpoint: e}
				}
				want[e].Add(&b.Rows[j])
			}
		}
		s.sums.forget()
		rows, err := s.Sum(t.Context(), q)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if len(rows) != len(want) {
			t.Fatalf("%s: %v to %v: %d rows, want %d", what, q.From, q.To, len(rows), len(want))
		}
		for _, got := range rows {
			w := want[got.Endpoint]
			if got.Outcomes != w.Outcomes || !maps.Equal(maps.Collect(got.Durations.Buckets()), maps.Collect(w.Durations.Buckets())) ||
				math.Abs(got.Durations.SumSeconds()/w.Durations.SumSeconds()-1) > .00025 {
				t.Fatalf("%s: %v to %v: %s is %v with %d durations, want %v with %d", what, q.From, q.To, got.Endpoint,
					got.Outcomes, got.Durations.Count(), w.Outcomes, w.Durations.Count())
			}
		}
	}
}

// spansIn is of which spans there is a sum, by its bucket.
func spansIn(t *testing.T, s *Store) (all [len(spanBuckets)][]int64) {
	t.Helper()
	err := s.view(t.Context(), func(tx *bbolt.Tx) error {
		for i, name := range spanBuckets {
			err := tx.Bucket(name).ForEach(func(k, v []byte) error {
				all[i] = append(all[i], number(k))
				_, _, err := layers.ReadSpan(v)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Whatever a range is and whatever sums are stored, it comes to what its minutes do.
func TestSpansAreSumsOfTheirMinutes(t *testing.T) {
	file := path(t)
	s := open(t, file, long)
	stored, shop := days(t, s)
	made := spansIn(t, s)
	if len(made[0]) != 2 || len(made[1]) < 8 {
		t.Errorf("there are sums of %v", made)
	}
	checkSums(t, "three days", s, stored)

	late := []int{1, 700, 1500, 1600, 2500} // as after a clock that was set back
	for _, m := range append(late, 3*24*60) {
		b := shop.Minute(historytest.At(m))
		historytest.Put(t, s, b)
		stored = append(stored, b)
	}
	checkSums(t, "late minutes", s, stored)
	for m := 3*24*60 + 1; m < 3*24*60+70; m++ {
		b := shop.Minute(historytest.At(m))
		historytest.Put(t, s, b)
		stored = append(stored, b)
	}
	checkSums(t, "late minutes that were sealed", s, stored)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	change(t, file, func(tx *bbolt.Tx) error { // a file of before there were any
		for _, name := range spanBuckets {
			if err := tx.DeleteBucket(name); err != nil {
				return err
			}
		}
		return nil
	})
	s = open(t, file, long)
	checkSums(t, "no sums", s, stored)
	for m := range 20 {
		b := shop.Minute(historytest.At(3*24*60 + 70 + m))
		historytest.Put(t, s, b)
		stored = append(stored, b)
	}
	if again := spansIn(t, s); len(again[0]) != len(made[0]) || len(again[1]) < len(made[1]) {
		t.Errorf("there are sums of %v, before were %v", again, made)
	}
	checkSums(t, "sums that were made again", s, stored)
}

// A sum that is damaged is counted, and its hours take its place.
func TestDamagedSpan(t *testing.T) {
	file := path(t)
	s := open(t, file, long)
	stored, _ := days(t, s)
	_ = s.Close()
	for what, at := range map[string]func(v []byte) int{
		"rows":  func(v []byte) int { return len(v) / 2 },
		"proof": func([]byte) int { return 5 },
	} {
		flip := func(tx *bbolt.Tx) error {
			for _, name := range spanBuckets {
				k, v := tx.Bucket(name).Cursor().First()
				k, v = bytes.Clone(k), bytes.Clone(v)
				v[at(v)] ^= 1
				if err := tx.Bucket(name).Put(k, v); err != nil {
					return err
				}
			}
			return nil
		}
		change(t, file, flip)
		s := open(t, file, long)
		checkSums(t, what, s, stored)
		st, err := s.Stats(t.Context())
		if err != nil || st.Damaged == 0 || !st.DamagedFrom.Equal(st.DamagedFrom.Truncate(6*time.Hour)) || s.Trouble() == "" {
			t.Errorf("%s: %+v, %v, trouble %q", what, st, err, s.Trouble())
		}
		_ = s.Close()
		change(t, file, flip) // as it was
	}
}

// What is deleted of hours is in no sum.
func TestSpansGoWithTheirHours(t *testing.T) {
	s := open(t, path(t), WithRetention(history.Retention{Minutes: time.Hour, TenMinutes: time.Hour, Hours: 40 * time.Hour}))
	stored, _ := days(t, s)
	first := int64(0)
	_ = s.view(t.Context(), func(tx *bbolt.Tx) error {
		k, _ := tx.Bucket(hoursBucket).Cursor().First()
		first = number(k)
		return nil
	})
	for _, spans := range spansIn(t, s) {
		if len(spans) == 0 || slices.Min(spans) < first {
			t.Errorf("sums of %v, the first hour is %d", spans, first)
		}
	}
	q := history.Query{From: historytest.At(-24 * 60), To: historytest.At(80 * 60), Step: history.Hour}
	rows, err := s.Sum(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	got, want := uint64(0), uint64(0)
	for i := range rows {
		got += rows[i].Outcomes.Total()
	}
	for _, b := range stored {
		for i := range b.Rows {
			if !b.Time.Before(hourTime(first)) {
				want += b.Rows[i].Outcomes.Total()
			}
		}
	}
	if got != want {
		t.Errorf("%d requests, want %d", got, want)
	}
}
