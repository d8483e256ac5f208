// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/otelperf/internal/past"
	"github.com/otelperf/otelperf-go/otelperf/internal/runtimesignals"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/slowlog/order"
)

// stateUnknown is that of a spike that was open when it was stored last, some minutes ago: its process is gone, or cannot write.
const stateUnknown = "unknown"

// seenLately is how long ago an open spike of another process was stored, which is done each minute, while it counts as open.
const seenLately = 3 * time.Minute

// eventsFor is for how long spikes are looked for by their id.
const eventsFor = 30 * 24 * time.Hour

// spikesWithin are the spikes that were open in a time, newest first, of memory and, if that can be read, of the store; more is how many older ones there are.
func (m *Monitor) spikesWithin(from, to time.Time) (all []Spike, more int, note string, err error) {
	memory := m.spikes()
	all = slices.DeleteFunc(slices.Clone(memory), func(s Spike) bool { return !overlap(from, to, s.Start, s.last(s.End)) })
	stored, more, note, err := m.storedSpikes(from, to, memory)
	if err != nil {
		note, err = m.lacking(to, "Incidents", err)
	}
	all = append(all, stored...)
	newestFirst(all)
	return all, more, note, err
}

func newestFirst(all []Spike) {
	order.By(all, func(a, b *Spike) int { return b.Start.Compare(a.Start) })
}

// overlap reports whether something that began at start, and ended at end or goes on, was there between two times.
func overlap(from, to, start time.Time, end *time.Time) bool {
	return start.Before(to) && (end == nil || end.After(from))
}

// storedSpikes are those of the store that were open in a time, as they were stored last, and are not in memory.
func (m *Monitor) storedSpikes(from, to time.Time, memory []Spike) (all []Spike, more int, note string, err error) {
	if m.past == nil {
		return nil, 0, "", nil
	}
	stored, err := m.past.Incidents(wholeMinutes(from, to))
	if err != nil {
		return nil, 0, "", err
	}
	known := map[string]bool{}
	for i := range memory {
		known[memory[i].ID] = true
	}
	for i := range stored.List {
		if s, ok := storedSpike(&stored.List[i]); ok && !known[s.ID] && overlap(from, to, s.Start, s.last(s.End)) {
			s.Instance = m.past.Of(stored.List[i].Instance)
			all = append(all, s)
		}
	}
	return all, stored.More, stored.Note, nil
}

// last is the end of a spike or of a part of it; of what is not known to have gone on, when it was stored last.
func (s *Spike) last(end *time.Time) *time.Time {
	if end == nil && s.State == stateUnknown {
		return &s.seen
	}
	return end
}

// happened are the incidents of memory that were open in a fixed time, and all spikes of it, of the store, too, where memory does not have all
// of it: as they were at its end, newest first. What is of before this process is as the one before has stored it. The note says what is missing.
func (m *Monitor) happened(c engine.Covered, long bool) (incidents []engine.Incident, all []Spike, note string) {
	incidents = m.then(c)
	all = m.spikesThen(incidents, c)
	if !long {
		return incidents, all, ""
	}
	for i := range all {
		if before := m.beside.before[all[i].ID]; before != nil && !c.To.After(m.began) {
			if s := before.clone(); s.rewind(c) {
				s.State, s.End, s.EndedLater = all[i].State, all[i].End, all[i].EndedLater
				all[i] = s
			}
		}
	}
	stored, _, note, err := m.storedSpikes(c.From, c.To, m.spikes())
	if err != nil {
		note = mayLack("Incidents", err)
	}
	for _, s := range stored {
		if s.rewind(c) {
			all = append(all, s)
		}
	}
	newestFirst(all)
	return incidents, all, note
}

// clone is a copy that shares nothing that is changed later: the parts and the requests are its own.
func (s *Spike) clone() Spike {
	c := *s
	c.Endpoints, c.SlowRequests, c.Errors = slices.Clone(s.Endpoints), slices.Clone(s.SlowRequests), slices.Clone(s.Errors)
	for i := range c.Errors {
		if r := c.Errors[i].LastRequest; r != nil {
			c.Errors[i].LastRequest = new(*r)
		}
	}
	return c
}

