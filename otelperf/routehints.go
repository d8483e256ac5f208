// SPDX-License-Identifier: Apache-2.0

package otelperf

// routers is what helps where another router than a ServeMux decides.
const routers = "With gin, echo, chi or gorilla/mux use its own middleware (otelgin, otelecho, otelchi, otelmux) instead of otelhttp; or put Middleware " +
	"inside of otelhttp, and below the router a handler that sets the request's Pattern or the span's http.route to the router's pattern."

// routeHints says why requests have no route. There is one hint for one situation: requests that Middleware itself saw without a route
// are also among the unmatched ones, and no Middleware elsewhere helps those.
func (d *Diagnostics) routeHints(add func(name string, when bool, format string, args ...any)) {
	p := &d.Processor
	add("subtrees", d.SubtreeRequests > 0, "%d requests are in the row of a whole subtree, such as GET /api/: if a ServeMux decides below it, put Middleware around that one, "+
		"too. "+routers, d.SubtreeRequests)
	add("named_by_path", p.NamedByPath > fewRequests, "%d requests have spans named by the path that was asked for, which is no route: they are unmatched. "+
		"If otelhttp.WithSpanNameFormatter or Span.SetName makes names of the path, leave it out, or have it use r.Method + \" \" + the route; "+
		"and put Middleware next to the mux. "+routers, p.NamedByPath)
	switch {
	case p.NamedByPath > fewRequests:
	case d.UnroutedRequests > 0:
		add("unrouted", true, "%d requests were served without a route that Middleware could see. "+routers+" If a ServeMux chose their handler, a handler above it passes "+
			"on a request of its own, as http.TimeoutHandler does: put Middleware around the mux, too.", d.UnroutedRequests)
	case p.NamedOtherwise > fewRequests:
		add("named_otherwise", true, "About %d requests without http.route have spans named other than METHOD /route: they are unmatched. "+
			"Leave otelhttp.WithSpanNameFormatter out, or put Middleware next to the mux. "+routers, p.NamedOtherwise)
	case d.UnmatchedOK > fewRequests:
		add("unmatched", true, "%d requests that no route matched were answered with success: a router decides that otelhttp does not see. "+routers+
			" With a ServeMux put Middleware next to it.", d.UnmatchedOK)
	case d.UnmatchedPanics > 0:
		add("unmatched_panics", true, "%d requests that panicked have no route, since otelhttp learns it when the handler has returned: put Middleware next to the mux. "+
			routers, d.UnmatchedPanics)
	}
}
