// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"unsafe"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/failures"
	"github.com/otelperf/otelperf-go/otelperf/internal/quiet"
	"github.com/otelperf/otelperf-go/otelperf/internal/timeline"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// AllEndpoints is what the silence of the whole service is reported of. No row is called so.
var AllEndpoints = conventions.Endpoint{Kind: conventions.KindHTTP, Route: "(all endpoints)"}

// serviceID is the id of the endpoint that stands for the whole service.
const serviceID = -1

// others are the verdicts on an endpoint beside its latency.
type others struct {
	failing *failures.Detector
	traffic *quiet.Detector // nil: its silence is none, since it does what others ask of it, or is no endpoint of the service
	arrived uint64          // requests in the running Advance
	open    map[Matter]*part
}

// partOf is the part of an endpoint in an open incident; nil for none.
func (ep *endpoint) partOf(m Matter) *part {
	if m == Latency {
		return ep.part
	}
	return ep.open[m]
}

// setPart gives an endpoint its part in an open incident; nil takes it.
func (ep *endpoint) setPart(m Matter, p *part) {
	switch {
	case m == Latency:
		ep.part = p
	case p == nil:
		delete(ep.open, m)
	default:
		if ep.open == nil {
			ep.open = map[Matter]*part{}
		}
		ep.open[m] = p
	}
}

// newOthers are those of a new endpoint. Jobs and what is called have times of their own, and what no row stands for has none.
func (e *Engine) newOthers(name conventions.Endpoint) others {
	o := others{failing: e.failing.Another()}
	if name.Kind.Request() && name.Route != conventions.OverflowRoute && name.Route != conventions.UnmatchedRoute {
		o.traffic = new(quiet.Detector)
	}
	return o
}

// judge passes on what is found of an endpoint beside its latency; the delta is nil where there was no request.
func (e *Engine) judge(ep *endpoint, d *spikeprocessor.Delta) {
	var c failures.Counts
	if ep.arrived = 0; d != nil {
		ep.arrived = d.Outcomes.Total()
		if !d.OutcomesUnknown { // else all count as ok
			c = failures.Of(&d.Outcomes)
		}
	}
	if ep.failing == nil {
		return
	}
	evs := ep.failing.Tick(e.now, c)
	for m := range failures.Matter(failures.Matters) {
		if evs[m].Kind != failures.None {
			e.record(ep, matterOf(m), evidenceOf(&evs[m]))
		}
		if p := ep.open[matterOf(m)]; p != nil {
			if ev, ok := ep.failing.Open(m); ok {
				p.soFar(evidenceOf(&ev))
			}
			if ep.arrived > 0 {
				p.lastRequest, p.busy = e.now, e.elapsed
			}
		}
	}
}

// listen passes on which endpoints have become silent. While the whole service is, its endpoints are for the same reason, which is not
// said of each.
func (e *Engine) listen() {
	total, any := uint64(0), false
	for ep := range e.all() {
		if ep.traffic != nil {
			total, any = total+ep.arrived, true
		}
	}
	if e.service == nil {
		if !any {
			return
		}
		e.service = &endpoint{id: serviceID, name: AllEndpoints, line: timeline.NewLine(), others: others{traffic: new(quiet.Detector)}}
		e.restoreService()
		e.await(e.service)
	}
	e.service.arrived = total
	e.hear(e.service, false)
	_, all := e.service.traffic.Open()
	if all {
		e.heard = e.elapsed
	}
	for ep := range e.all() {
		if ep.traffic != nil {
			e.hear(ep, all || e.heard > 0 && e.elapsed-e.heard < rejoin)
		}
		ep.arrived = 0
	}
}

// hear passes on what is found of the traffic of an endpoint; what is hushed is when it is not any more.
func (e *Engine) hear(ep *endpoint, hushed bool) {
	ev := ep.traffic.Tick(e.now, ep.arrived)
	p := ep.open[Silence]
	open, is := ep.traffic.Open()
	switch {
	case is && p == nil && !hushed:
		if ev.Kind == quiet.None {
			ev, ev.Kind = open, quiet.Started
		}
		e.record(ep, Silence, silenceOf(&ev))
	case ev.Kind != quiet.None && p != nil:
		e.record(ep, Silence, silenceOf(&ev))
	case is && p != nil:
		p.soFar(silenceOf(&open))
	}
}

// soFar takes in what a part that is not about latency is by now, since its latest alarm.
func (p *part) soFar(ev baseline.Event) {
	p.lately = ev
	if f := &p.former; !f.Start.IsZero() {
		ev.Start, ev.N, ev.Above, ev.Expected = f.Start, ev.N+f.N, ev.Above+f.Above, ev.Expected+f.Expected
	}
	p.Total = ev
	p.Cost = Cost{Requests: ev.N}
	if p.Matter == Failures || p.Matter == Panics || p.Matter == Objective && p.Budget.Latency == 0 {
		p.Cost.Failed, p.Cost.ExpectedFailed = ev.Above, ev.Expected
	}
	if p.Matter == Objective && p.Budget.Latency > 0 {
		p.Cost.Slow, p.Cost.ExpectedSlow = ev.Above, ev.Expected
	}
	if share, usual := shares(&ev); p.Matter != Silence {
		p.FailedBefore, p.Failed = usual, share
	}
}

// bytes is the memory of the detectors.
func (o *others) bytes() (n int) {
	n = int(unsafe.Sizeof(*o.failing))
	if o.traffic != nil {
		n += int(unsafe.Sizeof(*o.traffic))
	}
	return n
}
