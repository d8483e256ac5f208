// SPDX-License-Identifier: Apache-2.0

package bolt

import (
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
	for i := range 60 {
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
		if packed {
			value = layers.State(value) // compressed, as all events are
		}
		s := open(t, path(t))
		historytest.Put(t, s, shop.Minute(start))
		if err := s.db.Update(func(tx *bbolt.Tx) error {
			key := key32(start.Unix() / layers.HourSeconds)
			switch string(name) {
			case string(recentBucket):
				key = append(key32(start.Unix()/layers.MinuteSeconds), 9)
			case string(incidents), string(requests), string(marksBucket), string(stateBucket), string(incidentKeys):
				key = eventKey(start, "a")
			}
			return tx.Bucket(name).Put(key, value)
		}); err != nil {
			t.Fatal(err)
		}
		ask := func() {
			for part := range history.States + 1 {
				for _, step := range []history.Query{{Step: history.Minute}, {Step: history.TenMinutes}, {Step: history.Hour}} {
					step.What, step.From, step.To = part, start.Add(-historytest.At(60).Sub(start)), historytest.At(180)
					for b, err := range s.Range(t.Context(), step) {
						if err == nil && b == nil {
							t.Fatal("neither a batch nor an error")
						}
					}
				}
			}
			_, _ = history.Sum(t.Context(), s, history.Query{From: historytest.At(-120), To: historytest.At(180), Step: history.Hour}) // may be damaged
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
