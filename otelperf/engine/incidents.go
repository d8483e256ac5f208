// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/slowlog/order"
)

// MaxIncidents is how many incidents are remembered: the last ones, and before those that have ended those that are open.
const MaxIncidents = 50

// incidents are the last MaxIncidents, each with at most one part per endpoint and matter. The engine's mutex guards it.
type incidents struct {
	all    []*incident // oldest first
	events []Event     // of the running Advance
	tag    string      // of this process in ids: four letters or digits by chance, as others may have one of the same second
	serial int         // of this process

	versionBefore string        // of the service in the process before this one
	versionNow    func() string // nil: not known
	after         func(start, returned time.Time) string
}

// incident is an Incident that is followed. Its Parts, Reason and Cost are empty: clone fills them in.
type incident struct {
	Incident
	parts    []*part  // in the order in which they joined
	formerly []string // ids of those that became part of it, at most one for each part
	byReset  bool     // it was ended by a reset of the baselines
	sealed   bool     // nothing joins it any more, since the baselines were reset
	messages messages

	after func(start, returned time.Time) string // of Options; nil for those of the process before

	found, over time.Duration // At and End as Engine.elapsed was
}

// record takes in what a detector said of an endpoint.
func (e *Engine) record(ep *endpoint, m Matter, ev baseline.Event) {
	if ev.Kind == baseline.Started {
		if !e.holds(ep, m, &ev) {
			e.started(ep, m, ev)
		}
		return
	}
	delete(ep.unconfirmed, m)
	p := ep.partOf(m)
	if p == nil {
		return
	}
	ep.setPart(m, nil)
	p.ep = nil
	p.State, p.End, p.over = Ended, ev.At, e.elapsed
	switch {
	case ev.Kind == baseline.NewNormal:
		p.State = NewNormal
		if m == Latency {
			ep.rebased++
		}
	case m != Silence && e.elapsed-p.busy >= silence:
		p.End, p.Ending = p.lastRequest, "no request since "+p.clock(p.lastRequest)
	}
	if m == Latency {
		ep.late = late{part: p}
	} else {
		p.soFar(ev)
	}
	e.ended(p, ev)
}

// silence is how long an endpoint has no request when the detector takes a spike for ended since there are none.
const silence = 10 * time.Minute

// ended takes in that a part has, and with the last one the incident.
func (e *Engine) ended(p *part, ev baseline.Event) {
	in := p.in
	if !slices.ContainsFunc(in.parts, isOpen) {
		in.State, in.over, in.End = p.State, p.over, p.End
		for _, o := range in.parts {
			if o.End.After(in.End) {
				in.End = o.End
			}
		}
	}
	e.incidents.changed(p, ev)
}

func isOpen(p *part) bool { return p.State == Open }

// started gives an endpoint that spikes its part in an incident.
func (e *Engine) started(ep *endpoint, m Matter, ev baseline.Event) {
	if ep.partOf(m) != nil {
		return
	}
	k := &e.incidents
	if p := k.unseen(ep.id, m); p != nil {
		e.resume(ep, p, &ev)
		k.changed(p, ev)
		return
	}
	if in, p := k.former(ep.id, m, e.elapsed, m == Latency && ep.before.of(&ev, e.elapsed)); p != nil {
		if e.movesOn(ep, m, &ev, in, p) {
			return
		}
		if in.State != Open {
			in.Returned, in.Examples = ev.Start, nil // those are of then
		}
		e.goOn(ep, p, &ev)
		in.reopen()
		ep.setPart(m, p)
		k.changed(p, ev)
		return
	}
	p := e.newPart(ep, m, &ev, false)
	e.askCause(p)
	in, how := k.home(p, e.elapsed)
	if in == nil {
		in = k.open(p, &ev)
		in.found = e.elapsed
	}
	in.admit(p, how)
	ep.setPart(m, p)
	k.changed(p, ev)
}

