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
		c.noTrace(w, id, p)
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
		c.noTrace(w, id, p)
		return
	}
	w.Header().Set("Content-Disposition", `inline; filename="`+id.String()+`.json"`)
	web.Body(w, r, append(body, '\n'))
}

const acceptedTrace = "32 hex digits in lower case, not all of them 0"

// traceOf reads the trace that the path names, and the fixed time that it is looked for in, if there is one, or answers what is wrong with them.
func (c *Companion) traceOf(w http.ResponseWriter, r *http.Request) (trace.TraceID, Period, bool) {
	id, err := trace.TraceIDFromHex(r.PathValue("trace_id"))
	if err != nil {
		problem.Write(w, problem.Invalid("trace_id", "This is no trace id.", acceptedTrace))
		return id, Period{}, false
	}
	q := web.QueryOf(r)
	p := c.period(q) // a window is that of the list which it was found in: all is looked through for one trace
	return id, Period{From: p.From, To: p.To}, !q.Refused(w)
}

// noTrace says where was looked, and where one may be found.
func (c *Companion) noTrace(w http.ResponseWriter, id trace.TraceID, p Period) {
	switch {
	case !c.config.History:
		web.NotFound(w, "trace_id", "No request of trace %s is stored, or no longer. GET slow lists those that are.", id)
	case p.To.IsZero():
		web.NotFound(w, "trace_id", "No request of trace %s is stored, or no longer, neither in memory nor in the history. GET slow?from=&to= lists those of a time.", id)
	default:
		web.NotFound(w, "trace_id", "No request of trace %s that began from %s up to %s is stored. Without from and to all of the history is looked through.", id, readable(p.From), readable(p.To))
	}
}
