// SPDX-License-Identifier: Apache-2.0

package layers

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
	"github.com/otelperf/otelperf-go/slowlog"
)

// query is about the hour of historytest.Start.
func query(step time.Duration) *history.Query {
	hour := historytest.Start.Truncate(time.Hour)
	return &history.Query{From: hour, To: hour.Add(time.Hour), Step: step}
}

var at = historytest.Start.Unix() / HourSeconds

// written is some minutes in layers, and three more, of so many endpoints.
func written(tb testing.TB, minutes, endpoints int) (s Stored, requests uint64) {
	tb.Helper()
	w, shop := NewWriter(), historytest.NewShop(endpoints, 2)
	minute := func(m int) {
		b := shop.Minute(historytest.At(m))
		for i := range b.Rows {
			requests += b.Rows[i].Outcomes.Total()
		}
		s.Recent = append(s.Recent, Recent{Minute: b.Time.Unix() / MinuteSeconds, Rows: w.Minute(b.Rows), Signals: MinuteSignals(b, "")})
	}
	for m := range minutes {
		minute(m)
	}
	rows, err := w.Rows(at, &s)
	signals, err2 := Signals(at, &s)
	if err := errors.Join(err, err2); err != nil {
		tb.Fatal(err)
	}
	s = Stored{Rows: rows, Signals: signals}
	for m := range 3 {
		minute(minutes + m)
	}
	return s, requests
}

func requestsOf(batches Batches) (n uint64) {
	for _, b := range batches {
		for _, r := range b().Rows {
			n += r.Outcomes.Total()
		}
	}
	return n
}

// Parts of an hour that are known differently are read as finely as all of them are.
func TestPartsAreReadAlike(t *testing.T) {
	s, n := written(t, 30, 5)
	coarse := s
	coarse.Rows[ByMinute] = nil
	for _, step := range []time.Duration{history.Minute, history.TenMinutes, history.Hour} {
		batches, err := Rows(query(step), at, s, coarse)
		if err != nil || requestsOf(batches) != 2*n {
			t.Errorf("by %v: %d requests, want %d, %v", step, requestsOf(batches), 2*n, err)
		}
		for _, b := range batches {
			if got := b().Step; got != max(step, history.TenMinutes) {
				t.Errorf("by %v: a step of %v", step, got)
			}
		}
	}
}

// Whatever layer or minute is damaged, the error says so, and what is not is read.
func TestDamageIsOfItsPartAlone(t *testing.T) {
	sound, n := written(t, 30, 5)
	for name, damage := range map[string]func(*Stored){
		"hour":        func(s *Stored) { s.Rows[ByHour] = slices.Clone(s.Rows[ByHour]); s.Rows[ByHour][20]++ },
		"ten minutes": func(s *Stored) { s.Rows[ByTenMinutes] = s.Rows[ByTenMinutes][:30] },
		"minutes":     func(s *Stored) { s.Rows[ByMinute] = []byte{} },
		"a minute":    func(s *Stored) { s.Recent = slices.Clone(s.Recent); s.Recent[2].Rows = []byte{77} },
	} {
		s := sound
		damage(&s)
		if s.Sound() != (name == "a minute") || s.Recent[2].Readable() != (name != "a minute") {
			t.Errorf("%s: the layers are sound: %v, the minute is readable: %v", name, s.Sound(), s.Recent[2].Readable())
		}
		batches, err := Rows(query(history.Minute), at, s, sound)
		if !errors.Is(err, history.ErrDamaged) {
			t.Errorf("%s: error %v", name, err)
		}
		if got := requestsOf(batches); got <= n || got > 2*n {
			t.Errorf("%s: %d requests, want more than the %d of the part that is sound", name, got, n)
		}
	}
}

// Bytes of anybody end in values within bounds, or in an error that says they are damaged.
func FuzzRead(f *testing.F) {
	s, _ := written(f, 2, 1)
	event, err := Event(&slowlog.Entry{Method: "GET", Route: "/"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s.Rows[ByHour], s.Rows[ByTenMinutes], s.Rows[ByMinute], s.Recent[0].Rows, s.Recent[0].Signals, event)
	f.Add(s.Recent[0].Rows, s.Rows[ByMinute], s.Rows[ByTenMinutes], s.Rows[ByHour], s.Signals[ByMinute], State([]byte("x")))
	sum := NewSum()
	if err := sum.Add(s.Rows[ByHour]); err != nil {
		f.Fatal(err)
	}
	f.Add(NewWriter().Span(sum, 1), s.Rows[ByTenMinutes], s.Rows[ByMinute], s.Recent[1].Rows, s.Signals[ByHour], event)
	f.Add([]byte{}, []byte{1}, []byte(nil), []byte{1, 0, 10}, event, []byte("{}"))
	f.Fuzz(func(t *testing.T, hour, tens, minutes, recent, signals, event []byte) {
		s := Stored{
			Rows: [NumDepths][]byte{hour, tens, minutes}, Signals: [NumDepths][]byte{signals, signals, signals},
			Recent: []Recent{{Minute: at * HourMinutes, Rows: recent, Signals: signals}},
		}
		check := func(err error) {
			if err != nil && !errors.Is(err, history.ErrDamaged) {
				t.Errorf("error %v", err)
			}
		}
		q := query(history.Minute)
		batches, err := Rows(q, at, s)
		check(err)
		if more, err := SignalRows(q, at, &s); err == nil {
			batches = append(batches, more...)
		} else {
			check(err)
		}
		for _, b := range batches {
			b := b()
			if b.Time.Before(q.From) || !b.Time.Before(q.To) || len(b.Rows) > 2*history.MaxRows {
				t.Errorf("a batch of %v with %d rows", b.Time, len(b.Rows))
			}
		}
		sum := NewSum()
		for _, edge := range []time.Duration{0, 7 * time.Minute, 40 * time.Minute} {
			check(sum.AddHour(&history.Query{From: q.From.Add(edge), To: q.To, Step: history.Hour}, at, s))
		}
		_, rows, err := ReadSpan(hour)
		if check(err); err == nil {
			check(sum.Add(rows))
		}
		w := NewWriter()
		if _, _, err := ReadSpan(w.Span(sum, 7)); err != nil {
			t.Errorf("a sum that was made cannot be read: %v", err)
		}
		layers, err := w.Rows(at, &s)
		check(err)
		if again := (&Stored{Rows: layers}); !again.Sound() {
			t.Error("layers that were made cannot be read")
		}
		for part := history.Incidents; part <= history.States; part++ {
			c := Collector{Query: &history.Query{What: part}, Yield: func(_ *history.Batch, err error) bool { check(err); return true }}
			c.Add(q.From, event)
			c.Flush()
		}
	})
}
