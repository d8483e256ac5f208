// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"slices"
	"strings"
)

// routeHints says why requests have no route. There is one hint for one situation: requests that Middleware itself saw without a route
// are also among the unmatched ones, and no Middleware elsewhere helps those.
func (d *Diagnostics) routeHints(add func(name string, when bool, format string, args ...any)) {
	if d.Source == sourceOTLP {
		add("unmatched", d.UnmatchedOK > fewRequests, "%d requests without http.route were answered with success: their service does not say the route. "+
			"Its instrumentation has to know the router.", d.UnmatchedOK)
		return
	}
	p, routers := &d.Processor, routerText(onlyRouters(d.Around))
	if routers == "" {
		routers = anyRouter
	}
	add("named_by_path", p.NamedByPath > fewRequests, "%d requests have spans named by the path that was asked for, which is no route: they are unmatched. "+
		"If otelhttp.WithSpanNameFormatter or Span.SetName makes names of the path, leave it out, or have it use r.Method + \" \" + the route; "+
		"and put Middleware next to the mux. "+routers, p.NamedByPath)
	switch {
	case p.NamedByPath > fewRequests:
	case d.UnroutedRequests > 0 && slices.Equal(d.Around, []string{reverseProxy}):
		add("proxied", true, "%d requests are unmatched, since Middleware stands around a reverse proxy: their routes are those of the service behind it. To tell some "+
			"apart here, put a ServeMux with their patterns in front of the proxy, and Middleware around that.", d.UnroutedRequests)
	case d.UnroutedRequests > 0:
		add("unrouted", true, "%d requests were served without a route that Middleware could see. %s", d.UnroutedRequests, d.unrouted())
	case p.NamedOtherwise > fewRequests:
		add("named_otherwise", true, "About %d requests without http.route have spans named other than METHOD /route: they are unmatched. "+
			"Leave otelhttp.WithSpanNameFormatter out, or put Middleware next to the mux. "+routers, p.NamedOtherwise)
	case d.UnmatchedOK > fewRequests:
		add("unmatched", true, "%d requests that no route matched were answered with success: a router decides that otelhttp does not see. "+
			"With a ServeMux put Middleware next to it. "+routers, d.UnmatchedOK)
	case d.UnmatchedPanics > 0:
		add("unmatched_panics", true, "%d requests that panicked have no route, since otelhttp learns it when the handler has returned: put Middleware next to the mux. "+
			routers, d.UnmatchedPanics)
	}
}

// unrouted says what helps requests that came to Middleware: first what it stands around.
func (d *Diagnostics) unrouted() string {
	const hidden = "Middleware stands around a handler that is no router it knows. If a ServeMux below that chose the handler, the request's Pattern was lost on the way, as " +
		"with r.WithContext, http.StripPrefix or http.TimeoutHandler: put Middleware around the mux, too. If a handler of yours chose, have it set r.Pattern to its route. "
	known := routerText(onlyRouters(d.Around))
	switch other := slices.Contains(d.Around, "other"); {
	case known == "":
		return hidden + anyRouter
	case other:
		return known + " " + strings.TrimSuffix(hidden, " ")
	}
	return known
}

// samplerHint says what a missing Monitor.Sampler costs, as far as Middleware has seen it.
func (d *Diagnostics) samplerHint(add func(name string, when bool, format string, args ...any)) {
	if d.Source != "spans" || d.Processor.SamplerUsed {
		return
	}
	seen := "It costs nothing where all are sampled."
	if slices.Contains(d.RequestSpans, "dropped") {
		seen = "There were requests whose spans the sampler has dropped: none of them is counted."
	}
	add("sampler", true, "Without Monitor.Sampler only sampled requests are counted. %s", seen)
}
