// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/events"
	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

// Events is an *events.Tracker.
type Events interface {
	Recent(limit int) []events.RecentEvent
	Stats() events.Stats
	Flush(ctx context.Context) (events.FlushResult, error)
	Sampling() events.Sampling
	SetSampling(s events.Sampling) error
}

// eventRoutes are the paths of analytics events.
func (c *Companion) eventRoutes(t Events) map[string]http.HandlerFunc {
	e := &eventHandlers{c, t}
	return map[string]http.HandlerFunc{
		"GET /events/recent":   e.serveRecent,
		"GET /stats":           e.serveStats,
		"POST /events/flush":   e.serveFlush,
		"GET /events/config":   e.serveConfig,
		"PATCH /events/config": e.serveChange,
	}
}

// eventHandlers serve a tracker.
type eventHandlers struct {
	c *Companion
	t Events
}

// usualRecent is how many recent events are shown without ?limit=.
const usualRecent = 100

// serveRecent answers with the recent events, the newest first. ?limit= says how many, ?name= of which name.
func (e *eventHandlers) serveRecent(w http.ResponseWriter, r *http.Request) {
	q := web.QueryOf(r)
	name, limit := q.Text("name"), q.Count("limit", usualRecent)
	if q.Refused(w) {
		return
	}
	rows, count := []events.RecentEvent{}, 0
	for _, row := range e.t.Recent(-1) {
		if name != "" && row.Name != name {
			continue
		}
		if count++; count <= limit {
			rows = append(rows, row)
		}
	}
	web.JSON(w, r, map[string]any{"count": count, "events": rows})
}

func (e *eventHandlers) serveStats(w http.ResponseWriter, r *http.Request) {
	web.JSON(w, r, e.t.Stats())
}

const (
	usualFlushTimeout = 5 * time.Second
	maxFlushTimeout   = 30 * time.Second
)

// serveFlush flushes for at most ?timeout=. When something is left after that time the status is 504, when something
// was lost or the provider failed it is 502, and the problem's member flush has the numbers.
func (e *eventHandlers) serveFlush(w http.ResponseWriter, r *http.Request) {
	q := web.QueryOf(r)
	timeout := q.Duration("timeout", usualFlushTimeout, maxFlushTimeout)
	if q.Refused(w) {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	result, err := e.t.Flush(ctx)
	if err == nil {
		web.JSON(w, r, result)
		return
	}
	status := http.StatusBadGateway
	if errors.Is(err, context.DeadlineExceeded) && result.Left() > 0 {
		status = http.StatusGatewayTimeout
	}
	problem.Write(w, problem.Problem{Status: status, Detail: err.Error(), Extra: map[string]any{"flush": result}})
}

func (e *eventHandlers) serveConfig(w http.ResponseWriter, r *http.Request) {
	web.JSON(w, r, map[string]any{"sampling": e.t.Sampling()})
}

// serveChange takes rates such as {"sampling": {"events": 0.5}}; those that are not named stay.
func (e *eventHandlers) serveChange(w http.ResponseWriter, r *http.Request) {
	patch, p := readPatch(w, r, `{"sample_ratio": 0.5}`)
	if p != nil {
		problem.Write(w, *p)
		return
	}
	e.c.changing.Lock()
	defer e.c.changing.Unlock()
	before := e.t.Sampling()
	after, ok := patchedSampling(before, patch)
	if !ok || e.t.SetSampling(after) != nil {
		const accepted = "an object with rates from 0 to 1, named events, requests and exceptions, and no other setting"
		problem.Write(w, problem.Invalid("sampling", "Nothing was changed: the body is no object such as {\"sampling\": {\"events\": 0.5}}.", accepted))
		return
	}
	if before != after {
		e.c.service.Audit(r.Context(), "otelperf event sampling changed", slog.String("client.address", r.RemoteAddr), slog.Any("before", before), slog.Any("after", after))
	}
	e.serveConfig(w, r)
}

// patchedSampling is s with the rates of a change; false if the change has anything else.
func patchedSampling(s events.Sampling, patch map[string]json.RawMessage) (events.Sampling, bool) {
	var rates map[string]*float64
	if len(patch) != 1 || json.Unmarshal(patch["sampling"], &rates) != nil || rates == nil {
		return s, false
	}
	for name, rate := range rates {
		field := map[string]*float64{"events": &s.Events, "requests": &s.Requests, "exceptions": &s.Exceptions}[name]
		if field == nil || rate == nil {
			return s, false
		}
		*field = *rate
	}
	return s, true
}
