// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"net/http"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
	"github.com/otelperf/otelperf-go/slowlog"
)

// SlowList is the answer of GET slow.
type SlowList struct {
	Service  string        `json:"service"`
	Instance string        `json:"instance"`
	Time     time.Time     `json:"time"`
	Count    uint64        `json:"count"` // since the start or the last reset, kept or not
	Slow     []SlowRequest `json:"slow"`  // newest first
}

// SlowTrace is the answer of GET slow/{trace_id}: every request of this process that was kept of one trace.
type SlowTrace struct {
	Origin
	TraceID  string           `json:"trace_id"`
	Requests []*slowlog.Entry `json:"requests"` // newest first
}

func (m *Monitor) serveSlow(w http.ResponseWriter, r *http.Request) {
	q := queryOf(r)
	n := q.limit(100)
	if q.refused(w) {
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
	writeJSON(w, r, list)
}

func (m *Monitor) serveSlowTrace(w http.ResponseWriter, r *http.Request) {
	id, entries, ok := m.slowTrace(w, r)
	if !ok {
		return
	}
	writeJSON(w, r, SlowTrace{Origin: m.origin(), TraceID: id.String(), Requests: entries})
}

func (m *Monitor) serveSlowOTLP(w http.ResponseWriter, r *http.Request) {
	id, entries, ok := m.slowTrace(w, r)
	if !ok {
		return
	}
	body, err := slowlog.OTLP(slices.Values(entries), m.resourceAttributes()...)
	if err != nil {
		problem.Write(w, problem.Problem{Status: http.StatusInternalServerError, Detail: err.Error()})
		return
	}
	w.Header().Set("Content-Disposition", `inline; filename="`+id.String()+`.json"`)
	writeBody(w, r, append(body, '\n'))
}

// slowTrace finds what is kept of the trace that the path names, or answers that there is none.
func (m *Monitor) slowTrace(w http.ResponseWriter, r *http.Request) (trace.TraceID, []*slowlog.Entry, bool) {
	m.evaluate() // which finishes what is being built
	text := r.PathValue("trace_id")
	id, err := trace.TraceIDFromHex(text)
	if err != nil {
		problem.Write(w, problem.Invalid("trace_id", "This is no trace id.", "32 hex digits in lower case, not all of them 0"))
		return id, nil, false
	}
	entries := slices.Collect(m.slow.Lookup(id))
	if len(entries) == 0 {
		notFound(w, "trace_id", "No request of trace %s is kept, or no longer. GET slow lists those that are.", id)
		return id, nil, false
	}
	return id, entries, true
}

// resourceAttributes are those of the spans that we saw, else of the environment.
func (m *Monitor) resourceAttributes() []attribute.KeyValue {
	if res := m.link.Resource(); res != nil {
		return res.Attributes()
	}
	return resource.Environment().Attributes()
}
