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
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/otelperf/internal/runtimesignals"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

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

// Minute fills in what endpoints and the runtime did, and which part of the minute that is of: none where nothing is known of the runtime, as in a
// minute in which the process was stopped.
func (c *chronicle) Minute(b *history.Batch) bool {
	rows, over := c.engine.RowsOf(b.Time)
	for _, r := range rows {
		b.Rows = append(b.Rows, history.Row{Endpoint: r.Endpoint, Outcomes: r.Outcomes, Durations: r.Durations, Guessed: r.Coarse})
	}
	b.Origin = c.origin
	if c.told.signals == nil { // that it was seen is all that there is to tell of a minute without a request
		b.Observed = c.observed(b.Time)
		return over
	}
	if b.Signals = c.signals(b.Time); len(b.Rows)+len(b.Signals) > 0 {
		b.Observed = c.observed(b.Time)
	}
	return over
}

// observed is the part of a minute that memory has: since the start or the last reset, and up to the last evaluation.
func (c *chronicle) observed(minute time.Time) []history.Observed {
	from, to := c.engine.Stored()
	spans := history.Within([]history.Span{{From: from, To: to}}, minute, minute.Add(time.Minute))
	if len(spans) == 0 {
		return []history.Observed{}
	}
	return []history.Observed{{Spans: spans}}
}

// signals are those of a minute.
func (c *chronicle) signals(minute time.Time) []history.Signal {
	for _, b := range c.told.signals(minute, minute.Add(time.Minute)) {
		return b.Signals
	}
	return nil
}

// minutesOfSignals are the mean and the largest of each of the runtime's signals' seconds in the minutes from one up to a time.
func (m *Monitor) minutesOfSignals(from, to time.Time) (out []*history.Batch) {
	now := time.Now()
	series := m.runtime.Series(now, int(min(max(now.Sub(from), 0)/time.Second+1, time.Hour/time.Second)), 1)
	for minute := from; minute.Before(to); minute = minute.Add(time.Minute) {
		b := &history.Batch{Time: minute, Step: history.Minute}
		for i := range series.Signals {
			if len(b.Signals) == history.MaxSignals {
				break
			}
			if s, ok := signalOf(&series, &series.Signals[i], minute); ok {
				b.Signals = append(b.Signals, s)
			}
		}
		if len(b.Signals) > 0 {
			out = append(out, b)
		}
	}
	return out
}

// signalOf is a signal in a minute; ok is false if nothing is known of it.
func signalOf(of *runtimesignals.Series, line *runtimesignals.Line, minute time.Time) (s history.Signal, ok bool) {
	first := int((minute.Sub(of.Start) + time.Second - 1) / time.Second)
	sum, n, most := 0.0, 0, math.Inf(-1)
	for i := max(0, first); i < min(len(line.Values), first+60); i++ {
		if v := line.Values[i]; v != nil {
			sum, n, most = sum+*v, n+1, max(most, *v)
		}
	}
	if n == 0 {
		return s, false
	}
	name := line.StoredName()
	name = strings.ToValidUTF8(name[:min(len(name), maxSignalName)], "")
	return history.Signal{Name: name, Mean: float32(sum / float64(n)), Max: float32(most)}, true
}

// News adds what was not stored yet. What it has seen is remembered once it is stored.
func (c *chronicle) News(b *history.Batch, last bool) (stored func()) {
	now, spikes, set := c.now(), c.told.spikes(), c.addMarks(b)
	requests, hour, left := c.addRequests(b, spikes, now, last)
	incidents, named := c.addIncidents(b, spikes)
	if c.told.state != nil && (last || len(b.Incidents) > 0 || now.Sub(c.stated).Abs() >= stateEvery) {
		b.State = c.told.state()
	}
	return func() {
		c.incidents, c.requests, c.stored, c.hour = incidents, requests, set, hour
		c.named.Store(&named)
		c.requestsStored.Add(uint64(len(b.Requests)))
		c.requestsLeft.Add(uint64(left)) // which may be less than none
		if b.State != nil {
			c.stated = now
		}
	}
}

// Again forgets what was stored.
func (c *chronicle) Again() {
	c.written = written{}
	c.named.Store(new(map[string]bool{}))
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
			in.Seen = c.now().UTC()
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
	for e := range c.slow.All() {
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
	for _, m := range c.marks.All() {
		if now[m.ID] = true; !c.stored[m.ID] && len(m.ID) <= history.MaxIDLength {
			b.Marks = append(b.Marks, history.Mark{ID: m.ID, Time: m.Time.UTC(), Kind: string(m.Kind), Text: m.Text, By: m.By})
		}
	}
	return now
}

// maxSignalName is the longest name of a signal, in bytes.
const maxSignalName = 128
