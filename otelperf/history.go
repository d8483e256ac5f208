// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"encoding/json"
	"hash/maphash"
	"maps"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/historian"
	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
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
// time, up to 5 minutes. Diagnostics, and the check history of Health, say what could not be written. Of an hour's slow and failed requests
// 200 are stored, at most 50 of a minute: those that a spike names, and 10 of an endpoint, the longest of each endpoint first. New reports ErrConfig for a store that
// is nil. The default is none.
//
// What a state file is for, a history does, too: what is usual, by the hour of the week, with jobs that come back, spikes that are open
// and marks are stored every ten minutes, each minute while there is a spike, and at Shutdown. New goes on from there, or from the state file if that is more recent. It
// waits a second for the store at most.
func WithHistory(store history.Store) Option {
	return optionFunc(func(c *config) {
		if store == nil {
			c.refuse("history is nil, accepted is a store")
			return
		}
		c.history = store
	})
}

// Bounds of the slow and failed requests that are stored.
const (
	maxMinuteRequests   = 50
	maxHourRequests     = 200
	maxEndpointRequests = 10 // of an hour
)

// requestSettles is how long after its end a request is stored: its calls may end up to ten seconds after it, and are then put into its
// anatomy. One that a spike names is stored as soon as it has one, as the slow log may have slower ones in its place a minute later.
const requestSettles = 12 * time.Second

// stateEvery is how often what the next process goes on from is stored while nothing happens.
const stateEvery = 10 * time.Minute

// chronicle is what a Monitor has for its history. It is used by the historian's goroutine alone, but for what is atomic.
type chronicle struct {
	m         *Monitor
	origin    string
	seed      maphash.Seed
	incidents map[string]uint64     // id -> sum of what was stored; at most engine.MaxIncidents
	requests  map[trace.SpanID]bool // of those that the slow log has: true is stored, false beyond what is stored
	marks     map[string]bool       // stored, of those that there are
	hour      hourly
	state     time.Time // when a state was stored last
	shared    bool      // the process before was running in the minute in which this one began; set by New

	requestsStored, requestsLeft atomic.Uint64
	// named are the requests that spikes name and the history has, by the ids of their spans: at most those of engine.MaxIncidents.
	named atomic.Pointer[map[string]bool]
}

// has reports whether the history has a request that a spike names.
func (c *chronicle) has(r *RequestRef) bool {
	if c == nil {
		return false
	}
	named := c.named.Load()
	return named != nil && (*named)[r.SpanID]
}

// named are the requests that a spike names.
func (s *Spike) named() (all []*RequestRef) {
	for i := range s.SlowRequests {
		all = append(all, &s.SlowRequests[i])
	}
	for i := range s.Errors {
		if r := s.Errors[i].LastRequest; r != nil {
			all = append(all, r)
		}
	}
	return all
}

// hourly is how many requests of an hour were stored.
type hourly struct {
	hour int64
	all  int
	of   map[conventions.Endpoint]int // at most maxHourRequests
}

// Minute fills in what endpoints and the runtime did.
func (c *chronicle) Minute(b *history.Batch) bool {
	rows, over := c.m.engine.RowsOf(b.Time)
	for _, r := range rows {
		b.Rows = append(b.Rows, history.Row{Endpoint: r.Endpoint, Outcomes: r.Outcomes, Durations: r.Durations, Guessed: r.Coarse})
	}
	b.Signals, b.Origin = c.signals(b.Time), c.origin
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
			if name = strings.ToValidUTF8(name[:min(len(name), maxSignalName)], ""); len(out) >= history.MaxSignals {
				break
			}
			out = append(out, history.Signal{Name: name, Mean: float32(sum / float64(n)), Max: float32(most)})
		}
	}
	return out
}

// News adds what was not stored yet. What it has seen is remembered once it is stored.
func (c *chronicle) News(b *history.Batch, last bool) (stored func()) {
	now, spikes, set := time.Now(), c.m.spikes(), c.addMarks(b)
	requests, hour, left := c.addRequests(b, spikes, now, last)
	incidents, named := c.addIncidents(b, spikes)
	if last || len(b.Incidents) > 0 || now.Sub(c.state).Abs() >= stateEvery {
		b.State, _ = c.m.memory.encode() // without one the next process begins anew
	}
	return func() {
		c.incidents, c.requests, c.marks, c.hour = incidents, requests, set, hour
		c.named.Store(&named)
		c.requestsStored.Add(uint64(len(b.Requests)))
		c.requestsLeft.Add(uint64(left)) // which may be less than none
		if b.State != nil {
			c.state = now
		}
	}
}

