// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// maxLaidBy is how many baselines are kept of endpoints that are not there, those of an earlier process among them.
const maxLaidBy = 1000

// forget moves what an endpoint did to the overflow endpoint of its kind, so that no sum becomes smaller, and leaves its incident. Its
// baseline is kept for the case that it comes back.
func (e *Engine) forget(d *spikeprocessor.Delta) {
	if d.ID >= len(e.endpoints) || e.endpoints[d.ID] == nil {
		return
	}
	ep := e.endpoints[d.ID]
	e.leaveIncident(ep)
	for _, m := range matters {
		if p := e.incidents.unseen(ep.id, m); p != nil {
			p.awaited = nil
		}
	}
	if b, known := ep.baseline(e.now); known && len(e.saved) < maxLaidBy {
		if e.saved == nil {
			e.saved = map[conventions.Endpoint]Baseline{}
		}
		e.saved[ep.name] = b
	}
	e.endpoints[d.ID] = nil
	other := e.at(&spikeprocessor.Delta{ID: d.Other, Endpoint: conventions.Endpoint{Kind: ep.name.Kind, Route: conventions.OverflowRoute}})
	other.line.Absorb(ep.line, &e.scratch)
	other.coarse, other.unknown = other.coarse || ep.coarse, other.unknown || ep.unknown
	other.beyond = earlier(other.beyond, ep.beyond)
}

// leaveIncident ends the parts that an endpoint has in incidents.
func (e *Engine) leaveIncident(ep *endpoint) {
	for _, m := range matters {
		p := ep.partOf(m)
		if p == nil {
			continue
		}
		ev := p.Evidence
		if m != Latency {
			ev = p.lately
		}
		ev.Kind, ev.At = baseline.Ended, e.now
		e.record(ep, m, ev)
	}
}
