// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"fmt"
	"net/http"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

func endpointOf(q *web.Query) EndpointQuery {
	return EndpointQuery{Method: q.Text("method"), Route: q.Required("route"), Kind: q.Text("kind")}
}

// period is ?window=, or ?from= and ?to=. Of a fixed time there may be nothing stored: the answer says so.
func (c *Companion) period(q *web.Query) Period {
	p := Period{Window: c.window(q)}
	from, to := q.UnixTime("from"), q.UnixTime("to")
	const accepted = "window, or from before to, both in unix seconds"
	switch {
	case from.IsZero() && to.IsZero():
		return p
	case q.Text("window") != "":
		q.Refuse("window, from, to", "window is given besides a fixed time: an answer is of one of them", accepted)
	case from.IsZero():
		q.Refuse("from", "from is missing: a fixed time has from and to", accepted)
	case to.IsZero():
		q.Refuse("to", "to is missing: a fixed time has from and to", accepted)
	case !from.Before(to):
		q.Refuse("from", fmt.Sprintf("from is %s, not before to, which is %s", readable(from), readable(to)), accepted)
	}
	return Period{From: from, To: to}
}

// readable is a time as it was asked for and as people read it.
func readable(t time.Time) string {
	return fmt.Sprintf("%d (%s)", t.Unix(), t.UTC().Format(time.RFC3339))
}

func (c *Companion) serveSeries(w http.ResponseWriter, r *http.Request) {
	c.servePeriod(w, r, c.service.Series)
}

func (c *Companion) serveDistribution(w http.ResponseWriter, r *http.Request) {
	c.servePeriod(w, r, c.service.Distribution)
}

func (c *Companion) serveHeatmap(w http.ResponseWriter, r *http.Request) {
	c.servePeriod(w, r, c.service.Heatmap)
}

// servePeriod answers with an endpoint in a period.
func (c *Companion) servePeriod(w http.ResponseWriter, r *http.Request, answer func(EndpointQuery, Period) (any, bool)) {
	q := web.QueryOf(r)
	e, p := endpointOf(q), c.period(q)
	if q.Refused(w) {
		return
	}
	serveOf(w, r, e, func() (any, bool) { return answer(e, p) })
}

func (c *Companion) serveDetail(w http.ResponseWriter, r *http.Request) {
	q := web.QueryOf(r)
	e := endpointOf(q)
	if q.Refused(w) {
		return
	}
	serveOf(w, r, e, func() (any, bool) { return c.service.Detail(e) })
}

func serveOf(w http.ResponseWriter, r *http.Request, e EndpointQuery, answer func() (any, bool)) {
	v, ok := answer()
	if !ok {
		noEndpoint(w, e)
		return
	}
	web.JSON(w, r, v)
}

func noEndpoint(w http.ResponseWriter, e EndpointQuery) {
	web.NotFound(w, "route", "There is no endpoint %.100q. GET endpoints and GET dependencies list those there are.", e.Method+" "+e.Route)
}
