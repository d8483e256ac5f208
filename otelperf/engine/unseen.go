// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"math"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// appears is how long an endpoint that was in an open incident before the restart has for its first request.
const appears = 10 * time.Minute

// maxID bounds the id of an incident of an earlier process, in bytes.
const maxID = 64

// OpenPart is what the next process has to know of a part in an incident that has been reported, and whose end has not.
type OpenPart struct {
	Incident string         `json:"incident"`          // its id
	Matter   Matter         `json:"matter,omitzero"`   // "": Latency
	Reopened bool           `json:"reopened,omitzero"` // that was reported of it
	State    State          `json:"state"`             // and what follows: as of Part
	Start    time.Time      `json:"start"`             // see State
	At       time.Time      `json:"at"`                // see State
	End      time.Time      `json:"end,omitzero"`      // see State
	Evidence baseline.Event `json:"evidence"`          // see State
	Total    baseline.Event `json:"total,omitzero"`    // see State; states of earlier versions have none
	Worst    Moment         `json:"worst"`             // see State
	Cost     Cost           `json:"cost"`              // of all processes by now, as far as it is known
}

// openParts are the parts of an endpoint in incidents that have been reported as open: of its latency, and the others; nil for none.
func (k *incidents) openParts(name conventions.Endpoint) (latency *OpenPart, others []OpenPart) {
	for _, m := range matters {
		switch o := k.openPart(name, m); {
		case o == nil:
		case m == Latency:
			latency = o
		default:
			others = append(others, *o)
		}
	}
	return latency, others
}

func (k *incidents) openPart(name conventions.Endpoint, m Matter) *OpenPart {
	for _, in := range slices.Backward(k.all) {
		if !in.messages.opened || in.messages.closed {
			continue
		}
		for _, p := range in.parts {
			if p.Endpoint == name && p.Matter == m && m != Objective { // which is saved with its budget
				return in.open(p)
			}
		}
	}
	return nil
}

// open is what the next process has to know of a part.
func (in *incident) open(p *part) *OpenPart {
	o := &OpenPart{
		Incident: in.ID, Reopened: in.messages.reopened, State: p.State, Start: p.Start, At: p.At, End: p.End,
		Evidence: p.Evidence, Worst: p.Worst, Cost: p.Cost,
	}
	if p.Matter != Latency {
		o.Matter, o.Total = p.Matter, p.Total
	}
	return o
}

// valid reports whether a part that was saved at a time can be taken over.
func (o *OpenPart) valid(saved, now time.Time) bool {
	if o == nil || o.Matter != "" && !slices.Contains(matters[:], o.Matter) || o.Incident == "" || len(o.Incident) > maxID {
		return false
	}
	is := o.State == Open && o.End.IsZero() || (o.State == Ended || o.State == NewNormal) && !o.End.IsZero()
	return is && !o.At.Before(o.Start) && !saved.Before(o.At) && now.Sub(o.Start) < maxBaselineAge
}

// takeOver makes incidents of what was open when the process before this one saved its state.
func (e *Engine) takeOver(saved []Baseline) {
	now, all := e.now, []*incident(nil)
	for i := range saved {
		if now.IsZero() || saved[i].At.After(now) {
			now = saved[i].At
		}
	}
	for i := range saved {
		b := &saved[i]
		if b.Open != nil {
			all = e.takeOverPart(all, b, b.Open, now)
		}
		for j := range b.Others {
			all = e.takeOverPart(all, b, &b.Others[j], now)
		}
	}
	slices.SortStableFunc(all, func(a, b *incident) int { return a.At.Compare(b.At) })
	e.incidents.all = append(e.incidents.all, all[max(0, len(all)-MaxIncidents):]...)
}

func (e *Engine) takeOverPart(all []*incident, b *Baseline, o *OpenPart, now time.Time) []*incident {
	if !o.valid(b.At, now) {
		return all
	}
	n := slices.IndexFunc(all, func(in *incident) bool { return in.ID == o.Incident })
	if n < 0 {
		n = len(all)
		all = append(all, &incident{
			Incident: Incident{ID: o.Incident, State: Ended, Start: o.Start, At: o.At},
			messages: messages{opened: true, reopened: o.Reopened, last: e.elapsed},
		})
	}
	all[n].takeOver(e.partBefore(b, o, now))
	return all
}

// partBefore is a part of which nothing is seen yet.
func (e *Engine) partBefore(b *Baseline, o *OpenPart, now time.Time) *part {
	then := func(t time.Time) time.Duration { return e.elapsed - now.Sub(t) }
	p := &part{
		Part: Part{
			Endpoint: b.Endpoint, Matter: o.Matter, State: o.State, Start: o.Start, At: o.At, End: o.End,
			Evidence: o.Evidence, Total: o.Evidence, Worst: o.Worst, Last: o.Worst, Cost: o.Cost,
			Before: true, Unseen: true, FailedBefore: math.NaN(), Failed: math.NaN(),
		},
		sure: o.Worst.Ratio, reported: o.Worst.Ratio, lastRequest: b.At, began: then(o.Start), found: then(o.At), until: e.elapsed + appears,
	}
	if p.Matter == "" {
		p.Matter = Latency
	}
	if o.Total.N > 0 || o.Total.Expected > 0 {
		p.Total = o.Total
	}
	if p.Matter == Silence {
		p.until = then(o.Start) + silentFor
	}
	if !o.End.IsZero() {
		p.over = then(o.End)
	}
	return p
}

