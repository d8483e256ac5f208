// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"net/http"

	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

func endpointOf(q *web.Query) EndpointQuery {
	return EndpointQuery{Method: q.Text("method"), Route: q.Required("route"), Kind: q.Text("kind")}
}

func (c *Companion) serveSeries(w http.ResponseWriter, r *http.Request) {
	q := web.QueryOf(r)
	usual := c.usual(q)
	c.servePeriod(w, r, q, func(e EndpointQuery, p Period) (any, bool, error) { return c.service.Series(e, p, usual) })
}

func (c *Companion) serveDistribution(w http.ResponseWriter, r *http.Request) {
	c.servePeriod(w, r, web.QueryOf(r), c.service.Distribution)
}

func (c *Companion) serveHeatmap(w http.ResponseWriter, r *http.Request) {
	c.servePeriod(w, r, web.QueryOf(r), c.service.Heatmap)
}

// servePeriod answers with an endpoint in a period.
func (c *Companion) servePeriod(w http.ResponseWriter, r *http.Request, q *web.Query, answer func(EndpointQuery, Period) (any, bool, error)) {
	e, p := endpointOf(q), c.period(q)
	ofInstance(q)
	if q.Refused(w) {
		return
	}
	v, ok, err := answer(e, p)
	if err != nil {
		failed(w, err)
		return
	}
	serveOf(w, r, e, func() (any, bool) { return v, ok })
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
