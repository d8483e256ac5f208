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
	spans := d.Source == "spans"
	counted := len(w.Summary.Endpoints)+len(w.Summary.Jobs)+len(w.Summary.Dependencies) > 0
	r.add(spans && !d.ProcessorUsed, "no_processor", true,
		"Monitor.SpanProcessor is in no TracerProvider: no request is counted.")
	r.add(!counted && (spans && d.ProcessorUsed || !spans && d.ReaderRegistered), "no_requests", true,
		"No request has been counted yet. If there was one, the server's spans come from another TracerProvider than that with Monitor.SpanProcessor, or with "+
			"the metric source its metrics from another MeterProvider than that with Monitor.Reader.")
	r.add(!d.MiddlewareUsed && slices.ContainsFunc(w.Summary.Endpoints, isHTTP), "no_middleware", true,
		"Monitor.Middleware stands around no handler: routes are known as far as spans have them, panics without their stack, streams and clients that left count as "+
			"ordinary requests, and there are neither request lines nor stacks of what is slow.")
	r.add(spans && counted && !d.ReaderRegistered, "no_reader", false,
		"Monitor.Reader is in no MeterProvider: spikes, baselines and quantiles are not among the metrics that you export.")
	r.own(w, at)
	r.proxy(w, at)
	r.add(counted && strings.HasPrefix(w.Service, "unknown_service"), "no_service_name", true,
		fmt.Sprintf("The service has no name (it is %.60s): set OTEL_SERVICE_NAME, or service.name in the resource.", w.Service))
	r.add(counted && d.Versions["service"] == "", "no_service_version", false,
		"The service has no version: a deployment is not seen as a mark, and no spike is put beside one. Set service.version in the resource.")
	r.add(!s.StateFile, "no_state_file", false,
		"There is no state file: after a restart all has to be learned anew, and a spike that was open is forgotten.")
	r.add(d.Evidence == nil, "no_evidence", false,
		"Evidence is off: of locks, channels, GC and CPU that slow requests wait for it is not recorded which, and no line of code is named.")
}

func isHTTP(e otelperf.EndpointRow) bool { return e.Kind == "http" }

// own recognises that requests to the endpoint itself are counted.
func (r *Report) own(w *client.Wiring, at string) {
	u, err := url.Parse(at)
	if err != nil || len(u.Path) < 2 {
		return
	}
	if i := slices.IndexFunc(w.Summary.Endpoints, func(e otelperf.EndpointRow) bool {
		return isHTTP(e) && strings.HasPrefix(strings.TrimSuffix(e.Route, "/")+"/", strings.TrimSuffix(u.Path, "/")+"/")
	}); i >= 0 {
		r.add(true, "own_requests", true, fmt.Sprintf("Requests to this endpoint itself are counted, as %.80s: Monitor.Filter leaves them out.", w.Summary.Endpoints[i].Route))
	}
}

// proxy recognises that somebody passes requests on to an endpoint that lets in this machine alone.
func (r *Report) proxy(w *client.Wiring, at string) {
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