// rewind leaves the parts of a stored spike that were open in a fixed time and the requests that had ended at its end, and makes open what
// ended after it; ok is false if no part was. Costs are those of all its time.
func (s *Spike) rewind(c engine.Covered) (ok bool) {
	s.Endpoints = slices.DeleteFunc(s.Endpoints, func(e SpikeEndpoint) bool { return !overlap(c.From, c.To, e.Start, s.last(e.End)) })
	s.SlowRequests = slices.DeleteFunc(s.SlowRequests, func(r RequestRef) bool {
		return !r.Start.Add(time.Duration(r.DurationMs * float64(time.Millisecond))).Before(c.To)
	})
	isOpen, later, last := false, s.End, (*time.Time)(nil)
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		if end := s.last(e.End); end != nil && end.Before(c.To) {
			if last == nil || last.Before(*end) {
				last = end
			}
			continue
		}
		isOpen = true
		e.State, e.End, e.EndedLater = string(engine.Open), nil, e.End
	}
	switch {
	case isOpen:
		s.State, s.End, s.EndedLater = string(engine.Open), nil, later
	case s.State != stateUnknown && last != nil:
		s.End = last
	}
	return len(s.Endpoints) > 0
}

// storedSpike reads a spike of a history; ok is false for what is none.
func storedSpike(in *history.Incident) (s Spike, ok bool) {
	if json.Unmarshal(in.Detail, &s) != nil || s.ID != in.ID || len(s.Endpoints) == 0 {
		return s, false
	}
	if s.seen = in.Seen; s.seen.Before(s.At) {
		s.seen = s.At
	}
	if s.End == nil && time.Since(in.Seen) > seenLately {
		s.State = stateUnknown
	}
	s.Muted = nil // which was of then
	s.fill()
	for i := range s.Endpoints {
		if e := &s.Endpoints[i]; e.End == nil {
			e.State = s.State
		}
	}
	return s, true
}

// fill makes no list of a spike null in JSON.
func (s *Spike) fill() {
	s.Causes, s.Errors, s.SlowRequests = some(s.Causes), some(s.Errors), some(s.SlowRequests)
	s.Signals, s.Recordings = some(s.Signals), some(s.Recordings)
	for i := range s.Causes {
		s.Causes[i].ConfirmedBy = some(s.Causes[i].ConfirmedBy)
	}
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		e.Causes = some(e.Causes)
		for j := range e.Causes {
			e.Causes[j].ConfirmedBy = some(e.Causes[j].ConfirmedBy)
		}
	}
}

// some is a list that is not null in JSON.
func some[T marks.Mark | causes.Ranked | causes.Source | SpikeError | RequestRef | runtimesignals.Deviation | uint64](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// lately are the incidents of the store of the last 30 days.
func (m *Monitor) lately() (past.Incidents, error) {
	if m.past == nil {
		return past.Incidents{}, nil
	}
	now := time.Now().Truncate(time.Minute).Add(time.Minute)
	return m.past.Incidents(now.Add(-eventsFor), now)
}

// namedAt is when a request of a trace began that a spike names, one of memory or of the last 30 days.
func (m *Monitor) namedAt(traceID string) (at time.Time, ok bool, err error) {
	named := func(s *Spike) bool {
		for _, r := range s.named() {
			if r.TraceID == traceID {
				at, ok = r.Start, true
			}
		}
		return ok
	}
	if memory := m.spikes(); slices.ContainsFunc(memory, func(s Spike) bool { return named(&s) }) {
		return at, true, nil
	}
	stored, err := m.lately()
	for i := range stored.List {
		if in := &stored.List[i]; bytes.Contains(in.Detail, []byte(traceID)) {
			if s, is := storedSpike(in); is && named(&s) {
				return at, true, nil
			}
		}
	}
	return at, false, refused(err)
}

// storedSpikeOf finds a spike of the last 30 days by its id.
func (m *Monitor) storedSpikeOf(id string) (s Spike, ok bool, err error) {
	stored, err := m.lately()
	for i := range stored.List {
		if stored.List[i].ID == id {
			s, ok = storedSpike(&stored.List[i])
			s.Instance = m.past.Of(stored.List[i].Instance)
			return s, ok, nil
		}
	}
	return s, false, refused(err)
}

// mergeRequests are those of two lists, each once, newest first.
func mergeRequests(memory, stored []*slowlog.Entry) []*slowlog.Entry {
	out := slices.Clone(memory)
	for _, e := range stored {
		if !slices.ContainsFunc(memory, func(x *slowlog.Entry) bool { return x.SpanID == e.SpanID && x.TraceID == e.TraceID }) {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b *slowlog.Entry) int { return b.Start.Compare(a.Start) })
	return out
}

// spikesOfTime is the list of the spikes of a fixed time.
func (m *Monitor) spikesOfTime(limit int, p companion.Period) (spikeList, error) {
	all, more, note, err := m.spikesWithin(p.From, p.To)
	list := spikeList{origin: m.origin(), Count: len(all) + more, fixedTime: m.fixedTimeOf(p, engine.Covered{From: p.From, To: upToNow(p.To)}), Spikes: all[:min(limit, len(all))], Note: note}
	for i := range all {
		if all[i].State == "open" {
			list.Open++
		}
	}
	return list, err
}
