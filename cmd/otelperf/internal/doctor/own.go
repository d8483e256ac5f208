// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
)

// asked are paths of the endpoint that were asked for to make the report, before the summary.
var asked = []string{"diagnostics", "config", "health"}

// own recognises that requests to the endpoint itself are counted.
func (r *Report) own(w *client.Wiring) {
	rows := w.Summary.Endpoints
	for _, mount := range w.Diagnostics.Mounts {
		name, count := "", uint64(0)
		for i := range rows {
			if e := &rows[i]; isHTTP(*e) && isOwn(e.Route, mount) {
				name, count = e.Name(), count+e.Count
			}
		}
		if count >= uint64(len(asked)) { // Filter lets the first one pass, which tells it where the endpoint is
			r.add(true, "own_requests", true, fmt.Sprintf("Requests to this endpoint itself are counted, as %.80s: Monitor.Filter leaves them out.", name))
			return
		}
	}
	if len(w.Diagnostics.Mounts) > 0 { // at the root of a server, its routes are its own
		return
	}
	for _, path := range asked {
		if !slices.ContainsFunc(rows, func(e otelperf.EndpointRow) bool { return isHTTP(e) && e.Route == "/"+path }) {
			return
		}
	}
	r.add(true, "own_requests_at_root", true, "Requests to this endpoint itself are counted, as GET /diagnostics and the like: serve Monitor.Handler on its port without otelhttp, "+
		"or below a path, where Monitor.Filter leaves them out.")
}

// isOwn says whether a route is that of an endpoint mounted at a path with a slash at its end: all below it, as any router writes that,
// or what was asked for.
func isOwn(route, mount string) bool {
	rest, ok := strings.CutPrefix(route, mount)
	if !ok {
		return route+"/" == mount
	}
	return rest == "" || strings.ContainsAny(rest[:1], "{*:") && !strings.Contains(rest, "/") || slices.Contains(asked, rest)
}

// subtreesAreOwn says whether all rows of whole subtrees are those of the endpoint: whoever mends that has mended this.
func subtreesAreOwn(w *client.Wiring) bool {
	own := false
	for i := range w.Summary.Endpoints {
		e := &w.Summary.Endpoints[i]
		if !strings.HasSuffix(e.Route, "/") && !strings.HasSuffix(e.Route, "...}") {
			continue
		}
		if !slices.ContainsFunc(w.Diagnostics.Mounts, func(mount string) bool { return isOwn(e.Route, mount) }) {
			return false
		}
		own = true
	}
	return own
}