// takeOver takes in a part of an earlier process.
func (in *incident) takeOver(p *part) {
	first := len(in.parts) == 0
	p.in, in.parts = in, append(in.parts, p)
	if p.Start.Before(in.Start) {
		in.Start = p.Start
	}
	if p.At.Before(in.At) {
		in.At = p.At
	}
	switch {
	case isOpen(p):
		in.reopen()
	case first || in.State != Open && p.End.After(in.End):
		in.State, in.End, in.over = p.State, p.End, p.over
	}
}

// await waits for a verdict on an endpoint that has appeared, where it was in an open incident before the restart.
func (e *Engine) await(ep *endpoint) {
	for _, in := range e.incidents.all {
		for _, p := range in.parts {
			if p.id == 0 && p.Endpoint == ep.name && p.Matter != Objective {
				p.id, p.awaited, p.until = ep.id, ep, e.awaitedUntil(p, ep)
			}
		}
	}
}

// silentFor is how long a silence may go on before it is usual, and unjudged how long its detector judges nothing after a restart.
const (
	silentFor = 24 * time.Hour
	unjudged  = 45 * time.Minute
)

// awaitedUntil is when an unseen part of an endpoint that has appeared ends, if it is not seen: a silence in which there was no request
// ends with the first, and where there were few it is judged after a while.
func (e *Engine) awaitedUntil(p *part, ep *endpoint) time.Duration {
	switch {
	case p.Matter != Silence:
		return max(ep.before.until, e.elapsed+rejoin)
	case p.Evidence.N == 0:
		return e.elapsed
	}
	return e.elapsed + unjudged
}

// unseen finds the part that an endpoint has had since before the restart, and of which nothing was seen yet.
func (k *incidents) unseen(endpoint int, m Matter) *part {
	for _, in := range slices.Backward(k.all) {
		for _, p := range in.parts {
			if p.id == endpoint && p.Matter == m && p.Unseen && isOpen(p) {
				return p
			}
		}
	}
	return nil
}

// unseen reports whether nothing of an incident was seen in this process.
func (in *incident) unseen() bool {
	return !slices.ContainsFunc(in.parts, func(p *part) bool { return !p.Unseen })
}

// resume takes in that a part goes on that was open before the restart.
func (e *Engine) resume(ep *endpoint, p *part, ev *baseline.Event) {
	old := *p
	*p = *e.newPart(ep, old.Matter, ev, true)
	p.in, p.Start, p.At, p.began, p.reported, p.earlier = old.in, old.Start, old.At, old.began, old.reported, old.Cost
	if p.Matter == Latency {
		p.take(&old.Cost)
	} else {
		p.former, p.inherited = old.Total, old.Total
		p.soFar(p.lately)
	}
	p.sure = max(p.sure, old.sure)
	if old.Worst.Ratio > p.Worst.Ratio {
		p.Worst = old.Worst
	}
	ep.setPart(p.Matter, p)
	e.askCause(p)
	in := p.in
	in.messages.resumes = in.messages.resumes || !in.messages.resumed
	in.messages.resumed = true
	in.found = e.elapsed
}

// endUnseen ends the parts that were open before the restart and are not found to be slow after it in time; with all, the others, too.
func (e *Engine) endUnseen(all bool) {
	for _, in := range e.incidents.all {
		for _, p := range in.parts {
			if !p.Unseen || !isOpen(p) {
				continue
			}
			if p.awaited != nil && p.Matter == Latency {
				if left := p.awaited.detector.State().JudgedIn; left > 0 { // the grace may become longer
					p.until = max(p.until, e.elapsed+left+rejoin)
				}
			}
			if all || e.elapsed > p.until {
				e.endPartBefore(p)
			}
		}
	}
}

func (e *Engine) endPartBefore(p *part) {
	p.State, p.End, p.awaited = Ended, p.lastRequest, nil
	if p.Matter == Silence {
		p.End = e.now
	}
	p.over = e.elapsed - max(0, e.now.Sub(p.End))
	if !p.in.byReset && p.Matter != Silence {
		p.Ending = "no longer seen after the restart"
	}
	ev := p.Evidence
	ev.Kind, ev.At = baseline.Ended, e.now
	e.ended(p, ev)
}

// Unseen are the ids of the open incidents of which nothing was seen since the restart.
func (e *Engine) Unseen() (ids []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, in := range e.incidents.all {
		if in.State == Open && in.unseen() {
			ids = append(ids, in.ID)
		}
	}
	return ids
}
