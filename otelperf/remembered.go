// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
)

// rememberedFor is how long ago a spike may have begun that goes on after a restart with what was known of it.
const rememberedFor = 24 * time.Hour

// Begin reads what a history has of the spikes that were open when the process before this one ended.
func (c *chronicle) Begin() {
	now := time.Now()
	all, err := c.m.past.Incidents(now.Add(-rememberedFor), now)
	if err != nil {
		return // the writer will say what is wrong with the store
	}
	old := map[string]*Spike{}
	for i := range all.List {
		if s, ok := storedSpike(&all.List[i]); ok && s.End == nil && len(old) < engine.MaxIncidents {
			old[s.ID] = &s
		}
	}
	c.m.beside.mu.Lock()
	defer c.m.beside.mu.Unlock()
	c.m.beside.old = old
}

// recall adds what was known of a spike before the restart, and is not yet known anew.
func (s *Spike) recall(old *Spike) {
	if s.Cause == "" && len(s.Causes) == 0 {
		s.Cause, s.Causes = old.Cause, old.Causes
	}
	if len(s.Errors) == 0 {
		s.Errors = old.Errors
	}
	if len(s.TraceIDs) == 0 {
		s.TraceIDs = old.TraceIDs
	}
	if len(s.Signals) == 0 {
		s.Signals = old.Signals
	}
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		for j := range old.Endpoints {
			o := &old.Endpoints[j]
			if e.Method == o.Method && e.Route == o.Route && e.Kind == o.Kind && e.Matter == o.Matter && e.Cause == "" && len(e.Causes) == 0 {
				e.Cause, e.Causes = o.Cause, o.Causes
			}
		}
	}
}
