// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/objective"
)

// SavedObjective is what has been counted for an Objective, to be kept for the next process.
type SavedObjective struct {
	Name    string                     `json:"name"`       // of the Objective
	Pattern string                     `json:"pattern"`    // of the Objective
	Latency time.Duration              `json:"latency_ns"` // of the Objective
	Target  float64                    `json:"target"`     // of the Objective
	At      time.Time                  `json:"at"`         // when it was taken
	Since   [objective.Pairs]time.Time `json:"since"`      // as ObjectiveState.Since
	State   []byte                     `json:"state"`      // at most 64 KiB
	// Open is its part in an incident that has been reported, and whose end has not; nil for none.
	Open *OpenPart `json:"open,omitzero"`
}

// of reports whether it is of an objective. The period may have changed since.
func (s *SavedObjective) of(o *SLO) bool {
	return s.Name == o.Name && s.Pattern == o.Pattern.String() && s.Latency == o.Latency && s.Target == o.Target
}

// SavedObjectives returns what has been counted for the objectives as of now.
func (e *Engine) SavedObjectives(now time.Time) (out []SavedObjective) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, b := range e.budgets.all {
		out = append(out, SavedObjective{
			Name: b.Name, Pattern: b.Pattern.String(), Latency: b.Latency, Target: b.Target, At: now, Since: b.since, State: b.AppendState(nil), Open: b.openObjective(),
		})
	}
	return out
}

// OfferObjectives gives the engine, after its first Advance, what an earlier process has counted: objectives of the same name, pattern,
// latency and target go on with it, and others begin anew. What is damaged counts as nothing, and in Stats.RestoreFailures.
func (e *Engine) OfferObjectives(saved []SavedObjective) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, b := range e.budgets.all {
		i := slices.IndexFunc(saved, func(s SavedObjective) bool { return s.of(&b.SLO) })
		if i < 0 {
			continue
		}
		s := &saved[i]
		if err := b.Restore(s.State, e.now.Sub(s.At)); err != nil {
			e.stats.RestoreFailures++
			continue
		}
		for i, burn := range b.State().Burns {
			if burn.Open {
				b.since[i] = beganAt(s.Since[i], e.now)
			}
		}
		e.expect(b, s)
	}
}

// beganAt is since, if that is known and not in the future.
func beganAt(since, now time.Time) time.Time {
	if since.IsZero() || since.After(now) {
		return now
	}
	return since
}
