// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Suspect is an endpoint whose latency may be leaving its baseline, or has left it and is still seen to be away.
type Suspect struct {
	Endpoint conventions.Endpoint // it is, never one that is called
	Evidence float64              // 0.5 to 1, where an alarm is raised
	Slow     time.Duration        // how long its slow requests take: the quantile that an alarm is about
	Incident string               // id of the one that is open; "" before the alarm
}

// Suspects returns the endpoints with more than half of the evidence that an alarm needs, nil mostly. What is called is not among them.
func (e *Engine) Suspects() (all []Suspect) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for ep := range e.all() {
		if ep.suspicion.Evidence == 0 || ep.name.Kind == conventions.KindDependency {
			continue
		}
		s := Suspect{Endpoint: ep.name, Evidence: ep.suspicion.Evidence, Slow: ep.suspicion.Slow}
		if ep.part != nil {
			s.Incident = ep.part.in.ID
		}
		all = append(all, s)
	}
	return all
}
