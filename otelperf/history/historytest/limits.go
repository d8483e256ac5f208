// SPDX-License-Identifier: Apache-2.0

package historytest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// hostile: names may have anything in them, and are told apart byte by byte.
func hostile(t *testing.T, subject Subject) {
	s, b := subject.open(t, history.Retention{}), empty(0)
	for i, route := range []string{
		"", "/", "/\x00", "/\x00\x00", "/\xff\xfe", "/'; DROP TABLE x; --", `/"\`, "/é", "/e\u0301", "/E\u0301", "/a ", "/a", "/A", "/%", "/_", "/\u202e", "/\n", "/" + strings.Repeat("x", 500),
	} {
		row := history.Row{Endpoint: conventions.Endpoint{Method: "GET\x00", Route: route}, Durations: new(latency.Histogram)}
		row.Outcomes[slowlog.OutcomeOK] = uint64(i + 1)
		row.Durations.Record(time.Duration(i+1) * time.Millisecond)
		b.Rows = append(b.Rows, row)
	}
	for k := range conventions.NumKinds {
		row := history.Row{Endpoint: conventions.Endpoint{Kind: conventions.Kind(k), Route: "kinds"}}
		row.Outcomes[slowlog.OutcomeClientError] = uint64(k) + 1
		b.Rows = append(b.Rows, row)
	}
	b.Signals = []history.Signal{{Name: "\x00\xff'", Mean: 1, Max: 2}}
	b.Incidents = []history.Incident{{ID: "\x00'\xff", Start: At(0), Detail: json.RawMessage(`{"a":"\u0000\ud800"}`)}}
	b.Marks = []history.Mark{{ID: "\x00'", Time: At(0), Kind: "'", Text: "\x00\"", By: "\u202e"}}
	Put(t, s, b)
	for _, step := range []time.Duration{history.Minute, history.Hour} {
		same(t, fmt.Sprint("by ", step), total(Read(t, s, history.Query{From: At(-17), To: At(43), Step: step})), total([]*history.Batch{b}))
	}
	for i := range b.Rows {
		one := Read(t, s, history.Query{From: At(0), To: At(1), Endpoint: &b.Rows[i].Endpoint})
		if len(one) != 1 || len(one[0].Rows) != 1 || one[0].Rows[0].Outcomes != b.Rows[i].Outcomes {
			t.Errorf("of %q alone there is %+v", b.Rows[i].Endpoint, one)
		}
	}
	for part, is := range map[history.Part]func(*history.Batch) bool{
		history.Signals:   func(got *history.Batch) bool { return got.Signals[0] == b.Signals[0] },
		history.Incidents: func(got *history.Batch) bool { return string(got.Incidents[0].Detail) == string(b.Incidents[0].Detail) },
		history.Marks:     func(got *history.Batch) bool { return got.Marks[0].Text == b.Marks[0].Text },
	} {
		if got := Read(t, s, history.Query{What: part, From: At(0), To: At(1)}); len(got) != 1 || !is(got[0]) {
			t.Errorf("of part %d there is %+v", part, got)
		}
	}
}

// extremes: the most of everything, durations of any length, and histograms of others' buckets.
func extremes(t *testing.T, subject Subject) {
	s, b := subject.open(t, history.Retention{}), empty(0)
	row := func(route string, h *latency.Histogram, n uint64, guessed bool) {
		r := history.Row{Endpoint: conventions.Endpoint{Method: "GET", Route: route}, Durations: h, Guessed: guessed}
		r.Outcomes[slowlog.OutcomeOK] = n
		b.Rows = append(b.Rows, r)
	}
	wide := new(latency.Histogram)
	for _, d := range []time.Duration{1, 1000, time.Second, 1000 * time.Hour} {
		wide.Record(d)
	}
	coarse := latency.NewCoarse()
	coarse.Record(time.Second)
	guessed := new(latency.Histogram)
	guessed.MergeRange(time.Millisecond, time.Second, 100)
	busy := new(latency.Histogram)
	busy.MergeBucket(100, 1<<40)
	busy.AddSum(100 * time.Hour)
	row("wide", wide, 4, false)
	row("coarse", coarse, 1, false)
	row("guessed", guessed, 100, true)
	row("busy", busy, 1<<40, false)
	row("untimed", nil, 3, false)
	for i := len(b.Rows); i < history.MaxRows; i++ {
		row(fmt.Sprint("/", i), nil, 1, false)
	}
	Put(t, s, b)
	want := total([]*history.Batch{b})
	got := total(Read(t, s, history.Query{From: At(0), To: At(1)}))
	delete(want, b.Rows[3].Endpoint) // its sum was made up
	delete(got, b.Rows[3].Endpoint)
	same(t, "extremes", got, want)
}

// refusals: what no store takes is refused whole, and what is asked wrongly is said.
func refusals(t *testing.T, subject Subject) {
	s := subject.open(t, history.Retention{})
	good := NewShop(1, 1).Minute(At(0))
	for name, spoil := range map[string]func(*history.Batch){
		"step":     func(b *history.Batch) { b.Step = history.Hour },
		"time":     func(b *history.Batch) { b.Time = b.Time.Add(time.Second) },
		"year":     func(b *history.Batch) { b.Time = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC) },
		"two rows": func(b *history.Batch) { b.Rows = append(b.Rows, b.Rows[0]) },
		"kind": func(b *history.Batch) {
			b.Rows = []history.Row{{Endpoint: conventions.Endpoint{Kind: conventions.NumKinds}}}
		},
		"signal":   func(b *history.Batch) { b.Signals = []history.Signal{{}} },
		"incident": func(b *history.Batch) { b.Incidents = []history.Incident{{}} },
		"large detail": func(b *history.Batch) {
			b.Incidents = []history.Incident{{ID: "a", Start: At(0), Detail: make([]byte, history.MaxDetail+1)}}
		},
		"no JSON": func(b *history.Batch) { b.Incidents = []history.Incident{{ID: "a", Start: At(0), Detail: []byte("{")}} },
		"mark":    func(b *history.Batch) { b.Marks = []history.Mark{{Time: At(0)}} },
		"state":   func(b *history.Batch) { b.State = make([]byte, history.MaxState+1) },
		"origin":  func(b *history.Batch) { b.Origin = strings.Repeat("o", history.MaxIDLength+1) },
	} {
		b := *good
		spoil(&b)
		if err := s.Append(t.Context(), &b); !errors.Is(err, history.ErrBatch) {
			t.Errorf("%s: error %v, want ErrBatch", name, err)
		}
	}
	for part := range history.States + 1 {
		if got := Read(t, s, history.Query{What: part, From: At(-60), To: At(60)}); len(got) > 0 {
			t.Errorf("of batches that were refused there is %+v", got[0])
		}
	}
	for name, q := range map[string]history.Query{
		"to":    {From: At(1), To: At(1)},
		"step":  {From: At(0), To: At(1), Step: 5 * time.Minute},
		"what":  {What: history.States + 1, From: At(0), To: At(1)},
		"range": {From: At(0), To: At(history.MaxSteps + 1)},
		"year":  {From: time.Unix(-1, 0), To: At(0), What: history.Marks},
	} {
		if err := first(s, t.Context(), q); !errors.Is(err, history.ErrQuery) {
			t.Errorf("%s: error %v, want ErrQuery", name, err)
		}
	}
}

// first is the first error of a query.
func first(s history.Store, ctx context.Context, q history.Query) error {
	for _, err := range s.Range(ctx, q) {
		if err != nil {
			return err
		}
	}
	return nil
}

func ended(t *testing.T, subject Subject) {
	s := subject.open(t, history.Retention{})
	shop := NewShop(1, 1)
	Put(t, s, shop.Minute(At(0)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Append(ctx, shop.Minute(At(1))); !errors.Is(err, context.Canceled) {
		t.Errorf("Append: %v, want that the context has ended", err)
	}
	for part := range history.States + 1 {
		if err := first(s, ctx, history.Query{What: part, From: At(0), To: At(1)}); !errors.Is(err, context.Canceled) {
			t.Errorf("Range of part %d: %v, want that the context has ended", part, err)
		}
	}
	for b, err := range s.Range(t.Context(), history.Query{From: At(0), To: At(60)}) {
		if err != nil || b.Time.Equal(At(1)) {
			t.Errorf("a batch of an ended context was stored, or %v", err)
		}
		break // which must leave nothing locked
	}
	Put(t, s, shop.Minute(At(2)))
}

func closed(t *testing.T, subject Subject) {
	s := subject.open(t, history.Retention{})
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if err := s.Append(t.Context(), NewShop(1, 1).Minute(At(0))); !errors.Is(err, history.ErrClosed) {
		t.Errorf("Append: %v", err)
	}
	if err := first(s, t.Context(), history.Query{From: At(0), To: At(1)}); !errors.Is(err, history.ErrClosed) {
		t.Errorf("Range: %v", err)
	}
}

// concurrent: readers see whole batches, however many read while it is written.
func concurrent(t *testing.T, subject Subject) {
	s := subject.open(t, history.Retention{})
	const minutes = 90
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		wg.Go(func() {
			for last := 0; ; {
				select {
				case <-done:
					return
				default:
				}
				n := 0
				for b, err := range s.Range(context.Background(), history.Query{From: At(0), To: At(minutes)}) {
					if err != nil || len(b.Rows) != 2 {
						t.Errorf("%d rows, %v", len(b.Rows), err)
						return
					}
					n++
				}
				if n < last {
					t.Errorf("%d minutes after %d", n, last)
				}
				last = n
			}
		})
	}
	for i := range minutes {
		b := empty(i)
		for _, route := range []string{"/a", "/b"} {
			row := history.Row{Endpoint: conventions.Endpoint{Route: route}}
			row.Outcomes[slowlog.OutcomeOK] = math.MaxUint32
			b.Rows = append(b.Rows, row)
		}
		if err := s.Append(context.Background(), b); err != nil {
			t.Error(err)
		}
	}
	close(done)
	wg.Wait()
}
