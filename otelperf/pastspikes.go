// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/runtimesignals"
	"github.com/otelperf/otelperf-go/slowlog"
)

// stateUnknown is that of a spike that was open when it was stored last, by a process that is gone.
const stateUnknown = "unknown"

// eventsFor is for how long spikes are looked for by their id.
const eventsFor = 30 * 24 * time.Hour

// spikesWithin are the spikes that were open in a time, newest first, of memory and of the store; more is how many older ones there are.
func (m *Monitor) spikesWithin(from, to time.Time) (all []Spike, more int, note string, err error) {
	memory := m.spikes()
	all = slices.DeleteFunc(slices.Clone(memory), func(s Spike) bool { return !overlap(from, to, s.Start, s.End) })
	stored, more, note, err := m.storedSpikes(from, to, memory)
	all = append(all, stored...)
	newestFirst(all)
	return all, more, note, err
}

func newestFirst(all []Spike) {
	slices.SortStableFunc(all, func(a, b Spike) int { return b.Start.Compare(a.Start) })
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
	stored, err := m.past.Incidents(from.Truncate(time.Minute), to.Add(time.Minute-1).Truncate(time.Minute))
	if err != nil {
		return nil, 0, "", refused(err)
	}
	known := map[string]bool{}
	for i := range memory {
		known[memory[i].ID] = true
	}
	for i := range stored.List {
		if s, ok := storedSpike(&stored.List[i]); ok && !known[s.ID] && overlap(from, to, s.Start, s.End) {
			all = append(all, s)
		}
	}
	return all, stored.More, stored.Note, nil
}

// happened are the incidents of memory that were open in a fixed time, and all spikes of it, of the store, too, where memory does not have all
// of it: as they were at its end, newest first.
func (m *Monitor) happened(c engine.Covered, long bool) (incidents []engine.Incident, all []Spike, err error) {
	incidents = m.then(c)
	all = m.spikesThen(incidents, c)
	if !long {
		return incidents, all, nil
	}
	stored, _, _, err := m.storedSpikes(c.From, c.To, m.spikes())
	for _, s := range stored {
		if s.rewind(c) {
			all = append(all, s)
		}
	}
	newestFirst(all)
	return incidents, all, err
}

// rewind leaves the parts of a stored spike that were open in a fixed time, and makes open what ended after it; ok is false if none was. Costs
// are those of all its time.
func (s *Spike) rewind(c engine.Covered) (ok bool) {
	s.Endpoints = slices.DeleteFunc(s.Endpoints, func(e SpikeEndpoint) bool { return !overlap(c.From, c.To, e.Start, e.End) })
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		e.State, e.End, e.EndedLater = stateAt(c.To, e.State, e.End)
	}
	s.State, s.End, s.EndedLater = stateAt(c.To, s.State, s.End)
	return len(s.Endpoints) > 0
}

// stateAt is a state at a time, with the end up to it, or after it.
func stateAt(t time.Time, state string, end *time.Time) (then string, ended, endedLater *time.Time) {
	if end != nil && !end.Before(t) {
		return string(engine.Open), nil, end
	}
	return state, end, nil
}

// storedSpike reads a spike of a history; ok is false for what is none.
func storedSpike(in *history.Incident) (s Spike, ok bool) {
	if json.Unmarshal(in.Detail, &s) != nil || s.ID != in.ID || len(s.Endpoints) == 0 {
		return s, false
	}
	if s.End == nil {
		s.State = stateUnknown
	}
	s.Ack, s.Muted = nil, nil // which were of then
	s.fill()
	for i := range s.Endpoints {
		if e := &s.Endpoints[i]; e.End == nil {
			e.State = stateUnknown
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
func some[T causes.Ranked | causes.Source | SpikeError | RequestRef | runtimesignals.Deviation | uint64](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// storedSpikeOf finds a spike of the last 30 days by its id.
func (m *Monitor) storedSpikeOf(id string) (s Spike, ok bool, err error) {
	if m.past == nil {
		return s, false, nil
	}
	now := time.Now().Truncate(time.Minute).Add(time.Minute)
	stored, err := m.past.Incidents(now.Add(-eventsFor), now)
	for i := range stored.List {
		if stored.List[i].ID == id {
			s, ok = storedSpike(&stored.List[i])
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
	list := spikeList{origin: m.origin(), Count: len(all) + more, fixedTime: m.fixedTimeOf(p, engine.Covered{From: p.From, To: p.To}), Spikes: all[:min(limit, len(all))], Note: note}
	for i := range all {
		if all[i].State == "open" {
			list.Open++
		}
	}
	return list, err
}