// movesOn has an endpoint that is back after the whole of its incident had ended join another that is open, where that has its cause: it is
// reported with that, and not as one of its own that came back beside it.
func (e *Engine) movesOn(ep *endpoint, m Matter, ev *baseline.Event, in *incident, old *part) bool {
	if in.State == Open || old.Before {
		return false
	}
	p := e.newPart(ep, m, ev, false)
	e.askCause(p)
	other := e.incidents.sharing(p, in)
	if other == nil {
		return false
	}
	other.admit(p, bySameCause)
	ep.setPart(m, p)
	e.incidents.changed(p, *ev)
	return true
}

// changed notes the event that a part has begun or ended.
func (k *incidents) changed(p *part, ev baseline.Event) {
	k.events = append(k.events, Event{Time: ev.At, Part: new(p.Part), Started: p.State == Open, Detector: ev, Incident: p.in.clone()})
}

// open makes an incident.
func (k *incidents) open(p *part, ev *baseline.Event) *incident {
	k.serial++
	in := &incident{after: k.after, Incident: Incident{
		ID: fmt.Sprintf("%s-%s%d", ev.At.UTC().Format("20060102T150405"), k.tag, k.serial), State: Open, Start: p.Start, At: ev.At, SinceRestart: ev.SinceRestart,
	}}
	if ev.SinceRestart {
		in.SinceVersion = k.newVersion()
	}
	if len(k.all) >= MaxIncidents {
		oldest := slices.IndexFunc(k.all, func(in *incident) bool { return in.State != Open && in.messages.closed })
		if oldest < 0 {
			oldest = max(0, slices.IndexFunc(k.all, func(in *incident) bool { return in.State != Open }))
		}
		k.all = slices.Delete(k.all, oldest, oldest+1)
	}
	k.all = append(k.all, in)
	return in
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

// clone is a copy that later events do not change.
func (in *incident) clone() Incident {
	c := in.Incident
	c.Reported = in.messages.opened && !in.messages.closed
	c.Examples = slices.Clone(in.Examples)
	c.Parts = in.sorted()
	for i, p := range in.parts {
		if p.Endpoint.Kind.Request() && p.Endpoint != AllEndpoints {
			c.Cost.add(in.costBeyond(i))
		}
	}
	if in.after != nil {
		c.After = in.after(c.Start, c.Returned)
	}
	c.Reason = c.reason(in.messages.grown)
	if in.byReset {
		c.Reason += "; ended by a reset of the baselines"
	}
	return c
}

// sorted are copies of the parts, in the order of Incident.Parts.
func (in *incident) sorted() []Part {
	all := make([]Part, 0, len(in.parts))
	for _, p := range in.parts {
		all = append(all, p.Part)
	}
	order.By(all, worseFirst)
	return all
}

// costBeyond is the cost of a part beyond what parts before it count of the same endpoint.
func (in *incident) costBeyond(i int) *Cost {
	p := in.parts[i]
	c, most := p.Cost, Cost{}
	for _, o := range in.parts[:i] {
		if o.Endpoint == p.Endpoint {
			most.raise(&o.Cost)
		}
	}
	c.raise(&most)
	c.less(&most)
	return &c
}

// worseFirst orders the parts that are open before the others, of these those that were seen since a restart, and those of more
// weight, and of these the worse before the better.
func worseFirst(a, b *Part) int {
	rank := func(p *Part) (n int) {
		if p.State != Open {
			n = 2
		}
		if p.Unseen {
			n++
		}
		return n
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Matter.weight(), b.Matter.weight()), cmp.Compare(b.Worst.Ratio, a.Worst.Ratio))
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

// Incident returns the one of an id that is remembered, also by the id that it had in its first seconds, before it was found to be part
// of another.
func (e *Engine) Incident(id string) (Incident, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, in := range e.incidents.all {
		if in.ID == id || slices.Contains(in.formerly, id) {
			return in.clone(), true
		}
	}
	return Incident{}, false
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
