// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// maxExamples bounds the slow requests that a spike names.
const maxExamples = 3

// spikeRequests are the single requests that the engine asks about.
type spikeRequests struct {
	slow *slowlog.Store
	link spikeprocessor.Link
}

// WaitsFor names the dependency that an endpoint's slow requests wait for.
func (r spikeRequests) WaitsFor(ep conventions.Endpoint, since time.Time) string {
	return r.link.WaitsFor(ep, since)
}

// Examples returns the slowest requests of an incident, each of another trace, and first that of its first part: of those of its endpoints
// and time that are among what raised the alarm.
func (r spikeRequests) Examples(in *engine.Incident) (all []engine.Request) {
	return r.examples(in, time.Time{})
}

// examples are as of Examples, of those that had ended at a time if that is not zero.
func (r spikeRequests) examples(in *engine.Incident, to time.Time) (all []engine.Request) {
	for _, e := range requestsOf(r.slow, in) {
		same := func(r engine.Request) bool { return r.TraceID == e.TraceID }
		if len(all) < maxExamples && !slices.ContainsFunc(all, same) && (to.IsZero() || e.End().Before(to)) {
			all = append(all, requestOf(e))
		}
	}
	return all
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

// isExample reports whether a request of the time of a part is one of those that it is about: it, or for a dependency a call in it, took
// longer than the threshold, or failed.
func isExample(p *engine.Part, e *slowlog.Entry) bool {
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

// calls reports whether a tree has a call that was measured in the row of a dependency and took longer than ms.
func calls(n *slowlog.Node, route string, ms float64) bool {
	return n != nil && (n.Dependency == route && n.LongestMs > ms ||
		slices.ContainsFunc(n.Children, func(c *slowlog.Node) bool { return calls(c, route, ms) }))
}
