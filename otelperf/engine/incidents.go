// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/slowlog"
)

// MaxIncidents is how many incidents are remembered: the last ones, and before those that have ended those that are open.
const MaxIncidents = 50

// incidents are the last MaxIncidents, each with at most one part per endpoint. The engine's mutex guards it.
type incidents struct {
	joined baseline.Incidents[int]
	all    []*incident // oldest first
	events []Event     // of the running Advance
	serial int         // of this process

	versionBefore string        // of the service in the process before this one
	versionNow    func() string // nil: not known
}

type incident struct {
	joined uint64 // its number in incidents.joined
	Incident
	parts   map[int]int // index in Parts, by id of the endpoint
	byReset bool        // a part was ended by a reset of the baselines
}

// record takes a detector's event in, with the outcomes of the hour before it and those since.
func (e *Engine) record(ep *endpoint, ev baseline.Event) {
	var before, during slowlog.OutcomeCounts
	t := &e.scratch.Aggregate
	if ev.Kind == baseline.Started {
		ep.before = ep.line.Total()
		t.Reset()
		ep.line.WholeMinutes(60, e.step, t)
		before = t.Outcomes
		t.Reset()
		ep.line.Collect(Minute.span(), e.step, t)
		during = t.Outcomes
	} else {
		during = ep.line.Total()
		during.Sub(&ep.before)
	}
	e.incidents.record(ep, ev, before, during)
}

func (k *incidents) record(ep *endpoint, ev baseline.Event, before, during slowlog.OutcomeCounts) {
	m := k.joined.Join(ep.id, ev)
	if m.Change == baseline.Unchanged {
		return
	}
	ep.incident = ""
	in := k.incident(m, ev)
	if in == nil {
		return
	}
	part := in.part(ep)
	part.update(ev, before, during)
	event := Event{
		Time: ev.At, Started: ev.Kind == baseline.Started, Part: *part,
		Opened: m.Change == baseline.Opened, Grew: m.Doubled && m.Change != baseline.Opened || m.Change == baseline.Reopened, Closed: m.Change == baseline.Closed,
	}
	if event.Started {
		ep.incident = in.ID
	}
	in.State, in.End = Open, time.Time{}
	if event.Closed {
		in.State, in.End = part.State, ev.At
	}
	in.Reason = in.reason()
	if in.byReset {
		in.Reason += "; ended by a reset of the baselines"
	}
	event.Incident = in.clone()
	k.events = append(k.events, event)
}

// incident finds the one of m, or makes it.
func (k *incidents) incident(m baseline.Membership, ev baseline.Event) *incident {
	for _, in := range slices.Backward(k.all) {
		if in.joined == m.ID {
			return in
		}
	}
	if m.Change != baseline.Opened {
		return nil // older than what is remembered
	}
	k.serial++
	in := &incident{joined: m.ID, parts: map[int]int{}, Incident: Incident{
		ID: fmt.Sprintf("%s-%d", ev.At.UTC().Format("20060102T150405"), k.serial), Start: ev.Start, At: ev.At, SinceRestart: ev.SinceRestart,
	}}
	if ev.SinceRestart {
		in.SinceVersion = k.newVersion()
	}
	if len(k.all) >= MaxIncidents {
		oldest := max(0, slices.IndexFunc(k.all, func(in *incident) bool { return in.State != Open }))
		k.all = slices.Delete(k.all, oldest, oldest+1)
	}
	k.all = append(k.all, in)
	return in
}

// find returns the incident of an ID, nil if it is not remembered.
func (k *incidents) find(id string) *incident {
	for _, in := range k.all {
		if in.ID == id {
			return in
		}
	}
	return nil
}

// take returns the changes since it was called last.
func (k *incidents) take() []Event {
	events := k.events
	k.events = nil
	return events
}

// newVersion is the service's version if it is another than that of the process before.
func (k *incidents) newVersion() string {
	if k.versionNow == nil || k.versionBefore == "" {
		return ""
	}
	if v := k.versionNow(); v != k.versionBefore {
		return v
	}
	return ""
}

func (in *incident) part(ep *endpoint) *Part {
	i, ok := in.parts[ep.id]
	if !ok {
		i = len(in.Parts)
		in.parts[ep.id] = i
		in.Parts = append(in.Parts, Part{Endpoint: ep.name})
	}
	return &in.Parts[i]
}

// list returns copies of all that are remembered, newest first.
func (k *incidents) list() []Incident {
	out := make([]Incident, 0, len(k.all))
	for _, in := range slices.Backward(k.all) {
		out = append(out, in.clone())
	}
	return out
}

// Incidents returns the last MaxIncidents, newest first.
func (e *Engine) Incidents() []Incident {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.incidents.list()
}

// OpenIncidents is the number of incidents that are open.
func (e *Engine) OpenIncidents() (n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, in := range e.incidents.all {
		if in.State == Open {
			n++
		}
	}
	return n
}

// SetTraces notes which slow requests belong to an incident. One that is no longer remembered is passed over.
func (e *Engine) SetTraces(id string, traces []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if in := e.incidents.find(id); in != nil {
		in.TraceIDs = slices.Clone(traces)
	}
}
