// SPDX-License-Identifier: Apache-2.0

//go:build unix

package history

import (
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
	"github.com/otelperf/otelperf-go/otelperf/history/sqlstore"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// What several instances store at the same time, each some batches twice, is what is read: to the bucket, before hours are merged and after.
func TestInstancesAreOne(t *testing.T) {
	databases(t, func(t *testing.T, d *database) {
		const instances, minutes = 4, 150
		var mu sync.Mutex
		truth := map[conventions.Endpoint]*history.Row{}
		var wg sync.WaitGroup
		for i := range instances {
			name := fmt.Sprint("instance-", i)
			s, shop := d.open(t, d.db, sqlstore.WithInstance(name)), historytest.NewShop(12, 3)
			wg.Go(func() {
				for m := range minutes {
					b := from(name, shop.Minute(historytest.At(m)))
					for range 1 + m*i%3/2 {
						if err := insist(t.Context(), s, b); err != nil { // a file that others write to all the time may be locked for long
							t.Errorf("%s, minute %d: %v", name, m, err)
							return
						}
					}
					mu.Lock()
					for j := range b.Rows {
						r := &b.Rows[j]
						if truth[r.Endpoint] == nil {
							truth[r.Endpoint] = &history.Row{Endpoint: r.Endpoint}
						}
						truth[r.Endpoint].Add(r)
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if n := number(t, d.db, "SELECT count(*) FROM otelperf_minutes WHERE part < 8"); n < 9 || n > 2*8 {
			t.Errorf("%d parts of two hours are merged", n)
		}
		s := d.open(t, d.db)
		if s.Trouble() != "" {
			t.Error(s.Trouble())
		}
		for _, step := range []time.Duration{history.Minute, history.TenMinutes, history.Hour} {
			rows, err := history.Total(s.Range(t.Context(), history.Query{From: historytest.At(0), To: historytest.At(minutes), Step: step}))
			if err != nil || len(rows) != len(truth) {
				t.Fatalf("by %v: %d rows, want %d, %v", step, len(rows), len(truth), err)
			}
			for _, got := range rows {
				want := truth[got.Endpoint]
				if got.Outcomes != want.Outcomes || !maps.Equal(maps.Collect(got.Durations.Buckets()), maps.Collect(want.Durations.Buckets())) {
					t.Errorf("by %v: %s has %v, want %v, or other buckets", step, got.Endpoint, got.Outcomes, want.Outcomes)
				}
			}
		}
	})
}

// Services have nothing to do with each other.
func TestServicesAreApart(t *testing.T) {
	databases(t, func(t *testing.T, d *database) {
		shop := historytest.NewShop(3, 2)
		b := shop.Minute(historytest.At(0))
		historytest.Put(t, d.open(t, d.db), b)
		other, err := sqlstore.New(d.db, d.dialect, "o'ther")
		if err != nil {
			t.Fatal(err)
		}
		if n, err := stored(other); n != 0 || err != nil {
			t.Errorf("another service has %d requests, %v", n, err)
		}
		historytest.Put(t, other, b)
		if n, err := stored(other); n != count(b.Rows) || err != nil {
			t.Errorf("another service has %d requests of %d, %v", n, count(b.Rows), err)
		}
	})
}

// Events say of which instance they are; what an instance goes on from is its own, or of the last of others the longest, and it says so.
func TestEventsHaveTheirInstance(t *testing.T) {
	databases(t, func(t *testing.T, d *database) {
		states := map[string]string{"a": "state of a", "b": "state of b, which has learned much more", "d": "state of d, who has gone hours ago, and had learned more than all of them"}
		gone := &history.Batch{Time: historytest.At(-90), Step: history.Minute, State: []byte(states["d"])}
		historytest.Put(t, d.open(t, d.db, sqlstore.WithInstance("d")), from("d", gone))
		for i, name := range []string{"b", "a"} {
			at := historytest.At(1 - i)
			historytest.Put(t, d.open(t, d.db, sqlstore.WithInstance(name)), from(name, &history.Batch{
				Time: at, Step: history.Minute, State: []byte(states[name]),
				Incidents: []history.Incident{{ID: "of " + name, Start: at, Detail: json.RawMessage("{}")}},
				Requests:  []*slowlog.Entry{{SpanID: trace.SpanID{1, name[0]}, Method: "GET", Route: "/", Start: at, Duration: time.Second, Dimensions: map[string]string{"tenant": "x"}}},
			}))
		}
		q := history.Query{From: historytest.At(0), To: historytest.At(10)}
		s := d.open(t, d.db)
		for q.What = range history.States {
			for i, b := range historytest.Read(t, s, q) {
				want := string(rune('a' + i))
				for _, in := range b.Incidents {
					if in.ID != "of "+want || in.Instance != want {
						t.Errorf("incident is %+v, want that of %s", in, want)
					}
				}
				for _, r := range b.Requests {
					if r.Dimensions["service.instance.id"] != want || r.Dimensions["tenant"] != "x" {
						t.Errorf("request has %v, want that it is of %s", r.Dimensions, want)
					}
				}
			}
		}
		q.What = history.States
		q.From = historytest.At(-200)
		for name, want := range map[string]string{"a": states["a"], "b": states["b"], "c": states["b"], "d": states["d"]} {
			all := historytest.Read(t, d.open(t, d.db, sqlstore.WithInstance(name)), q)
			if len(all) != 1 || string(all[0].State) != want || all[0].Foreign != (name == "c") {
				t.Errorf("%s goes on from %+v, want %q", name, all, want)
			}
		}
	})
}

// Of an hour 200 requests of each instance are stored.
func TestRequestsOfAnHourAreBounded(t *testing.T) {
	databases(t, func(t *testing.T, d *database) {
		for _, name := range []string{"a", "b"} {
			s := d.open(t, d.db, sqlstore.WithInstance(name))
			for m := range 5 {
				b := &history.Batch{Time: historytest.At(m), Step: history.Minute}
				for i := range 50 {
					b.Requests = append(b.Requests, &slowlog.Entry{SpanID: trace.SpanID{name[0], byte(m), byte(i)}, Start: b.Time, Duration: time.Second})
				}
				historytest.Put(t, s, b)
			}
			if n := s.Stats().Dropped; n != 50 {
				t.Errorf("%s has dropped %d, want 50", name, n)
			}
		}
		if n := number(t, d.db, "SELECT count(*) FROM otelperf_events"); n != 400 {
			t.Errorf("%d requests are stored, want 400", n)
		}
	})
}

// Who has stored something is known by name and time; a process and the one before it are one instance, several at a time are not.
func TestInstancesAreNamed(t *testing.T) {
	databases(t, func(t *testing.T, d *database) {
		db := d.empty(t)
		if all, err := d.open(t, db).Instances(t.Context(), historytest.At(0), historytest.At(10)); err != nil || len(all) != 0 {
			t.Errorf("without tables: %v, %v", all, err)
		}
		put := func(name, origin string, first, end int) {
			s, shop := d.open(t, db, sqlstore.WithInstance(name)), historytest.NewShop(2, 3)
			for m := first; m < end; m++ {
				if err := s.Append(t.Context(), from(origin, shop.Minute(historytest.At(m)))); err != nil {
					t.Fatal(err)
				}
			}
		}
		put("b", "b1", 0, 4)
		put("b", "b2", 3, 10) // the next process, in the same minute
		put("a", "a1", 5, 8)
		put("twin", "x1", 6, 9)
		put("twin", "x2", 6, 9)
		for _, tt := range []struct {
			from, to int
			want     []history.Instance
		}{
			{0, 5, []history.Instance{{Name: "b", Last: historytest.At(4)}}},
			{5, 6, []history.Instance{{Name: "a", Last: historytest.At(5)}, {Name: "b", Last: historytest.At(5)}}},
			{0, 10, []history.Instance{{Name: "a", Last: historytest.At(7)}, {Name: "b", Last: historytest.At(9)}, {Name: "twin", Last: historytest.At(8), Several: true}}},
			{10, 20, nil},
		} {
			all, err := d.open(t, db).Instances(t.Context(), historytest.At(tt.from), historytest.At(tt.to))
			if err != nil || fmt.Sprint(all) != fmt.Sprint(tt.want) {
				t.Errorf("from minute %d to %d they are %v, want %v; %v", tt.from, tt.to, all, tt.want, err)
			}
		}
	})
}
