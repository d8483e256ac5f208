// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"encoding/json"
	"hash/maphash"
	"math"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/historian"
	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/slowlog"
)

// WithHistory has all that is reported stored beyond the life of the process: minutes of each endpoint and dependency, incidents, slow and
// failed requests, the runtime's signals and marks. Package history/bolt has a store in a file:
//
//	store, err := bolt.Open("shop.db")
//	...
//	mon, err := otelperf.New(otelperf.WithHistory(store))
//
// A goroutine of its own writes each minute soon after its end, and what is left at Shutdown, after which the program closes the store. The
// store may be slow, full, locked, gone, or panic: up to 60 minutes wait for it, and it is tried again after 10 s, and twice as long each
// time, up to 5 minutes. Diagnostics, and the check history of Health, say what could not be written. Of a minute's slow and failed requests
// the 50 longest are stored. New reports ErrConfig for a store that is nil. The default is none.
func WithHistory(store history.Store) Option {
	return optionFunc(func(c *config) {
		if store == nil {
			c.refuse("history is nil, accepted is a store")
			return
		}
		c.history = store
	})
}

// maxStoredRequests bounds the requests of a minute that are stored.
const maxStoredRequests = 50

// chronicle is what a Monitor has for its history. It is used by the historian's goroutine alone.
type chronicle struct {
	m         *Monitor
	seed      maphash.Seed
	incidents map[string]uint64     // id -> sum of what was stored; at most engine.MaxIncidents
	requests  map[trace.SpanID]bool // stored, or beyond what is stored, of those that the slow log has
	marks     map[string]bool       // stored, of those that there are
}

func newHistorian(m *Monitor) *historian.Writer {
	return historian.New(m.cfg.history, &chronicle{m: m, seed: maphash.MakeSeed()}, m.began, &m.faults)
}

// Minute fills in what endpoints and the runtime did.
func (c *chronicle) Minute(b *history.Batch) bool {
	rows, over := c.m.engine.RowsOf(b.Time)
	for _, r := range rows {
		b.Rows = append(b.Rows, history.Row{Endpoint: r.Endpoint, Outcomes: r.Outcomes, Durations: r.Durations, Guessed: r.Coarse})
	}
	b.Signals = c.signals(b.Time)
	return over
}

// signals are the mean and the largest of each signal's seconds in a minute.
func (c *chronicle) signals(minute time.Time) (out []history.Signal) {
	now := time.Now()
	series := c.m.runtime.Series(now, int(min(now.Sub(minute)/time.Second+1, time.Hour/time.Second)), 1)
	for _, line := range series.Signals {
		sum, n, most := 0.0, 0, math.Inf(-1)
		for i, v := range line.Values {
			at := series.Start.Add(time.Duration(i) * time.Second)
			if v != nil && !at.Before(minute) && at.Before(minute.Add(time.Minute)) {
				sum, n, most = sum+*v, n+1, max(most, *v)
			}
		}
		if n > 0 {
			name := line.Name
			if line.Pool != "" {
				name += " " + line.Pool
			}
			out = append(out, history.Signal{Name: name, Mean: float32(sum / float64(n)), Max: float32(most)})
		}
	}
	return out
}

// News adds what was not stored yet. What it has seen is remembered once it is stored.
func (c *chronicle) News(b *history.Batch) (stored func()) {
	incidents, requests, set := c.addIncidents(b), c.addRequests(b), c.addMarks(b)
	return func() { c.incidents, c.requests, c.marks = incidents, requests, set }
}

// addIncidents adds those that have changed.
func (c *chronicle) addIncidents(b *history.Batch) map[string]uint64 {
	now := make(map[string]uint64, engine.MaxIncidents)
	for _, s := range c.m.spikes() {
		detail, err := json.Marshal(s)
		if err != nil || len(detail) > history.MaxDetail || len(s.ID) > history.MaxIDLength {
			continue
		}
		if now[s.ID] = maphash.Bytes(c.seed, detail); now[s.ID] == c.incidents[s.ID] {
			continue
		}
		in := history.Incident{ID: s.ID, Start: s.Start, Detail: detail}
		if s.End != nil {
			in.End = *s.End
		}
		b.Incidents = append(b.Incidents, in)
	}
	return now
}

// addRequests adds those that were stored in the slow log since.
func (c *chronicle) addRequests(b *history.Batch) map[trace.SpanID]bool {
	now := map[trace.SpanID]bool{}
	for e := range c.m.slow.All() {
		if now[e.SpanID] = true; !c.requests[e.SpanID] {
			b.Requests = append(b.Requests, e)
		}
	}
	if len(b.Requests) > maxStoredRequests {
		slices.SortFunc(b.Requests, func(x, y *slowlog.Entry) int { return cmp.Compare(y.Duration, x.Duration) })
		b.Requests = b.Requests[:maxStoredRequests]
	}
	return now
}

// addMarks adds those that were set since.
func (c *chronicle) addMarks(b *history.Batch) map[string]bool {
	now := make(map[string]bool, marks.Max)
	for _, m := range c.m.marks.All() {
		if now[m.ID] = true; !c.marks[m.ID] && len(m.ID) <= history.MaxIDLength {
			b.Marks = append(b.Marks, history.Mark{ID: m.ID, Time: m.Time.UTC(), Kind: string(m.Kind), Text: m.Text, By: m.By})
		}
	}
	return now
}

// troubled is a store that knows what is wrong with it, as that of history/bolt does.
type troubled interface{ Trouble() string }

// historyTrouble is what is wrong with the history; "" if nothing is.
func (m *Monitor) historyTrouble() string {
	if m.history == nil {
		return ""
	}
	if st := m.history.State(); st.Error != "" {
		return st.Error
	}
	if t, ok := m.cfg.history.(troubled); ok {
		return t.Trouble()
	}
	return ""
}
