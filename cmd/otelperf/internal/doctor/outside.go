// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
)

// outside adds what the library does not say, since a program may want it so.
func (r *Report) outside(w *client.Wiring, at string) {
	d, s := &w.Diagnostics, &w.Settings
	spans, counted := d.Source == "spans", hasCounted(w.Summary)
	r.middleware(w)
	r.add(counted && d.Metrics == "unread", "no_reader", false,
		"No reader has collected the metrics of otelperf yet: spikes, baselines and quantiles are not among what you export. They are in the MeterProvider that is global, "+
			"or that of WithMeterProvider. A PeriodicReader collects for the first time after a minute.")
	r.own(w)
	r.proxy(w, at)
	r.noName(w)
	r.add(counted && d.Versions["service"] == "", "no_service_version", false,
		"The service has no version: a deployment is not seen as a mark, and no spike is put beside one. Set service.version in the resource.")
	r.add(!s.StateFile, "no_state_file", false,
		"There is no state file: after a restart all has to be learned anew, and a spike that was open is forgotten.")
	r.add(spans && d.Evidence == nil, "no_evidence", false,
		"Evidence is off: of locks, channels, GC and CPU that slow requests wait for it is not recorded which, and no line of code is named.")
}

func (r *Report) noName(w *client.Wiring) {
	r.add(hasCounted(w.Summary) && strings.HasPrefix(w.Service, "unknown_service"), "no_service_name", false,
		fmt.Sprintf("The service has no name (it is %.60s): alerts and traces are hard to find by that. Set OTEL_SERVICE_NAME, or service.name in the resource.", w.Service))
}

func isHTTP(e otelperf.EndpointRow) bool { return e.Kind == "http" }

// middleware says what its absence costs. Of metrics alone it mends nothing that is counted.
func (r *Report) middleware(w *client.Wiring) {
	d := &w.Diagnostics
	missing := !d.MiddlewareUsed && slices.ContainsFunc(w.Summary.Endpoints, isHTTP)
	r.add(missing && d.Source == "spans", "no_middleware", true,
		"Monitor.Middleware stands around no handler: routes are known as far as spans have them, panics without their stack, streams and clients that left count as "+
			"ordinary requests, and there are neither request lines nor stacks of what is slow.")
	r.add(missing && d.Source != "spans", "no_middleware", false,
		"Monitor.Middleware stands around no handler: routes are known as far as metrics have them, and there are neither request lines nor the header Server-Timing.")
}

// proxy recognises that somebody passes requests on to an endpoint that lets in this machine alone, or whoever an authorizer knows by
// nothing that a request carries.
func (r *Report) proxy(w *client.Wiring, at string) {
	if w.Anonymous && len(w.Server) > 0 && slices.Contains(w.Settings.Access, "authorizer") {
		r.add(true, "open_behind_proxy", false, fmt.Sprintf("A proxy (%.60s) stands before the endpoint, and its authorizer lets in a request without credentials: if it goes by "+
			"the address, that is the proxy's, and what headers like X-Forwarded-For say of another one a client can write, unless the proxy replaces them. "+
			"A token is safe there.", w.Server[0]))
	}
	if !slices.Equal(w.Settings.Access, []string{"this machine"}) {
		return
	}
	text := ""
	switch u, err := url.Parse(at); {
	case err == nil && !loopback(u.Hostname()):
		text = fmt.Sprintf("The endpoint lets in its own machine alone, and yet it answers at %.80s: a proxy passes for that machine, and whoever reaches it can look", u.Host)
	case len(w.Server) > 0:
		text = fmt.Sprintf("The endpoint lets in its own machine alone, and a proxy (%.60s) stands before it: who reaches that may pass for this machine and look", w.Server[0])
	default:
		return
	}
	if w.Settings.MayChange {
		text += ", and change settings"
	}
	r.add(true, "open_behind_proxy", true, text+". Behind a proxy set a token.")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}
