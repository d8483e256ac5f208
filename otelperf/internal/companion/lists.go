// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"log/slog"
	"net/http"

	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

// usualLimit is how many items a list has if ?limit= is missing.
const usualLimit = 100

// serveList answers with a list of at most ?limit= items, of this instance and of now.
func (c *Companion) serveList(w http.ResponseWriter, r *http.Request, usual int, list func(limit int) any) {
	q := web.QueryOf(r)
	n := q.Limit(usual)
	ofInstance(q)
	ofNow(q)
	if q.Refused(w) {
		return
	}
	web.JSON(w, r, list(n))
}

// serveAnswer answers what a query asks for, or what is wrong with it.
func serveAnswer(w http.ResponseWriter, r *http.Request, q *web.Query, answer func() (any, error)) {
	if q.Refused(w) {
		return
	}
	a, err := answer()
	if err != nil {
		failed(w, err)
		return
	}
	web.JSON(w, r, a)
}

func (c *Companion) serveActive(w http.ResponseWriter, r *http.Request) {
	c.serveList(w, r, usualLimit, c.service.Active)
}

func (c *Companion) serveErrors(w http.ResponseWriter, r *http.Request) {
	c.serveList(w, r, usualLimit, c.service.Errors)
}

func (c *Companion) serveSpikes(w http.ResponseWriter, r *http.Request) {
	q := web.QueryOf(r)
	n, p := q.Limit(c.config.MaxSpikes), c.scoped(q, c.fixedTime(q))
	serveAnswer(w, r, q, func() (any, error) { return c.service.Spikes(n, p) })
}

func (c *Companion) serveObjectives(w http.ResponseWriter, r *http.Request) {
	web.JSON(w, r, c.service.Objectives())
}

func (c *Companion) serveSpike(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	answer, ok, err := c.service.Spike(id)
	if err != nil || !ok {
		noSpikeOr(w, id, err)
		return
	}
	web.JSON(w, r, answer)
}

// noSpikeOr answers that there is no spike, or what has failed.
func noSpikeOr(w http.ResponseWriter, id string, err error) {
	if err != nil {
		failed(w, err)
		return
	}
	noSpike(w, id)
}

func noSpike(w http.ResponseWriter, id string) {
	web.NotFound(w, "id", spikeUnknown, id)
}

const spikeUnknown = "There is no spike %.40q, or no longer. GET spikes lists those that are stored."

func (c *Companion) serveHealth(w http.ResponseWriter, r *http.Request) {
	web.JSON(w, r, c.service.Health())
}

func (c *Companion) serveDiagnostics(w http.ResponseWriter, r *http.Request) {
	web.JSON(w, r, c.service.Diagnostics())
}

func (c *Companion) serveReset(w http.ResponseWriter, r *http.Request) {
	q := web.QueryOf(r)
	baselines := q.Flag("baselines")
	if q.Refused(w) {
		return
	}
	answer := c.service.Reset(baselines, client(r))
	c.shared.Forget()
	c.service.Audit(r.Context(), "otelperf was reset", slog.Bool("baselines", baselines), slog.String("client.address", r.RemoteAddr))
	web.JSON(w, r, answer)
}
