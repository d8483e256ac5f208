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
	if p := e.incidents.unseen(ep.id); p != nil {
		p.awaited = nil
	}
	if _, known := ep.detector.Quantile(0.5); known && len(e.saved) < maxLaidBy {
		if e.saved == nil {
			e.saved = map[conventions.Endpoint]Baseline{}
		}
		e.saved[ep.name] = Baseline{Endpoint: ep.name, At: e.now, State: ep.detector.AppendState(nil)}
	}
	e.endpoints[d.ID] = nil
	other := e.at(&spikeprocessor.Delta{ID: d.Other, Endpoint: conventions.Endpoint{Kind: ep.name.Kind, Route: conventions.OverflowRoute}})
	other.line.Absorb(ep.line, &e.scratch)
	other.coarse, other.unknown = other.coarse || ep.coarse, other.unknown || ep.unknown
	other.beyond = earlier(other.beyond, ep.beyond)
}

// leaveIncident ends the part that an endpoint has in an incident.
func (e *Engine) leaveIncident(ep *endpoint) {
	if ep.part != nil {
		ev := ep.part.Evidence
		ev.Kind, ev.At = baseline.Ended, e.now
		e.record(ep, ev)
	}
}
