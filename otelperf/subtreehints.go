// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/otelperf/otelperf-go/slowlog/order"
)

// subtree is a row of a whole subtree.
type subtree struct {
	name     string // METHOD ROUTE
	kind     string // of what handles it: one of handlerKinds
	requests uint64
}

// subtrees are the first that Middleware saw, those with most requests first.
func (m *Monitor) subtrees() (all []subtree) {
	for _, s := range m.counters.SubtreeRows.All() {
		all = append(all, subtree{s.Method + " " + s.Route, handlerKind(s.Handler), s.Requests.Load()})
	}
	order.By(all, func(a, b *subtree) int { return cmp.Compare(b.requests, a.requests) })
	return all
}

func belowOf(all []subtree) []string {
	kinds := []string{}
	for _, kind := range handlerKinds {
		if slices.ContainsFunc(all, func(s subtree) bool { return s.kind == kind }) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// subtreeHints says what would tell the routes of a subtree apart. Where all of one goes to a proxy, that is as it has to be.
func (d *Diagnostics) subtreeHints(all []subtree, add func(name string, when bool, format string, args ...any)) {
	proxied := slices.DeleteFunc(slices.Clone(all), func(s subtree) bool { return s.kind != reverseProxy })
	others := slices.DeleteFunc(slices.Clone(all), func(s subtree) bool { return s.kind == reverseProxy })
	rest := d.SubtreeRequests
	for _, s := range proxied {
		rest -= min(rest, s.requests)
	}
	where := "in rows of a whole subtree"
	if len(others) > 0 {
		where = fmt.Sprintf("in a row of a whole subtree, %.80s", others[0].name)
	}
	if len(others) > 1 {
		where = fmt.Sprintf("in rows of a whole subtree, such as %.80s", others[0].name)
	}
	add("subtrees", rest > 0, "%d requests are %s: %s", rest, where, decidesBelow(belowOf(others)))
	if len(proxied) > 0 {
		add("proxied", true, "%d requests are in the row %.80s, all of which goes to a reverse proxy: their routes are those of the service behind it. To tell some "+
			"apart here, give the ServeMux in front of the proxy their patterns, each with the proxy as its handler.", d.SubtreeRequests-rest, proxied[0].name)
	}
}

// decidesBelow says what helps where handlers of some kinds have a subtree.
func decidesBelow(kinds []string) string {
	const mux = "put Middleware around the ServeMux that decides below it, too"
	const unknown = "if a ServeMux decides below it, put Middleware around that one, too; any other router, or a handler of yours, that decides there has to " +
		"set the request's Pattern to its route, with a Middleware of its own around it behind http.StripPrefix"
	routers := routerText(onlyRouters(kinds))
	switch {
	case len(kinds) == 1 && kinds[0] == "ServeMux":
		return mux + "."
	case routers != "" && !slices.Contains(kinds, "other") && !slices.Contains(kinds, "ServeMux"):
		return "another router decides below it. " + routers
	case routers != "":
		return unknown + ". " + routers
	}
	return unknown + "."
}
