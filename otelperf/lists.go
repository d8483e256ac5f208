// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/involved"
	"github.com/otelperf/otelperf-go/otelperf/internal/past"
	"github.com/otelperf/otelperf-go/otelperf/internal/peers"
	"github.com/otelperf/otelperf-go/otelperf/internal/stacks"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// rowList is what the answers of GET endpoints and GET dependencies share.
type rowList struct {
	origin
	Window Window `json:"window,omitzero"` // missing for a fixed time
	fixedTime
	WindowSeconds float64      `json:"window_seconds"`      // as in a Summary
	Stored        *past.Stored `json:"stored,omitzero"`     // what of it is there, where a history was read
	Fleet         *peers.Fleet `json:"fleet,omitzero"`      // whose numbers they are, with ?scope=fleet
	Count         int          `json:"count"`               // of all there are; at most ?limit= are in the list
	UsualNote     string       `json:"usual_note,omitzero"` // why what is usual could not be read, with ?usual=true
}

type endpointList struct {
	rowList
	Endpoints []detailedRow `json:"endpoints"`
}

type dependencyList struct {
	rowList
	Dependencies []detailedRow `json:"dependencies"`
}

type slowList struct {
	origin
	Count  uint64 `json:"count"`  // slow ones since the start or the last reset, stored or not; of a fixed time or of days those of it that are stored
	Stored int    `json:"stored"` // slow and failed ones, with ?trace_id= those of the trace; at most ?limit= are in the list
	fixedTime
	Slow []SlowRequest `json:"slow"`          // newest first
	Note string        `json:"note,omitzero"` // what of a fixed time or of days could not be read, and whether count is of a part of it
}

// slowTrace is every request of this process that is stored of one trace.
type slowTrace struct {
	origin
	TraceID  string            `json:"trace_id"`
	Requests []*slowlog.Entry  `json:"requests"` // newest first
	Recorded []recordedRequest `json:"recorded"` // how those of them that are in a recording spent their time
}

type spikeList struct {
	origin
	Count int `json:"count"` // of all that are stored, the last 50, or with a fixed time all of it; at most ?limit= are in the list
	Open  int `json:"open"`  // how many of them are open
	fixedTime
	Fleet  *peers.Fleet `json:"fleet,omitzero"` // whose they are, with ?scope=fleet: those that are open of all instances
	Spikes []Spike      `json:"spikes"`         // newest first
	Note   string       `json:"note,omitzero"`  // what of a fixed time could not be read
}

type objectiveList struct {
	origin
	Count      int           `json:"count"`
	Objectives []ErrorBudget `json:"objectives"` // in the order of the options
}

type activeList struct {
	origin
	Count  int                   `json:"count"`         // of all that are known; at most ?limit= are in the list
	Groups []stacks.Group        `json:"groups"`        // slow ones that are at one line, the most first; at most 20
	Note   string                `json:"note,omitzero"` // why it is not known where slow requests are, or of some
	Leaked []spikeprocessor.Leak `json:"leaked"`        // as in diagnostics: those that may never end, by name
	Active []activeRequest       `json:"active"`        // longest first; where there are more than ?limit=, names take turns
}

type errorList struct {
	origin
	Count  int          `json:"count"`  // of all groups; at most ?limit= are in the list
	Errors []errorGroup `json:"errors"` // the latest first
}

type resetAnswer struct {
	Reset     bool      `json:"reset"`
	Baselines bool      `json:"baselines"`
	Time      time.Time `json:"time"`
}

// activeRequest is a request that is running now.
type activeRequest struct {
	TraceID string       `json:"trace_id"`
	SpanID  string       `json:"span_id"`
	Method  string       `json:"method"`
	Route   string       `json:"route"`
	Kind    string       `json:"kind"`
	Path    string       `json:"path"` // without the query string
	Start   time.Time    `json:"start"`
	AgeMs   float64      `json:"age_ms"`
	In      string       `json:"in,omitzero"`    // the child span that began last, while it runs; "" also where it is not known, see Stats.InFlightUnfollowed
	Slow    bool         `json:"slow,omitzero"`  // it has been running for longer than is slow for its endpoint
	Doing   *stacks.Seen `json:"doing,omitzero"` // where its goroutine was when it was sampled last
}

