// SPDX-License-Identifier: Apache-2.0

// Package involved finds the stored requests that an incident is about, and what went wrong in them. It goes through a slow log, and does
// not change what it finds there. What it has is functions of their arguments, safe for concurrent use.
package involved

import (
	"cmp"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// maxExamples bounds the requests that an incident names.
const maxExamples = 3

// Examples returns the slowest requests of an incident, each of another trace, and first that of its first part: of those of its endpoints
// and time that are among what raised the alarm, and had ended at a time if that is not zero.
func Examples(store *slowlog.Store, in *engine.Incident, to time.Time) (all []engine.Request) {
	for _, e := range Requests(store, in) {
		same := func(r engine.Request) bool { return r.TraceID == e.TraceID }
		if len(all) < maxExamples && !slices.ContainsFunc(all, same) && (to.IsZero() || e.End().Before(to)) {
			all = append(all, RequestOf(e))
		}
	}
	return all
}

// Requests returns all of an incident, since its last return: one of its first part first, and then the slowest.
func Requests(store *slowlog.Store, in *engine.Incident) (found []*slowlog.Entry) {
	for e := range store.All() {
		if e.TraceID.IsValid() && slices.ContainsFunc(in.Parts, func(p engine.Part) bool { return Is(&p, e) && !e.End().Before(in.Returned) }) {
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, func(a, b *slowlog.Entry) int { return cmp.Compare(b.Duration, a.Duration) })
	if first := slices.IndexFunc(found, func(e *slowlog.Entry) bool { return Is(&in.Parts[0], e) }); first > 0 {
		e := found[first]
		copy(found[1:], found[:first])
		found[0] = e
	}
	return found
}

// RequestOf is what an incident has of a request.
func RequestOf(e *slowlog.Entry) engine.Request {
	return engine.Request{TraceID: e.TraceID, SpanID: e.SpanID, Start: e.Start, Duration: e.Duration}
}

// Is reports whether a request of the time of a part is one of those that it is about: it, or for a dependency a call in it, took
// longer than the threshold, or failed.
func Is(p *engine.Part, e *slowlog.Entry) bool {
	if p.Matter.Counted() {
		_, ok := failureOf(p, e)
		return ok
	}
	if p.Matter == engine.Silence || !during(p, e) {
		return false
	}
	ep, threshold := &p.Endpoint, p.Latest().Threshold
	if ep.Kind == conventions.KindDependency {
		return e.Anatomy != nil && calls(e.Anatomy.Root, ep.Route, units.Milliseconds(threshold))
	}
	return isOf(p, e) && e.Duration > threshold
}

// during reports whether a request is of the time of a part, since it began the last time.
func during(p *engine.Part, e *slowlog.Entry) bool {
	return !e.End().Before(p.Since()) && (p.End.IsZero() || !e.Start.After(p.End))
}

// isOf reports whether a request is of the endpoint of a part.
func isOf(p *engine.Part, e *slowlog.Entry) bool {
	ep := &p.Endpoint
	return ep.Method == e.Method && ep.Route == e.Route && e.Kind == ep.Kind.String()
}

// calls reports whether a tree has a call that was measured in the row of a dependency and took longer than ms.
func calls(n *slowlog.Node, route string, ms float64) bool {
	return n != nil && (n.Dependency == route && n.LongestMs > ms ||
		slices.ContainsFunc(n.Children, func(c *slowlog.Node) bool { return calls(c, route, ms) }))
}
