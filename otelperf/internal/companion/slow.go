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
	n, of, p := q.Limit(usualLimit), trace.TraceID{}, c.period(q)
	ofInstance(q)
	if text := q.Text("trace_id"); text != "" {
		var err error
		if of, err = trace.TraceIDFromHex(text); err != nil {
			q.Refuse("trace_id", "trace_id is no trace id.", acceptedTrace)
		}
	}
	serveAnswer(w, r, q, func() (any, error) { return c.service.Slow(n, of, p) })
}

func (c *Companion) serveSlowTrace(w http.ResponseWriter, r *http.Request) {
	id, p, ok := c.traceOf(w, r)
	if !ok {
		return
	}
	answer, ok, err := c.service.SlowTrace(id, p)
	if err != nil {
		failed(w, err)
		return
	}
	if !ok {
		noTrace(w, id)
		return
	}
	web.JSON(w, r, answer)
}

func (c *Companion) serveSlowOTLP(w http.ResponseWriter, r *http.Request) {
	id, p, ok := c.traceOf(w, r)
	if !ok {
		return
	}
	body, ok, err := c.service.SlowOTLP(id, p)
	switch {
	case err != nil:
		failed(w, err)
		return
	case !ok:
		noTrace(w, id)
		return
	}
	w.Header().Set("Content-Disposition", `inline; filename="`+id.String()+`.json"`)
	web.Body(w, r, append(body, '\n'))
}

const acceptedTrace = "32 hex digits in lower case, not all of them 0"

// traceOf reads the trace that the path names, and the time that it is looked for in, or answers what is wrong with them.
func (c *Companion) traceOf(w http.ResponseWriter, r *http.Request) (trace.TraceID, Period, bool) {
	id, err := trace.TraceIDFromHex(r.PathValue("trace_id"))
	if err != nil {
		problem.Write(w, problem.Invalid("trace_id", "This is no trace id.", acceptedTrace))
		return id, Period{}, false
	}
	q := web.QueryOf(r)
	p := c.fixedTime(q)
	return id, p, !q.Refused(w)
}

func noTrace(w http.ResponseWriter, id trace.TraceID) {
	web.NotFound(w, "trace_id", "No request of trace %s is stored, or no longer. GET slow lists those that are.", id)
}