// active is what runs now: at most limit requests.
func (m *Monitor) active(limit int) activeList {
	slow := m.slowNow(time.Now())
	longest, count := m.activeRequests(limit, slow)
	groups, note := m.slowGroups(slow)
	if m.cfg.feed != nil {
		note = notHere
	}
	return activeList{origin: m.origin(), Count: count, Groups: groups, Note: note, Leaked: m.link.Leaked(time.Now()), Active: longest}
}

// methods are those that a span can be named after before its route is known.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// nameOf is what a running request is called by now.
func nameOf(r *spikeprocessor.InFlight) (method, route string) {
	method, route, ok := strings.Cut(r.Name, " ")
	if !ok && !slices.Contains(methods, r.Name) {
		method, route = "", r.Name
	}
	return method, route
}

// activeRequests returns at most limit of the requests in flight, as Link.Active chooses them, and how many there are. Their route is
// not known before they end: it is the name that the span has by now, or, of slow ones, what a mux beside Middleware says, and else empty.
func (m *Monitor) activeRequests(limit int, slow []stacks.Request) ([]activeRequest, int) {
	bySpan := map[trace.SpanID]*stacks.Request{}
	for i := range slow {
		bySpan[slow[i].SpanID] = &slow[i]
	}
	list := []activeRequest{}
	running, count := m.link.Active(time.Now(), limit)
	for _, r := range running {
		method, route := nameOf(&r)
		one := activeRequest{
			TraceID: r.TraceID.String(), SpanID: r.SpanID.String(), Method: method, Route: route, Kind: r.Kind.String(), Path: r.Path,
			Start: r.Start.UTC(), AgeMs: units.Milliseconds(r.Age), In: r.In,
		}
		if s, ok := bySpan[r.SpanID]; ok {
			one.Slow, one.Doing, one.Route = true, m.whereIs(r.SpanID), cmp.Or(route, s.Endpoint.Route)
		}
		list = append(list, one)
	}
	return list, count
}

// errorGroup is the failures of one endpoint that are of one type.
type errorGroup struct {
	Method      string      `json:"method"`
	Route       string      `json:"route"`
	Kind        string      `json:"kind"`
	Type        string      `json:"type"`    // of the exception or error; the outcome where there was none
	Message     string      `json:"message"` // of the last one
	Count       uint64      `json:"count"`
	Panics      uint64      `json:"panics"` // how many of them were
	First       time.Time   `json:"first"`
	Last        time.Time   `json:"last"`
	LastRequest *RequestRef `json:"last_request"`   // the latest of them; nil if it is not known, as of what came as metrics
	Stack       string      `json:"stack,omitzero"` // of the last panic
}

// errorGroups returns the failures since the start or the last reset, the latest first.
func (m *Monitor) errorGroups() []errorGroup {
	list := []errorGroup{}
	for _, g := range m.errorsSeen() {
		last := new(refOf(engine.Request{TraceID: g.LastTraceID, SpanID: g.LastSpanID, Start: g.LastStart, Duration: g.LastDuration}))
		if g.LastStart.IsZero() {
			last = nil
		} else if last.look(m.slow); !last.Stored {
			last.replace(m.slow, func(e *slowlog.Entry) bool {
				return e.Method == g.Method && e.Route == g.Route && e.Kind == g.Kind.String() && e.Failed() && involved.ErrorType(e.Error.Type, e) == g.Type
			})
		}
		list = append(list, errorGroup{
			Method: g.Method, Route: g.Route, Kind: g.Kind.String(), Type: g.Type, Message: g.Message, Count: g.Count, Panics: g.Panics,
			First: g.First.UTC(), Last: g.Last.UTC(), LastRequest: last, Stack: g.Stack,
		})
	}
	return list
}
