// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/failures"
	"github.com/otelperf/otelperf-go/otelperf/internal/objective"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// SLO is a service level objective: a share of requests that is to be good: not failed, or answered within a time. An engine takes some 25 KiB for one of 30
// days.
type SLO struct {
	Name string // what it is called
	// Pattern says which endpoints count, all of them together. What is no request, a job or a call, counts if it is named without a wildcard.
	Pattern spikeprocessor.Pattern
	// Latency is above what a request is bad, to the upper bound of its bucket: at most 1.1 % more, and with durations from coarse buckets
	// up to one of those. Streams, which have no duration, are good. 0: a request that has failed is bad, and those that a client or a
	// handler broke off do not count.
	Latency time.Duration
	Target  float64       // the share that is to be good, 0.5 to 0.99999
	Period  time.Duration // that the target is for, 7 to 90 days in whole hours; 0 is 30 days
}

// ObjectiveState is how an Objective fares.
type ObjectiveState struct {
	SLO
	Budget        objective.State            // of the period
	Since         [objective.Pairs]time.Time // when the alerts began that are open; zero for the others
	Endpoints     int                        // that match
	Requests, Bad uint64                     // of this process
	Coarse        bool                       // durations came from buckets wider than ours
	Unmatched     time.Duration              // for how long there have been requests, and none that matches
}

// budget follows an Objective.
type budget struct {
	SLO
	*objective.Budget
	requests, bad uint64 // of this process
	before        struct{ requests, bad uint64 }
	begin         struct{ requests, bad uint64 } // of the part in an open incident
	since         [objective.Pairs]time.Time
	ep            *endpoint // stands for those of the pattern in incidents
	burning       BurningBudget
	endpoints     int
	coarse        bool
	known         bool // an endpoint has matched
}

// budgets are those of an engine's objectives.
type budgets struct {
	all   []*budget
	byID  [][]*budget   // of an endpoint, by the source's id; nil: not looked up yet
	first time.Duration // as Engine.elapsed: when the first request came; below 0: there was none
}

func newBudgets(all []SLO) (b budgets, err error) {
	b.first = -1
	for n, o := range all {
		of, fault := objective.New(objective.Config{Target: o.Target, Period: o.Period})
		if fault != nil {
			err = errors.Join(err, fmt.Errorf("engine: objective %q: %w", o.Name, fault))
			continue
		}
		one := &budget{SLO: o, Budget: of, ep: newBudgetEndpoint(n, o.Pattern.String())}
		one.ep.budget = one
		b.all = append(b.all, one)
	}
	return b, err
}

// budgeting passes deltas on and counts them for the objectives, whose budgets move on when all have come.
func (e *Engine) budgeting(deltas iter.Seq[*spikeprocessor.Delta]) iter.Seq[*spikeprocessor.Delta] {
	if len(e.budgets.all) == 0 {
		return deltas
	}
	return func(yield func(*spikeprocessor.Delta) bool) {
		for d := range deltas {
			e.budgets.count(d, e.elapsed)
			if !yield(d) {
				return
			}
		}
		for _, b := range e.budgets.all {
			arrived := b.requests > b.before.requests
			b.tick(e.now)
			e.burn(b, arrived)
		}
	}
}

func (s *budgets) count(d *spikeprocessor.Delta, elapsed time.Duration) {
	if s.first < 0 && d.Endpoint.Kind.Request() && !d.Forgotten {
		s.first = elapsed
	}
	for d.ID >= len(s.byID) {
		s.byID = append(s.byID, nil)
	}
	if d.Forgotten {
		for _, b := range s.byID[d.ID] {
			b.endpoints--
		}
		s.byID[d.ID] = nil
		return
	}
	if s.byID[d.ID] == nil {
		s.byID[d.ID] = s.of(d.Endpoint)
	}
	for _, b := range s.byID[d.ID] {
		b.count(d)
	}
}

// of returns the budgets that an endpoint counts for, not nil.
func (s *budgets) of(ep conventions.Endpoint) []*budget {
	name, found := ep.String(), []*budget{}
	for _, b := range s.all {
		if ep.Kind.Request() && b.Pattern.Match(name) || b.Pattern.String() == name {
			b.endpoints++
			b.known = true
			found = append(found, b)
		}
	}
	return found
}

func (b *budget) count(d *spikeprocessor.Delta) {
	if b.Latency == 0 {
		c := failures.Of(&d.Outcomes)
		b.requests += c.Requests
		b.bad += c.Failed
		return
	}
	b.coarse = b.coarse || d.Coarse
	b.requests += d.Outcomes.Total()
	last := latency.Bucket(b.Latency)
	for bucket, n := range d.All.Buckets() {
		if bucket > last {
			b.bad += n
		}
	}
}

func (b *budget) tick(now time.Time) {
	evs := b.Tick(now, b.requests-b.before.requests, b.bad-b.before.bad)
	b.before.requests, b.before.bad = b.requests, b.bad
	for i, ev := range evs {
		switch {
		case ev.Started:
			b.since[i] = now
		case ev.Ended:
			b.since[i] = time.Time{}
		}
	}
}

// Objectives returns how the objectives of the options fare, in their order.
func (e *Engine) Objectives() []ObjectiveState {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]ObjectiveState, 0, len(e.budgets.all))
	for _, b := range e.budgets.all {
		st := ObjectiveState{
			SLO: b.SLO, Budget: b.State(), Since: b.since, Endpoints: b.endpoints, Requests: b.requests, Bad: b.bad, Coarse: b.coarse,
		}
		if !b.known && e.budgets.first >= 0 {
			st.Unmatched = e.elapsed - e.budgets.first
		}
		out = append(out, st)
	}
	return out
}
