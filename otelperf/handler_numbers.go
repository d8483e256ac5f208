// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

func (m *Monitor) serveIndex(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]any{"service": m.identity().service, "paths": []string{"summary", "slow", "health"}})
}

func (m *Monitor) serveSummary(w http.ResponseWriter, r *http.Request) {
	window, err := ParseWindow(r.URL.Query().Get("window"))
	if err != nil {
		problem.Write(w, problem.Problem{Status: http.StatusBadRequest, Field: "window", Detail: err.Error(), Accepted: "1m, 5m, 1h, all"})
		return
	}
	body, err := m.snapshots.get(window, m.Summary)
	if err != nil {
		problem.Write(w, problem.Problem{Status: http.StatusInternalServerError, Detail: err.Error()})
		return
	}
	writeBody(w, body)
}

// snapshotAge is for how long polls of one window share an answer.
const snapshotAge = 200 * time.Millisecond

// snapshots lets any number of concurrent polls cost one summary.
type snapshots struct {
	mu sync.Mutex // held while a summary is made, so that who comes meanwhile gets that one
	by map[Window]snapshot
}

type snapshot struct {
	made time.Time
	body []byte
}

func (s *snapshots) get(w Window, make func(Window) *Summary) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.by[w]; ok && time.Since(old.made) < snapshotAge {
		return old.body, nil
	}
	made := time.Now()
	body, err := json.Marshal(make(w))
	if err != nil {
		return nil, err
	}
	if s.by == nil {
		s.by = map[Window]snapshot{}
	}
	s.by[w] = snapshot{made, append(body, '\n')}
	return s.by[w].body, nil
}

func (s *snapshots) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.by)
}

// maxLimit bounds ?limit=.
const maxLimit = 1000

// limit reads ?limit=, and answers with a problem if it is not a number from 1 to maxLimit.
func limit(w http.ResponseWriter, r *http.Request, usual int) (int, bool) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return usual, true
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxLimit {
		problem.Write(w, problem.Problem{
			Status: http.StatusBadRequest, Field: "limit", Accepted: fmt.Sprintf("1 to %d", maxLimit),
			Detail: fmt.Sprintf("limit is %.20q, accepted are 1 to %d", text, maxLimit),
		})
		return 0, false
	}
	return n, true
}

// SlowList is the answer of GET slow.
type SlowList struct {
	Service  string        `json:"service"`
	Instance string        `json:"instance"`
	Time     time.Time     `json:"time"`
	Count    uint64        `json:"count"` // since the start or the last reset, kept or not
	Slow     []SlowRequest `json:"slow"`  // newest first
}

func (m *Monitor) serveSlow(w http.ResponseWriter, r *http.Request) {
	n, ok := limit(w, r, 100)
	if !ok {
		return
	}
	id := m.identity()
	list := SlowList{Service: id.service, Instance: id.instance, Time: time.Now().UTC(), Count: m.slowCount(), Slow: []SlowRequest{}}
	for e := range m.slow.All() {
		if len(list.Slow) == n {
			break
		}
		list.Slow = append(list.Slow, slowRequest(e))
	}
	writeJSON(w, list)
}

func (m *Monitor) serveReset(w http.ResponseWriter, r *http.Request) {
	baselines := false
	if text := r.URL.Query().Get("baselines"); text != "" {
		var err error
		if baselines, err = strconv.ParseBool(text); err != nil {
			problem.Write(w, problem.Problem{
				Status: http.StatusBadRequest, Field: "baselines", Accepted: "true, false",
				Detail: fmt.Sprintf("baselines is %.20q, accepted are true and false", text),
			})
			return
		}
	}
	m.Reset(baselines)
	m.snapshots.forget()
	writeJSON(w, map[string]any{"reset": true, "baselines": baselines, "time": time.Now().UTC()})
}
