// SPDX-License-Identifier: Apache-2.0

// Package rank finds what the slow requests of an endpoint have in common that its normal ones have not.
package rank

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/follow"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/history"
)

// The bounds of what is looked at.
const (
	MaxEndpoints = 20
	MaxEach      = 100 // slow requests of an endpoint, and normal ones
	MaxRequests  = 300 // that are kept of a recording
	maxParts     = 12

	// FewestSlow is how many slow requests there must be for a cause to be named.
	FewestSlow = 5
	// LeastShare is the share of the extra time that a cause must have to be named.
	LeastShare = 0.3
)

// marks are the requests of an endpoint that ended in the recording.
type marks struct {
	endpoint     string
	slow, normal []*history.Mark
	early        int // began too long before the recording
}

// Endpoints looks at the endpoints with slow requests. step is called between two requests; an error of it ends the work. cut says in
// words what was left out.
func Endpoints(h *history.History, step func() error) (all []causes.Endpoint, cut []string, err error) {
	groups := byEndpoint(h)
	if n := len(groups) - MaxEndpoints; n > 0 {
		groups = groups[:MaxEndpoints]
		cut = append(cut, fmt.Sprintf("%d endpoints with fewer slow requests", n))
	}
	room, early, unfinished := MaxRequests, 0, 0
	for _, g := range groups {
		early += g.early
		if n := len(g.slow) - MaxEach; n > 0 {
			cut = append(cut, fmt.Sprintf("%s: %d slow requests beyond %d", g.endpoint, n, MaxEach))
		}
		e, n, err := one(h, g, room, step)
		if err != nil {
			return nil, nil, err
		}
		all, room, unfinished = append(all, e), room-len(e.Requests), unfinished+n
	}
	if early > 0 {
		cut = append(cut, fmt.Sprintf("%d slow requests that began too long before the recording", early))
	}
	if unfinished > 0 {
		cut = append(cut, fmt.Sprintf("the ends of %d requests: more than %d goroutines, %d in a row, or %d stretches were to be followed",
			unfinished, follow.MaxSteps, follow.MaxHops, follow.MaxStretches))
	}
	return all, cut, nil
}

// byEndpoint groups the requests that can be told something of; the endpoint with most slow ones first.
func byEndpoint(h *history.History) []*marks {
	index := map[string]*marks{}
	for i := range h.Marks {
		m := &h.Marks[i]
		g := index[m.Endpoint]
		if g == nil {
			g = &marks{endpoint: m.Endpoint}
			index[m.Endpoint] = g
		}
		switch early := h.Start-m.From > (m.To-m.From)/5; {
		case early && m.Slow:
			g.early++
		case early:
		case m.Slow:
			g.slow = append(g.slow, m)
		default:
			g.normal = append(g.normal, m)
		}
	}
	var all []*marks
	for _, g := range index {
		if len(g.slow) > 0 {
			all = append(all, g)
		}
	}
	slices.SortFunc(all, func(a, b *marks) int {
		return cmp.Or(cmp.Compare(len(b.slow), len(a.slow)), cmp.Compare(a.endpoint, b.endpoint))
	})
	return all
}

// evenly takes at most limit of all, at even distances.
func evenly(all []*history.Mark, limit int) []*history.Mark {
	if len(all) <= limit {
		return all
	}
	some := make([]*history.Mark, limit)
	for i := range some {
		some[i] = all[i*len(all)/limit]
	}
	return some
}

// one looks at an endpoint. unfinished counts requests that were not followed to their ends.
func one(h *history.History, g *marks, room int, step func() error) (e causes.Endpoint, unfinished int, err error) {
	e.Name = g.endpoint
	var slow, normal sums
	for _, m := range evenly(g.slow, MaxEach) {
		r := follow.Request(h, m)
		slow.add(m, r)
		if r.Cut {
			unfinished++
		}
		if len(e.Requests) < room {
			e.Requests = append(e.Requests, request(h, m, r))
		}
		if err := step(); err != nil {
			return e, 0, err
		}
	}
	for _, m := range evenly(g.normal, MaxEach) {
		normal.add(m, follow.Request(h, m))
		if err := step(); err != nil {
			return e, 0, err
		}
	}
	e.Slow, e.SlowNanos = slow.requests, slow.mean()
	e.Normal, e.NormalNanos = normal.requests, normal.mean()
	e.Explained = slow.explained()
	e.Causes = causesOf(&slow, &normal)
	return e, unfinished, nil
}

// request is what is shown of one.
func request(h *history.History, m *history.Mark, r follow.Result) causes.Request {
	q := causes.Request{SpanID: m.SpanID, Nanos: int64(m.To - m.From), Timeline: follow.Timeline(h, m), Cut: r.Cut}
	for reason, d := range r.Pieces {
		times := r.Waits[follow.Wait{State: reason.State, Line: reason.Line}].Number()
		q.Parts = append(q.Parts, causes.Part{Reason: reason, Nanos: int64(d), Times: times})
	}
	slices.SortFunc(q.Parts, func(a, b causes.Part) int {
		return cmp.Or(cmp.Compare(b.Nanos, a.Nanos), compare(a.Reason, b.Reason))
	})
	if len(q.Parts) > maxParts {
		for _, p := range q.Parts[maxParts:] {
			q.RestNanos += p.Nanos
		}
		q.Parts = slices.Clone(q.Parts[:maxParts])
	}
	return q
}

// compare orders reasons, so that equal ones have one order.
func compare(a, b causes.Reason) int {
	return cmp.Or(cmp.Compare(a.State, b.State), cmp.Compare(a.Line.Func, b.Line.Func), cmp.Compare(a.Line.Line, b.Line.Line),
		cmp.Compare(a.Who, b.Who), cmp.Compare(a.What, b.What), cmp.Compare(a.Where.Func, b.Where.Func),
		cmp.Compare(a.Where.Line, b.Where.Line))
}
