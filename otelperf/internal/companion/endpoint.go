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

// period is ?window=, or ?from= and ?to=, of which some has to be stored.
func (c *Companion) period(q *web.Query) Period {
	p := Period{Window: c.window(q)}
	from, to := q.UnixTime("from"), q.UnixTime("to")
	if from.IsZero() && to.IsZero() {
		return p
	}
	stored, now := c.service.Stored()
	accepted := fmt.Sprintf("from before to, some of it within %d to %d, which is stored", stored.Unix(), now.Unix())
	switch {
	case from.IsZero():
		q.Refuse("from", "from is missing: a fixed time has from and to", accepted)
	case to.IsZero():
		q.Refuse("to", "to is missing: a fixed time has from and to", accepted)
	case !from.Before(to):
		q.Refuse("from", fmt.Sprintf("from is %d, not before to, which is %d", from.Unix(), to.Unix()), accepted)
	case !to.After(stored.Truncate(time.Second)):
		q.Refuse("to", fmt.Sprintf("to is %d: nothing of that time is stored, or no longer", to.Unix()), accepted)
	case from.After(now):
		q.Refuse("from", fmt.Sprintf("from is %d: that time is still to come", from.Unix()), accepted)
	}
	return Period{From: from, To: to}
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
