// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"slices"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
)

func hasCounted(s *otelperf.Summary) bool {
	return len(s.Endpoints)+len(s.Jobs)+len(s.Dependencies) > 0
}

const askAgain = "Send one, and ask again. "

// uncounted says why nothing has been counted, as far as that is known, the most probable first.
func (r *Report) uncounted(w *client.Wiring) {
	d := &w.Diagnostics
	switch {
	case hasCounted(w.Summary) || d.Processor.Stopped: // of the second GET health speaks
	case d.Source == "spans" && !d.ProcessorUsed:
		r.add(true, "no_processor", true, "Monitor.SpanProcessor is in no TracerProvider: no request is counted.")
	case d.Source == "spans":
		r.noSpans(d)
	case d.ReaderRegistered: // else a hint speaks of it
		r.add(true, "no_requests", true, fmt.Sprintf("No request has been counted yet. Metrics are collected every %.3g s: send a request, wait for that long, and ask again. "+
			"If there is none even then, the instrumentation (otelhttp, otelgrpc) has its metrics from another MeterProvider than that with Monitor.Reader, "+
			"or a View there drops or renames http.server.request.duration and rpc.server.call.duration.",
			w.Settings.MetricIntervalSeconds))
	}
}

// noSpans says why no span has been counted.
func (r *Report) noSpans(d *otelperf.Diagnostics) {
	saw := func(kind string) bool { return slices.Contains(d.RequestSpans, kind) }
	text := "No request, call or job has been counted yet. "
	switch {
	case saw("recorded"):
		text += "Requests have spans, and these are recorded, by a TracerProvider without Monitor.SpanProcessor: register it there, or give otelhttp the provider that has it."
	case saw("dropped") && d.Processor.SamplerUsed:
		text += "A sampler drops the spans of requests, though Monitor.Sampler was called: it is not in the TracerProvider that otelhttp uses. " +
			"Sampler and SpanProcessor have to stand in that one."
	case saw("dropped"):
		r.hint(d, "sampler")
		return
	case saw("none"):
		text += "Middleware sees requests that have no span. Either otelhttp stands around none of them, or its filter leaves them out; or otelhttp, or the router's own " +
			"instrumentation, stands inside of Middleware and has another TracerProvider, or none: then put Middleware inside of it and ask again, which tells."
	case d.MiddlewareUsed && d.RequestSpans != nil:
		text += "Nor has one come to Middleware. " + askAgain + "If there was one, what is served is not the handler that Middleware returned, or not this process."
	case d.Processor.SamplerUsed:
		text += "Whether there was one cannot be told without Middleware. " + askAgain + "If it is not counted, its span comes from another TracerProvider than the one with " +
			"Monitor.SpanProcessor: give the instrumentation that one, or make it the global one."
	default:
		r.hint(d, "sampler")
		text += "Whether there was one cannot be told without Middleware. " + askAgain + "If it is not counted, either the sampler drops its span, which Monitor.Sampler mends, or " +
			"that comes from another TracerProvider than the one with Monitor.SpanProcessor: with sdktrace.AlwaysSample() for a try it is counted in the first case alone."
	}
	r.add(true, "no_requests", true, text)
}
