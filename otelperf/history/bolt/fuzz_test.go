// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"slices"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/layers"
)

// FuzzValues has any bytes in the place of what was stored, also such as are packed or sealed well: reading says what is damaged, and yields
// nothing else, and the next hour is stored.
func FuzzValues(f *testing.F) {
	shop := historytest.NewShop(2, 2)
	var frames [][]byte
	file := path(f)
	s := open(f, file)
	for _, i := range []int{0, 1, 2, 3, 50, 300, 301, 840, 900, 901, 902, 903} { // hours, six of them and a day are over
		historytest.Put(f, s, shop.Minute(historytest.At(i)))
	}
	_ = s.db.View(func(tx *bbolt.Tx) error { // a View of what is there does not fail
		for _, name := range allBuckets {
			if _, v := tx.Bucket(name).Cursor().First(); v != nil {
				frames = append(frames, append([]byte{}, v...))
			}
		}
		return nil
	})
	for i := range allBuckets {
		for _, v := range frames {
			f.Add(uint8(i), v, false)
		}
		f.Add(uint8(i), []byte(`{"id":"a","start":"2026-03-05T10:17:00Z"}`), true)
	}
	f.Fuzz(func(t *testing.T, bucket uint8, value []byte, packed bool) {
		name := allBuckets[1+int(bucket)%(len(allBuckets)-1)] // not the one that says what the file is
		plain := value
		if packed {
			value = layers.State(value) // compressed, as all events are
		}
		s := open(t, path(t))
		s.db.NoSync = true // nobody pulls the plug
		historytest.Put(t, s, shop.Minute(start))
		isSpan := slices.ContainsFunc(spanBuckets[:], func(b []byte) bool { return string(b) == string(name) })
		if isSpan {
			historytest.Put(t, s, shop.Minute(historytest.At(900)))
		}
		if err := s.db.Update(func(tx *bbolt.Tx) error {
			key := key32(start.Unix() / layers.HourSeconds)
			switch string(name) {
			case string(recentBucket):
				key = append(key32(start.Unix()/layers.MinuteSeconds), 9)
			case string(incidents), string(requests), string(marksBucket), string(stateBucket), string(incidentKeys):
				key = eventKey(start, "a")
			case string(daysBucket), string(quartersBucket):
				of := span{0, start.Unix() / layers.HourSeconds}
				for i, n := range spanHours {
					if string(spanBuckets[i]) == string(name) {
						of.from = of.to / n * n
						of.to = of.from + n
					}
				}
				key = key32(of.from)
				if proof, _ := proofOf(tx, of); packed { // in front of any rows
					value = append(layers.NewWriter().Span(layers.NewSum(), proof)[:8:8], plain...)
				}
			}
			return tx.Bucket(name).Put(key, value)
		}); err != nil {
			t.Fatal(err)
		}
		ask := func() {
			for part := range history.States + 1 {
				for _, step := range []history.Query{{Step: history.Minute}, {Step: history.TenMinutes}, {Step: history.Hour}} {
					step.What, step.From, step.To = part, historytest.At(-60), historytest.At(180)
					for b, err := range s.Range(t.Context(), step) {
						if err == nil && b == nil {
							t.Fatal("neither a batch nor an error")
						}
					}
				}
			}
			_, _ = history.Sum(t.Context(), s, history.Query{From: historytest.At(-24 * 60), To: historytest.At(24 * 60), Step: history.Hour}) // may be damaged
		}
		ask()
		for _, at := range []int{50, 120} { // the hours before are sealed
			if err := s.Append(t.Context(), shop.Minute(historytest.At(at))); err != nil {
				t.Fatal(err)
			}
		}
		ask()
	})
}
