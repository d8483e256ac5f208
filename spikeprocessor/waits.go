// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// waitShare is the part of the extra time of slow requests that has to be spent in calls of one category for them to wait for one of it.
const waitShare = 0.5

// waitsFor is Link.WaitsFor.
func (c *core) waitsFor(ep conventions.Endpoint, since time.Time) string {
	e := c.table.find(ep)
	if e == nil {
		return ""
	}
	w := waits{usual: e.usual.normal().Breakdown, extra: slowlog.Breakdown{}, busy: map[slowlog.Category]map[string]float64{}}
	for entry := range c.store.Slowest(ep.Method, ep.Route, 0) {
		if entry.Anatomy != nil && entry.Anatomy.Unrecorded == 0 && !entry.End().Before(since) && entry.Kind == ep.Kind.String() {
			w.add(entry)
		}
	}
	var most slowlog.Category
	for category, extra := range w.extra {
		if category != slowlog.Own && extra >= waitShare*w.total && extra > w.extra[most] {
			most = category
		}
	}
	return longest(w.busy[most], c.spikingCalls())
}

// waits adds up where slow requests have spent more time than usual, in milliseconds.
type waits struct {
	usual slowlog.Breakdown
	total float64
	extra slowlog.Breakdown
	busy  map[slowlog.Category]map[string]float64 // by dependency
}

func (w *waits) add(entry *slowlog.Entry) {
	spent := entry.Duration.Seconds() * 1e3
	for category, ms := range entry.Anatomy.Breakdown {
		w.extra[category] += max(0, ms-w.usual[category])
	}
	for _, ms := range w.usual {
		spent -= ms
	}
	w.total += max(0, spent)
	w.calls(entry.Anatomy.Root)
}

func (w *waits) calls(n *slowlog.Node) {
	if n.Dependency != "" {
		if w.busy[n.Category] == nil {
			w.busy[n.Category] = map[string]float64{}
		}
		w.busy[n.Category][n.Dependency] += n.BusyMs
	}
	for _, child := range n.Children {
		w.calls(child)
	}
}

// longest is the dependency with most time, among those that spike, if there are any.
func longest(busy map[string]float64, spiking map[string]bool) (name string) {
	for dependency, ms := range busy {
		first, second := spiking[dependency], spiking[name]
		if name == "" || first && !second || first == second && (ms > busy[name] || ms == busy[name] && dependency < name) {
			name = dependency
		}
	}
	return name
}

// spikingCalls are the routes of the dependencies with an open spike.
func (c *core) spikingCalls() map[string]bool {
	routes := map[string]bool{}
	for e := range c.table.rows() {
		if e.endpoint.Kind == conventions.KindDependency && e.spiking() {
			routes[e.endpoint.Route] = true
		}
	}
	return routes
}
