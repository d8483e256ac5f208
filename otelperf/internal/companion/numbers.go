// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"fmt"
	"net/http"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

// trendAge is for how long a trend, whose last minute changes once a minute, is shared.
const trendAge = 5 * time.Second

func (c *Companion) window(q *web.Query) string {
	return q.Choice("window", c.config.Window, c.config.Windows)
}

func (c *Companion) serveSummary(w http.ResponseWriter, r *http.Request) {
	q := web.QueryOf(r)
	p := c.scoped(q, c.period(q))
	if q.Refused(w) {
		return
	}
	c.shared.Serve(w, r, summaryKey(p), shareFor, failed, func() (any, error) { return c.service.Summary(p) })
}

func summaryKey(p Period) string { return fmt.Sprint("summary ", p) }

func (c *Companion) serveEndpoints(w http.ResponseWriter, r *http.Request) { c.serveRows(w, r, false) }

func (c *Companion) serveDependencies(w http.ResponseWriter, r *http.Request) {
	c.serveRows(w, r, true)
}

func (c *Companion) serveRows(w http.ResponseWriter, r *http.Request, dependencies bool) {
	q := web.QueryOf(r)
	want := RowsQuery{
		Period: c.scoped(q, c.period(q)), Dependencies: dependencies, Histogram: q.Flag("histogram"), Trend: q.Flag("trend"), Usual: c.usual(q),
		Sort: q.Choice("sort", c.config.Sortings[0], c.config.Sortings), Limit: q.Limit(web.MaxLimit),
	}
	if want.Fleet && (want.Trend || want.Usual) {
		q.Refuse("scope", "scope is fleet, of which there is no trend, and not what is usual at this time.", "fleet without trend and usual")
	}
	if q.Refused(w) {
		return
	}
	age := shareFor
	if want.Trend || want.Usual {
		age = trendAge
	}
	c.shared.Serve(w, r, fmt.Sprint("rows ", want), age, failed, func() (any, error) { return c.service.Rows(want) })
}
