// SPDX-License-Identifier: Apache-2.0

package events

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// The handlers of this file show and change what a Tracker has. They check the method but not who
// asks: whoever routes to them does that.

const (
	maxAdminBody        = 4 << 10
	defaultFlushTimeout = 5 * time.Second
	maxFlushTimeout     = 30 * time.Second
)

// ServeRecent answers GET with the recent events, the newest first, as {"events": [...]}. ?limit= (default 100) says how many,
// ?name= of which name.
func (t *Tracker) ServeRecent(w http.ResponseWriter, r *http.Request) {
	if !allow(w, r, http.MethodGet) {
		return
	}
	limit := 100
	if s := r.URL.Query().Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			newProblem(http.StatusBadRequest, "limit", "not a number from 0 on").write(w)
			return
		}
		limit = n
	}
	name := r.URL.Query().Get("name")
	rows := []recentJSON{}
	for e := range t.recent.newestFirst() {
		if len(rows) >= limit {
			break
		}
		if name == "" || e.Name == name {
			rows = append(rows, e.json())
		}
	}
	writeJSON(w, http.StatusOK, "application/json", map[string]any{"events": rows})
}

// ServeStats answers GET with [Stats].
func (t *Tracker) ServeStats(w http.ResponseWriter, r *http.Request) {
	if allow(w, r, http.MethodGet) {
		writeJSON(w, http.StatusOK, "application/json", t.Stats())
	}
}

// ServeFlush answers POST with the [FlushResult] of a flush that takes at most ?timeout= (a Go duration; default 5s, at most
// 30s). When something is left after that time the status is 504, when something was lost or the provider failed it is 502,
// and the problem's member flush has the numbers.
func (t *Tracker) ServeFlush(w http.ResponseWriter, r *http.Request) {
	if !allow(w, r, http.MethodPost) {
		return
	}
	timeout := defaultFlushTimeout
	if s := r.URL.Query().Get("timeout"); s != "" {
		d, err := time.ParseDuration(s)
		if err != nil || d <= 0 || d > maxFlushTimeout {
			newProblem(http.StatusBadRequest, "timeout", "not a duration above 0s and up to 30s").write(w)
			return
		}
		timeout = d
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	result, err := t.Flush(ctx)
	if err != nil {
		status := http.StatusBadGateway
		if errors.Is(err, context.DeadlineExceeded) && result.Left() > 0 {
			status = http.StatusGatewayTimeout
		}
		p := newProblem(status, "", err.Error())
		p.Flush = &result
		p.write(w)
		return
	}
	writeJSON(w, http.StatusOK, "application/json", result)
}

// ServeConfig answers GET with {"sampling": {...}} and PATCH with the same after changing the rates that the body has, such
// as {"sampling": {"events": 0.5}}. Other fields are refused. A change is logged.
func (t *Tracker) ServeConfig(w http.ResponseWriter, r *http.Request) {
	if !allow(w, r, http.MethodGet, http.MethodPatch) {
		return
	}
	if r.Method == http.MethodPatch {
		if p := t.patchConfig(w, r); p != nil {
			p.write(w)
			return
		}
	}
	writeJSON(w, http.StatusOK, "application/json", configJSON{t.Sampling()})
}

type configJSON struct {
	Sampling Sampling `json:"sampling"`
}

func (t *Tracker) patchConfig(w http.ResponseWriter, r *http.Request) *problem {
	if !acceptable(r.Header) {
		return newProblem(http.StatusUnsupportedMediaType, "Content-Type", "application/json")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAdminBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return newProblem(http.StatusRequestEntityTooLarge, "", "more than 4096 bytes")
	}
	if err != nil {
		return newProblem(http.StatusBadRequest, "", "the body ended early")
	}
	n, err := readJSON(body)
	if err != nil {
		return newProblem(http.StatusBadRequest, "", err.Error())
	}
	before := t.Sampling()
	after, p := patchSampling(before, &n)
	if p != nil {
		return p
	}
	if err := t.SetSampling(after); err != nil {
		return newProblem(http.StatusBadRequest, "sampling", "a rate is not in 0..1")
	}
	if before != after {
		t.cfg.logger.InfoContext(r.Context(), "otelperf: event sampling changed", "before", before, "after", after)
	}
	return nil
}

// patchSampling reads the body's rates over those in force.
func patchSampling(s Sampling, n *node) (Sampling, *problem) {
	if n.kind != kindObject || len(n.items) != 1 || n.items[0].key != "sampling" || n.items[0].kind != kindObject {
		return s, newProblem(http.StatusBadRequest, "sampling", `not an object with the one field "sampling"`)
	}
	rates := &n.items[0]
	for i := range rates.items {
		v := &rates.items[i]
		if v.kind != kindInt && v.kind != kindFloat {
			return s, newProblem(http.StatusBadRequest, "sampling", "a rate is not a number")
		}
		switch v.key {
		case "events":
			s.Events = v.float
		case "requests":
			s.Requests = v.float
		case "exceptions":
			s.Exceptions = v.float
		default:
			return s, newProblem(http.StatusBadRequest, "sampling", "a rate that does not exist: there are events, requests and exceptions")
		}
	}
	return s, nil
}

// allow answers 405 unless the method is one of those given. GET allows HEAD.
func allow(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	list := ""
	for _, m := range methods {
		if r.Method == m || m == http.MethodGet && r.Method == http.MethodHead {
			return true
		}
		if list != "" {
			list += ", "
		}
		list += m
	}
	w.Header().Set("Allow", list)
	newProblem(http.StatusMethodNotAllowed, "", "only "+list).write(w)
	return false
}
