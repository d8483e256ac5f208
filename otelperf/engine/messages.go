// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
)

// When there is a message of an incident.
const (
	// mostWait is how long after the detection the first message comes at most. It comes at once, unless other endpoints are on the
	// way into the same incident, or there is no request yet to name as an example.
	mostWait = 5 * time.Second
	onTheWay = 0.5 // of the evidence that an alarm takes: the endpoint may be the next
	// spacing is the time between messages of growth at least, and worsened what makes an incident worth one.
	spacing  = 15 * time.Second
	worsened = 2.0
	// asking is how long after an alarm its cause is looked for: what is slow later may be slow for another reason.
	asking = time.Minute
)

// messages is what was said of an incident.
type messages struct {
	opened, closed bool
	reopened       bool // that it was open again: from now on an end is one after comeBack
	resumes        bool // it goes on after a restart, which is to be said
	resumed        bool // that it goes on is said, or will be
	grew           bool // there is something to say
	grown          bool // that was said
	last           time.Duration
	cause          string        // the last that was said, by its About
	causes         int           // messages of a cause
	changed        time.Duration // when it became another; 0: it is the same
}

// follow looks at all incidents at the end of an Advance: what makes them worse, what they wait for, and whether a message is due.
func (e *Engine) follow() {
	k := &e.incidents
	newStep := e.step != e.followed
	e.followed = e.step
	if newStep {
		e.endUnseen(false)
	}
	for i := len(k.all) - 1; i >= 0; i-- { // backwards, since merge takes the one at i out
		in := k.all[i]
		m := &in.messages
		if m.closed && in.State != Open || e.mayComeBack(in) {
			continue
		}
		if newStep {
			e.worsen(in)
		}
		if newStep || !m.opened || len(in.Examples) == 0 || in.State != Open {
			e.ask(in)
		}
		e.explain(in, newStep)
		if !m.opened && in.State == Open && k.merge(in) {
			continue
		}
		e.tell(in)
	}
}

// worsen looks at the last minute of the parts that are open.
func (e *Engine) worsen(in *incident) {
	for _, p := range in.parts {
		if p.ep != nil {
			e.look(p)
			in.messages.grew = in.messages.grew || p.sure >= in.worstOpen(p.Matter) && in.worseThanReported(p)
		}
	}
}

// worseThanReported reports whether a part is clearly worse than the last message said; one that has joined since, than the worst that is
// open and that it spoke of.
func (in *incident) worseThanReported(p *part) bool {
	reported := p.reported
	if reported == 0 {
		for _, o := range in.parts {
			if isOpen(o) && o.Matter == p.Matter {
				reported = max(reported, o.reported)
			}
		}
	}
	return reported > 0 && p.sure >= worsened*reported
}

// ask finds out what single requests show.
func (e *Engine) ask(in *incident) {
	for _, p := range in.parts {
		if p.ep == nil {
			continue
		}
		if e.elapsed-p.found < asking {
			e.askCause(p)
		}
		if e.options.Errors != nil && (p.Matter.fails()) {
			if groups := e.options.Errors(&p.Part); len(groups) > 0 {
				p.Errors = groups
			}
		}
	}
	if e.options.Requests == nil || in.unseen() {
		return
	}
	c := in.clone()
	if all := e.options.Requests.Examples(&c); len(all) > 0 { // else the slow log has none of them any more
		in.Examples = all
	}
}

// askCause finds out what makes a part slow, as far as that is not known.
func (e *Engine) askCause(p *part) {
	if !p.Matter.shared() {
		return
	}
	if p.WaitsFor == "" && e.options.Requests != nil && p.Endpoint.Kind.Request() {
		p.WaitsFor = e.options.Requests.WaitsFor(p.Endpoint, p.since)
	}
	if p.Matter == Latency && len(p.signals) == 0 && e.options.Signals != nil && !p.Before && !p.Latest().Gradual {
		p.signals = e.options.Signals(e.elapsed - p.began)
	}
}

// mayComeBack reports whether it is too early for the end of an incident that has come back before.
func (e *Engine) mayComeBack(in *incident) bool {
	return in.messages.reopened && in.State == Ended && !in.sealed && e.elapsed-in.over < comeBack
}

// tell sends the messages that are due.
func (e *Engine) tell(in *incident) {
	m := &in.messages
	if !m.opened && (in.State != Open || e.due(in)) {
		m.opened = true
		e.send(in, Event{Opened: true})
	}
	switch {
	case in.State != Open:
		m.closed = true
		e.send(in, Event{Closed: true})
	case m.closed:
		m.closed, m.reopened = false, true
		e.send(in, Event{Reopened: true})
	case m.resumes:
		m.resumes = false
		e.send(in, Event{Resumed: true})
	case m.opened && m.grew && e.elapsed-m.last >= spacing:
		e.send(in, Event{Grew: true})
	case m.opened && e.explained(in):
		m.causes++
		e.send(in, Event{Explained: true})
	}
}

func (e *Engine) send(in *incident, ev Event) {
	in.messages.last, in.messages.grew = e.elapsed, false
	in.messages.grown = in.messages.grown || ev.Grew
	for _, p := range in.parts {
		p.reported = p.sure
	}
	ev.Time, ev.Incident = e.now, in.clone()
	if cause := in.cause(); cause != "" {
		in.messages.cause, in.messages.changed = cause, 0
	}
	e.incidents.events = append(e.incidents.events, ev)
}

// due reports whether it is time for the first message. With ticks as long as the wait all that began together is known already.
func (e *Engine) due(in *incident) bool {
	if e.elapsed-in.found >= mostWait || e.detector.Tick >= mostWait {
		return true
	}
	return (e.options.Requests == nil || len(in.Examples) > 0) && !e.rising()
}

// rising reports whether an endpoint that does not spike is about to.
func (e *Engine) rising() bool {
	for ep := range e.all() {
		if ep.part != nil {
			continue
		}
		s := ep.detector.State()
		rises := func(l baseline.LevelState) bool { return l.Evidence >= onTheWay }
		if !s.Held && slices.ContainsFunc(s.Levels[:], rises) {
			return true
		}
	}
	return false
}
