// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

func (c *Companion) serveAck(w http.ResponseWriter, r *http.Request) {
	f := readFields(w, r, "acknowledgement", `an object such as {"by": "ana", "why": "the database is being moved"}`, "by", "why")
	a := mutes.Ack{By: f.text("by", 1, mutes.MaxBy), Why: f.text("why", 0, mutes.MaxWhy), At: time.Now().UTC()}
	if f.fault != nil {
		problem.Write(w, *f.fault)
		return
	}
	id := r.PathValue("id")
	answer, fresh, open, ok := c.service.Ack(id, a)
	switch {
	case !ok:
		noSpike(w, id)
		return
	case !open:
		problem.Write(w, problem.Problem{
			Status: http.StatusConflict, Field: "id", Detail: fmt.Sprintf("The spike %.40q has ended: there is nothing to look after.", id), Accepted: "a spike that is open",
		})
		return
	}
	if fresh {
		c.changed(r, "otelperf spike acknowledged", slog.String("spike_id", id), slog.String("by", a.By), slog.String("why", a.Why))
	}
	web.JSON(w, r, answer)
}

func (c *Companion) serveUnack(w http.ResponseWriter, r *http.Request) {
	by, ok := byOf(w, r)
	if !ok {
		return
	}
	id := r.PathValue("id")
	answer, was, ok := c.service.Unack(id)
	if !ok {
		noSpike(w, id)
		return
	}
	if was != nil {
		c.changed(r, "otelperf spike no longer acknowledged", slog.String("spike_id", id), slog.String("by", by), slog.String("was_by", was.By))
	}
	web.JSON(w, r, answer)
}

// byOf is ?by=, who takes something back, which may be missing.
func byOf(w http.ResponseWriter, r *http.Request) (by string, ok bool) {
	q := web.QueryOf(r)
	if q.Refused(w) {
		return "", false
	}
	if by = q.Text("by"); len(by) > mutes.MaxBy {
		problem.Write(w, problem.Invalid("by", fmt.Sprintf("by has %d bytes.", len(by)), fmt.Sprintf("text of 0 to %d bytes", mutes.MaxBy)))
		return "", false
	}
	return mutes.Plain(by), true
}

// changed notes that somebody has changed something.
func (c *Companion) changed(r *http.Request, message string, attrs ...slog.Attr) {
	c.shared.Forget()
	c.service.Audit(r.Context(), message, append(attrs, slog.String("client.address", r.RemoteAddr))...)
}
