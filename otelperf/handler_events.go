// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/events"
	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

// eventRoutes are the paths of analytics events, none if they are off.
func (m *Monitor) eventRoutes() map[string]http.HandlerFunc {
	if m.tracker == nil {
		return nil
	}
	return map[string]http.HandlerFunc{
		"GET /events/recent":   m.serveRecentEvents,
		"GET /stats":           m.serveEventStats,
		"POST /events/flush":   m.serveEventFlush,
		"GET /events/config":   m.serveEventConfig,
		"PATCH /events/config": m.serveEventConfigure,
	}
}

// usualRecent is how many recent events are shown without ?limit=.
const usualRecent = 100

// serveRecentEvents answers with the recent events, the newest first. ?limit= says how many, ?name= of which name.
func (m *Monitor) serveRecentEvents(w http.ResponseWriter, r *http.Request) {
	q := queryOf(r)
	name, limit := q.values.Get("name"), usualRecent
	if text := q.values.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			q.refuse("limit", fmt.Sprintf("limit is %.20q, accepted are numbers from 0 on", text), "0 or more")
		}
		limit = n
	}
	if q.refused(w) {
		return
	}
	rows := []events.RecentEvent{}
	for _, e := range m.tracker.Recent(-1) {
		if len(rows) >= limit {
			break
		}
		if name == "" || e.Name == name {
			rows = append(rows, e)
		}
	}
	writeJSON(w, r, map[string]any{"events": rows})
}

func (m *Monitor) serveEventStats(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, r, m.tracker.Stats())
}

const (
	usualFlushTimeout = 5 * time.Second
	maxFlushTimeout   = 30 * time.Second
)

// serveEventFlush flushes for at most ?timeout=. When something is left after that time the status is 504, when something
// was lost or the provider failed it is 502, and the problem's member flush has the numbers.
func (m *Monitor) serveEventFlush(w http.ResponseWriter, r *http.Request) {
	q, timeout := queryOf(r), usualFlushTimeout
	if text := q.values.Get("timeout"); text != "" {
		var err error
		if timeout, err = time.ParseDuration(text); err != nil || timeout <= 0 || timeout > maxFlushTimeout {
			q.refuse("timeout", fmt.Sprintf("timeout is %.20q, accepted are durations above 0s and up to 30s", text), "above 0s, up to 30s")
		}
	}
	if q.refused(w) {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	result, err := m.tracker.Flush(ctx)
	if err == nil {
		writeJSON(w, r, result)
		return
	}
	status := http.StatusBadGateway
	if errors.Is(err, context.DeadlineExceeded) && result.Left() > 0 {
		status = http.StatusGatewayTimeout
	}
	problem.Write(w, problem.Problem{Status: status, Detail: err.Error(), Extra: map[string]any{"flush": result}})
}

func (m *Monitor) serveEventConfig(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, r, map[string]any{"sampling": m.tracker.Sampling()})
}

// serveEventConfigure takes rates such as {"sampling": {"events": 0.5}}; those that are not named stay.
func (m *Monitor) serveEventConfigure(w http.ResponseWriter, r *http.Request) {
	patch, p := readPatch(w, r)
	if p != nil {
		problem.Write(w, *p)
		return
	}
	m.settings.changing.Lock()
	defer m.settings.changing.Unlock()
	before := m.tracker.Sampling()
	after, ok := patchedSampling(before, patch)
	if !ok || m.tracker.SetSampling(after) != nil {
		const accepted = "an object with rates from 0 to 1, named events, requests and exceptions, and no other setting"
		problem.Write(w, problem.Invalid("sampling", "Nothing was changed: the body is no object such as {\"sampling\": {\"events\": 0.5}}.", accepted))
		return
	}
	if before != after {
		m.audit(r.Context(), "otelperf event sampling changed", slog.String("client.address", r.RemoteAddr), slog.Any("before", before), slog.Any("after", after))
	}
	m.serveEventConfig(w, r)
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
