// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/objective"
	"github.com/otelperf/otelperf-go/otelperf/internal/timeline"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// BurningBudget is what a part about an objective has besides.
type BurningBudget struct {
	Name    string        // of the SLO
	Latency time.Duration // of the SLO
	Rate    float64       // burn rate of the long window of the alert that is open over the shortest ones
	Left    float64       // share of the budget
	Page    bool          // somebody is to be woken
}

// firstBudgetID is the id of the endpoint that stands for the first budget in incidents; those of the others are below it.
const firstBudgetID = serviceID - 1

// newBudgetEndpoint is what stands for the endpoints of a pattern in incidents.
func newBudgetEndpoint(n int, pattern string) *endpoint {
	method, route, ok := strings.Cut(pattern, " ")
	if !ok {
		method, route = "", pattern
	}
	return &endpoint{id: firstBudgetID - n, name: conventions.Endpoint{Kind: conventions.KindHTTP, Method: method, Route: route}, line: timeline.NewLine()}
}

// burn passes on whether a budget has an alert. arrived says that there were requests.
func (e *Engine) burn(b *budget, arrived bool) {
	p := b.ep.partOf(Objective)
	if p == nil && b.since == [objective.Pairs]time.Time{} {
		return
	}
	st := b.State()
	i := slices.IndexFunc(st.Burns[:], func(burn objective.Burn) bool { return burn.Open })
	if i < 0 {
		if p != nil {
			ev := p.lately
			ev.Kind, ev.At = baseline.Ended, e.now
			e.record(b.ep, Objective, ev)
		}
		return
	}
	burn := &st.Burns[i]
	b.burning = BurningBudget{b.Name, b.Latency, burn.LongRate, st.Left, burn.Page}
	if p == nil {
		b.begin.requests, b.begin.bad = b.requests-min(b.requests, burn.ShortTotal), b.bad-min(b.bad, burn.ShortBad)
		ev := b.event(burn.Total, burn.Bad, e.now.Add(-st.Burns[0].Short), e.now) // when it began is not known exactly
		ev.Kind = baseline.Started
		e.record(b.ep, Objective, ev)
		return
	}
	if burn.Page && !p.Budget.Page {
		p.in.messages.grew = true
	}
	p.Budget = b.burning
	p.soFar(b.event(b.requests-b.begin.requests, b.bad-b.begin.bad, p.lately.Start, e.now))
	if arrived {
		p.lastRequest, p.busy = e.now, e.elapsed
	}
}

// event is what an alert is in the terms of an incident: Expected is how many bad ones the budget has for as many requests.
func (b *budget) event(requests, bad uint64, start, at time.Time) baseline.Event {
	ev := baseline.Event{Start: start, At: at, N: requests, Above: bad, Expected: float64(requests) * (1 - b.Target)}
	if ev.Expected > 0 {
		ev.Ratio = float64(bad) / ev.Expected
	}
	return ev
}

// seenBurning says what raised an alert.
func (p *Part) seenBurning(ev *baseline.Event) string {
	return fmt.Sprintf("%s, %s times what lasts the period of %s", p.badOfBudget(ev), units.Short(ev.Ratio), p.Budget.Name)
}

func (p *Part) badOfBudget(ev *baseline.Event) string {
	word := "failed"
	if p.Budget.Latency > 0 {
		word = "took longer than " + shortMs(p.Budget.Latency) + " ms"
	}
	return fmt.Sprintf("%d of %d requests %s", ev.Above, ev.N, word)
}

// openObjective is the open part of a budget that was reported as open; nil for none.
func (b *budget) openObjective() *OpenPart {
	p := b.ep.partOf(Objective)
	if p == nil || !p.in.messages.opened || p.in.messages.closed {
		return nil
	}
	return p.in.open(p)
}

// expect takes over the part that a budget had before the restart: the next alert goes on with it.
func (e *Engine) expect(b *budget, saved *SavedObjective) {
	if saved.Open == nil || saved.Open.Matter != Objective {
		return
	}
	e.incidents.all = e.takeOverPart(e.incidents.all, &Baseline{Endpoint: b.ep.name, At: saved.At}, saved.Open, e.now)
	for _, in := range e.incidents.all {
		for _, p := range in.parts {
			if in.ID == saved.Open.Incident && p.id == 0 && p.Matter == Objective && p.Endpoint == b.ep.name {
				p.id, p.awaited, p.until, p.Budget = b.ep.id, b.ep, e.elapsed+rejoin, BurningBudget{Name: b.Name, Latency: b.Latency}
			}
		}
	}
}
