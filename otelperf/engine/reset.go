// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
)

// Reset starts counts and windows anew; baselines, too, if that is asked for. With the baselines, those that were offered go, and what
// is measured by them: incidents that are open end now, which the events returned report. Incidents that have ended are remembered
// either way, and budgets of objectives stay as they are.
func (e *Engine) Reset(baselines bool) []Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	if baselines {
		e.endIncidents()
		e.saved, e.service, e.heard = nil, nil, 0
	}
	e.began = e.now
	for ep := range e.all() {
		ep.line.Reset()
		ep.coarse, ep.beyond, ep.unknown = false, 0, false
		if baselines {
			ep.detector, ep.suspicion, ep.others, ep.unconfirmed = e.newDetector(), baseline.Suspicion{}, e.newOthers(ep.name), nil
			e.publish(ep)
		}
	}
	return e.incidents.take()
}

// endIncidents has every endpoint leave its incident, and what comes next is another one.
func (e *Engine) endIncidents() {
	for _, in := range e.incidents.all {
		if slices.ContainsFunc(in.parts, func(p *part) bool { return p.ep != nil && p.ep.budget != nil }) {
			continue // budgets stay as they are
		}
		in.sealed = true
		in.byReset = in.byReset || in.State == Open
	}
	for ep := range e.all() {
		e.leaveIncident(ep)
		ep.before, ep.late = before{}, late{}
	}
	if e.service != nil {
		e.leaveIncident(e.service)
	}
	e.endUnseen(true)
	e.follow()
}
