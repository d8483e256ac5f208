// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

// Origin says whose numbers an answer has, and of when. Several instances behind one address can be told apart by it.
type Origin struct {
	Service  string    `json:"service"`
	Instance string    `json:"instance"`
	Time     time.Time `json:"time"`
}

func (m *Monitor) origin() Origin {
	id := m.identity()
	return Origin{Service: id.service, Instance: id.instance, Time: time.Now().UTC()}
}

func (m *Monitor) serveSummary(w http.ResponseWriter, r *http.Request) {
	q := queryOf(r)
	window := q.window()
	if q.refused(w) {
		return
	}
	m.share(w, r, "summary "+string(window), snapshotAge, func() any { return m.Summary(window) })
}

// share answers with what produce returns, or with what it returned to somebody else less than age ago.
func (m *Monitor) share(w http.ResponseWriter, r *http.Request, key string, age time.Duration, produce func() any) {
	body, err := m.snapshots.get(key, age, produce)
	if err != nil {
		problem.Write(w, problem.Problem{Status: http.StatusInternalServerError, Detail: err.Error()})
		return
	}
	writeBody(w, r, body)
}

const (
	snapshotAge  = 200 * time.Millisecond // for how long equal polls share an answer
	maxSnapshots = 64
)

// snapshots lets any number of concurrent polls cost one answer. It keeps at most maxSnapshots.
type snapshots struct {
	mu sync.Mutex // held while an answer is made, so that who comes meanwhile gets that one
	by map[string]snapshot
}

type snapshot struct {
	made time.Time
	body []byte
}

func (s *snapshots) get(key string, age time.Duration, produce func() any) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.by[key]; ok && time.Since(old.made) < age {
		return old.body, nil
	}
	made := time.Now()
	body, err := json.Marshal(produce())
	if err != nil {
		return nil, err
	}
	if s.by == nil || len(s.by) >= maxSnapshots {
		s.by = map[string]snapshot{}
	}
	s.by[key] = snapshot{made, append(body, '\n')}
	return s.by[key].body, nil
}

func (s *snapshots) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.by)
}

// ResetAnswer is the answer of POST reset.
type ResetAnswer struct {
	Reset     bool      `json:"reset"`
	Baselines bool      `json:"baselines"`
	Time      time.Time `json:"time"`
}

func (m *Monitor) serveReset(w http.ResponseWriter, r *http.Request) {
	q := queryOf(r)
	baselines := q.flag("baselines")
	if q.refused(w) {
		return
	}
	m.Reset(baselines)
	m.snapshots.forget()
	m.audit(r.Context(), "otelperf was reset", slog.Bool("baselines", baselines), slog.String("client.address", r.RemoteAddr))
	writeJSON(w, r, ResetAnswer{Reset: true, Baselines: baselines, Time: time.Now().UTC()})
}

// audit logs what somebody changed through the endpoint, whatever the log level of our other lines is.
func (m *Monitor) audit(ctx context.Context, message string, attrs ...slog.Attr) {
	defer func() {
		if v := recover(); v != nil {
			m.lines.faults.Add(1)
		}
	}()
	l := m.auditLog
	if l == nil {
		l = slog.Default()
	}
	l.LogAttrs(ctx, slog.LevelInfo, message, attrs...)
}

// notFound answers for something that is not kept, or no longer.
func notFound(w http.ResponseWriter, field, format string, args ...any) {
	problem.Write(w, problem.Problem{Status: http.StatusNotFound, Field: field, Detail: fmt.Sprintf(format, args...)})
}
