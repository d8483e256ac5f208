// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// offer gives the engine the baselines of an earlier process, for endpoints as they appear. What is too old is dropped.
// version is that of the service then; spikes that begin soon after the start are put down to a newer one.
func (e *Engine) offer(saved []savedBaseline, version string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.saved = make(map[conventions.Endpoint]savedBaseline, len(saved))
	for _, s := range saved {
		e.saved[s.endpoint()] = s
	}
	e.spikes.versionBefore = version
}

// restore gives a new series the baseline that an earlier process had, if there is one that the detector takes.
func (e *Engine) restore(s *series) {
	old, ok := e.saved[s.endpoint]
	if !ok {
		return
	}
	delete(e.saved, s.endpoint)
	if err := s.detector.Restore(old.State, max(0, e.now.Sub(old.At))); err != nil {
		e.stats.RestoreFailures++
		return
	}
	e.stats.Restored++
}

// baselines returns those to keep for the next process, those of an earlier one included that were not needed yet.
func (e *Engine) baselines(now time.Time) (out []savedBaseline) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.series {
		if s == nil {
			continue
		}
		if _, known := s.detector.Quantile(0.5); known {
			out = append(out, savedBaseline{
				Kind: s.endpoint.Kind, Method: s.endpoint.Method, Route: s.endpoint.Route, At: now, State: s.detector.AppendState(nil),
			})
		}
	}
	for _, s := range e.saved {
		if now.Sub(s.At) < maxStateAge {
			out = append(out, s)
		}
	}
	return out
}
