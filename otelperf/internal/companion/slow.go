// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"net/http"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

func (c *Companion) serveSlow(w http.ResponseWriter, r *http.Request) {
	q := web.QueryOf(r)
	n, of := q.Limit(usualLimit), trace.TraceID{}
	if text := q.Text("trace_id"); text != "" {
		var err error
		if of, err = trace.TraceIDFromHex(text); err != nil {
			q.Refuse("trace_id", "trace_id is no trace id.", acceptedTrace)
		}
	}
	if q.Refused(w) {
		return
	}
	web.JSON(w, r, c.service.Slow(n, of))
}

func (c *Companion) serveSlowTrace(w http.ResponseWriter, r *http.Request) {
	id, ok := traceOf(w, r)
	if !ok {
		return
	}
	answer, ok := c.service.SlowTrace(id)
	if !ok {
		noTrace(w, id)
		return
	}
	web.JSON(w, r, answer)
}

func (c *Companion) serveSlowOTLP(w http.ResponseWriter, r *http.Request) {
	id, ok := traceOf(w, r)
	if !ok {
		return
	}
	body, ok, err := c.service.SlowOTLP(id)
	switch {
	case err != nil:
		web.Failed(w, err)
		return
	case !ok:
		noTrace(w, id)
		return
	}
	w.Header().Set("Content-Disposition", `inline; filename="`+id.String()+`.json"`)
	web.Body(w, r, append(body, '\n'))
}

const acceptedTrace = "32 hex digits in lower case, not all of them 0"

// traceOf reads the trace that the path names, or answers that there is none in it.
func traceOf(w http.ResponseWriter, r *http.Request) (trace.TraceID, bool) {
	id, err := trace.TraceIDFromHex(r.PathValue("trace_id"))
	if err != nil {
		problem.Write(w, problem.Invalid("trace_id", "This is no trace id.", acceptedTrace))
	}
	return id, err == nil
}

func noTrace(w http.ResponseWriter, id trace.TraceID) {
	web.NotFound(w, "trace_id", "No request of trace %s is stored, or no longer. GET slow lists those that are.", id)
}