// addIncidents adds those that have changed, and those that are open. Of the requests that they name it says which the history has, which
// it returns, too.
func (c *chronicle) addIncidents(b *history.Batch, spikes []Spike) (now map[string]uint64, named map[string]bool) {
	now, named = make(map[string]uint64, engine.MaxIncidents), map[string]bool{}
	have := map[string]bool{}
	for _, r := range b.Requests {
		have[r.SpanID.String()] = true
	}
	for i := range spikes {
		s := spikes[i].clone()
		for _, r := range s.named() {
			if r.Stored = have[r.SpanID] || c.has(r); r.Stored {
				named[r.SpanID] = true
			}
		}
		detail, err := json.Marshal(s)
		if err != nil || len(detail) > history.MaxDetail || len(s.ID) > history.MaxIDLength {
			continue
		}
		if now[s.ID] = maphash.Bytes(c.seed, detail); now[s.ID] == c.incidents[s.ID] && s.End != nil {
			continue
		}
		in := history.Incident{ID: s.ID, Start: s.Start, Detail: detail}
		if s.End != nil {
			in.End = *s.End
		} else {
			in.Seen = time.Now().UTC()
		}
		b.Incidents = append(b.Incidents, in)
	}
	return now, named
}

// addRequests adds those that were stored in the slow log since, and have settled: first those that spikes name, then of each endpoint the
// longest first, and those of all endpoints in turn, so that none takes the place of the others.
func (c *chronicle) addRequests(b *history.Batch, spikes []Spike, at time.Time, last bool) (now map[trace.SpanID]bool, hour hourly, left int) {
	now = map[trace.SpanID]bool{}
	named := map[string]bool{}
	for i := range spikes {
		for _, r := range spikes[i].named() {
			named[r.SpanID] = true
		}
	}
	hour = hourly{hour: b.Time.Unix() / 3600, of: map[conventions.Endpoint]int{}}
	if hour.hour == c.hour.hour {
		hour.all = c.hour.all
		maps.Copy(hour.of, c.hour.of)
	}
	nameOf := func(e *slowlog.Entry) conventions.Endpoint {
		return conventions.Endpoint{Method: e.Method, Route: e.Route}
	}
	add := func(e *slowlog.Entry) (fits bool) {
		if len(b.Requests) >= maxMinuteRequests || hour.all >= maxHourRequests {
			return false
		}
		b.Requests = append(b.Requests, e)
		hour.of[nameOf(e)]++
		hour.all++
		now[e.SpanID] = true
		left--
		return true
	}
	of := map[conventions.Endpoint][]*slowlog.Entry{}
	for e := range c.m.slow.All() {
		if !last && at.Sub(e.End()).Abs() < requestSettles && (e.Anatomy == nil || !named[e.SpanID.String()]) {
			continue
		}
		isStored, seen := c.requests[e.SpanID]
		if now[e.SpanID] = isStored; !seen {
			left++
		}
		switch {
		case isStored, named[e.SpanID.String()] && add(e):
		case !seen:
			of[nameOf(e)] = append(of[nameOf(e)], e)
		}
	}
	names := slices.SortedFunc(maps.Keys(of), func(x, y conventions.Endpoint) int { return cmp.Compare(x.String(), y.String()) })
	for _, entries := range of {
		slices.SortFunc(entries, func(x, y *slowlog.Entry) int { return cmp.Compare(y.Duration, x.Duration) })
	}
	for i := 0; len(names) > 0; i++ {
		names = slices.DeleteFunc(names, func(n conventions.Endpoint) bool { return i >= len(of[n]) || hour.of[n] >= maxEndpointRequests })
		for _, n := range names {
			if !add(of[n][i]) {
				return now, hour, left
			}
		}
	}
	return now, hour, left
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

// maxSignalName is the longest name of a signal, in bytes.
const maxSignalName = 128

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

// historyState is how the writing goes.
func (m *Monitor) historyState() *historian.State {
	if m.history == nil {
		return nil
	}
	st := m.history.State()
	st.Error, st.Requests, st.RequestsLeft = m.historyTrouble(), m.chronicle.requestsStored.Load(), m.chronicle.requestsLeft.Load()
	return &st
}
