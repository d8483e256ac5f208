// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/httpmw"
	"github.com/otelperf/otelperf-go/otelperf/internal/site"
	"github.com/otelperf/otelperf-go/otelperf/internal/stacks"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

func (m *Monitor) newStacks() *stacks.Sampler {
	var own []string
	if main := site.MainModule(); main != "" {
		own = append(own, main)
	}
	return stacks.New(stacks.Config{
		Key: m.goroutines.Key(), Frame: httpmw.ServingFrame, Own: own, Faults: &m.faults,
		Slow: func(now time.Time) []stacks.Request {
			m.goroutines.Grow()
			return m.slowNow(now)
		},
	})
}

// runningEndpoint is the endpoint of a request that has not ended yet, as far as it is known.
func runningEndpoint(method, route string) conventions.Endpoint {
	return conventions.Endpoint{Kind: conventions.KindHTTP, Method: method, Route: route}
}

// slowNow returns the requests that have been running for longer than is slow for their endpoint, at most stacks.MaxRequests, the longest
// first. Streams are left out: they take as long as they take.
func (m *Monitor) slowNow(now time.Time) (slow []stacks.Request) {
	least := m.link.LeastSlow()
	running := m.link.Longer(now, least, stacks.MaxRequests)
	if len(running) == 0 {
		return nil
	}
	labelled := m.labelled(now, least/2) // Middleware may have begun after the span
	for i := range running {
		r := &running[i]
		if r.Kind != trace.SpanKindServer {
			continue
		}
		method, route := nameOf(r)
		l := labelled.of(r)
		if l != nil && l.Stream {
			continue
		}
		one := stacks.Request{SpanID: r.SpanID, Age: r.Age}
		if l != nil {
			one.Label = l.Value
			method, route = cmp.Or(method, l.Method), cmp.Or(route, m.routeOf(l))
		}
		one.Endpoint = runningEndpoint(method, route)
		if r.Age > m.link.SlowAbove(one.Endpoint) {
			slow = append(slow, one)
		}
	}
	return slow
}

// routeOf asks a mux of the program.
func (m *Monitor) routeOf(l *httpmw.Labelled) (route string) {
	m.faults.Guard("routes of running requests", func() { route = l.Route() })
	return route
}

// labelledRequests are those whose goroutines have labels, by their span, and by trace where that has but one.
type labelledRequests struct {
	bySpan  map[trace.SpanID]*httpmw.Labelled
	byTrace map[trace.TraceID]*httpmw.Labelled // nil for traces that have several
}

func (m *Monitor) labelled(now time.Time, least time.Duration) labelledRequests {
	found := labelledRequests{map[trace.SpanID]*httpmw.Labelled{}, map[trace.TraceID]*httpmw.Labelled{}}
	if m.goroutines == nil {
		return found
	}
	list := m.goroutines.Labelled(now, least)
	for i := range list {
		l := &list[i]
		for _, id := range l.Spans {
			if id.IsValid() {
				found.bySpan[id] = l
			}
		}
		if _, several := found.byTrace[l.TraceID]; several {
			l = nil
		}
		found.byTrace[list[i].TraceID] = l
	}
	return found
}

func (f labelledRequests) of(r *spikeprocessor.InFlight) *httpmw.Labelled {
	if l := f.bySpan[r.SpanID]; l != nil {
		return l
	}
	return f.byTrace[r.TraceID]
}

// slowGroups says where the slow requests are that run now, and why that is not known of some.
func (m *Monitor) slowGroups(slow []stacks.Request) (groups []stacks.Group, note string) {
	if m.stacks == nil || len(slow) == 0 {
		return []stacks.Group{}, m.noStacks(len(slow))
	}
	ids, bare := make([]trace.SpanID, len(slow)), 0
	for i := range slow {
		ids[i] = slow[i].SpanID
		if slow[i].Label == "" {
			bare++
		}
	}
	note = m.stacks.Status().Note
	if bare > 0 {
		note = fmt.Sprintf("Where %d of %d slow requests are is not known: wrap their handlers in Monitor.Middleware.", bare, len(slow))
		if full := m.goroutines.Unlabelled(); full > 0 {
			note += fmt.Sprintf(" Or they were too many at a time: %d since the start have had no label.", full)
		}
	}
	return m.stacks.Groups(ids), note
}

// placesOf is where slow requests of an endpoint were seen since a time.
func (m *Monitor) placesOf(ep conventions.Endpoint, since time.Time) []stacks.Place {
	if m.stacks == nil {
		return nil
	}
	return m.stacks.Places(ep, since)
}

// whereIs is where a request was when it was sampled last; nil if it was not.
func (m *Monitor) whereIs(id trace.SpanID) *stacks.Seen {
	if m.stacks == nil {
		return nil
	}
	return m.stacks.Of(id)
}

// notHere is said of what the process of a service alone can tell, where its numbers are received from elsewhere.
const notHere = "What is running is not known here: spans are received when they have ended."

// noStacks says why there are none at all.
func (m *Monitor) noStacks(slow int) string {
	switch {
	case slow == 0 || m.disabled != "":
		return ""
	case m.metrics != nil:
		return "Where slow requests are is not looked at: the numbers come from metrics."
	case m.cfg.feed != nil:
		return notHere
	case m.stacks == nil:
		return "Where slow requests are is not looked at: WithStacks(false)."
	}
	return ""
}

// stacksSpent is the CPU time of goroutine profiles.
func (m *Monitor) stacksSpent() time.Duration {
	if m.stacks == nil {
		return 0
	}
	return m.stacks.Status().CPUTime
}

// Bounds of an answer.
const (
	maxStacksShown = 1000
	maxLinesShown  = 20
)

// stacksAnswer is where slow requests of an endpoint spend their time: the answer of GET endpoints/stacks.
type stacksAnswer struct {
	origin
	Method  string      `json:"method"`
	Route   string      `json:"route"`
	Kind    string      `json:"kind"`
	Since   *time.Time  `json:"since"`   // of the first sample that may be in it: half an hour to an hour ago, or the start
	WallMs  float64     `json:"wall_ms"` // of all stacks: the time of requests from when they were slow
	Samples int         `json:"samples"`
	Lines   []lineShare `json:"lines"`         // the one with most of the time first; at most 20
	Stacks  []stackTime `json:"stacks"`        // the one with most of the time first; at most 1000
	Note    string      `json:"note,omitzero"` // why there are none, or few
}

// lineShare is how much of the time goes by at one line.
type lineShare struct {
	Sentence string       `json:"sentence"` // such as "waiting for the lock at stats.go:31"
	State    causes.State `json:"state"`
	Line     causes.Place `json:"line,omitzero"`
	WallMs   float64      `json:"wall_ms"`
	Share    float64      `json:"share"` // 0 to 1
}

// stackTime is how much time a stack stands for.
type stackTime struct {
	State   causes.State `json:"state"`
	Frames  []string     `json:"frames"` // "function file:line", the outermost first
	WallMs  float64      `json:"wall_ms"`
	Samples int          `json:"samples"`
}

// countsOf returns the stacks of an endpoint; ok is false for one that nothing is known of.
func (m *Monitor) countsOf(q companion.EndpointQuery) (c stacks.Counts, kind conventions.Kind, ok bool) {
	ep := runningEndpoint(q.Method, q.Route)
	if m.stacks != nil && (q.Kind == "" || q.Kind == ep.Kind.String()) {
		if c = m.stacks.Counts(ep, time.Now()); len(c.Stacks) > 0 {
			return c, ep.Kind, true
		}
	}
	d, ok := m.detail(q)
	if !ok {
		return c, 0, false
	}
	for k := range conventions.Kind(conventions.NumKinds) {
		if k.String() == d.Kind {
			kind = k
		}
	}
	return c, kind, true
}

// stacksOf returns where slow requests of an endpoint spend their time.
func (m *Monitor) stacksOf(q companion.EndpointQuery) (a stacksAnswer, ok bool) {
	c, kind, ok := m.countsOf(q)
	if !ok {
		return a, false
	}
	a = stacksAnswer{origin: m.origin(), Method: q.Method, Route: q.Route, Kind: kind.String(), Lines: []lineShare{}, Stacks: []stackTime{}}
	a.Note = m.noStacks(1)
	if m.stacks != nil {
		a.Note = m.stacks.Status().Note
	}
	if !c.Since.IsZero() {
		a.Since = &c.Since
	}
	var all time.Duration
	for i := range c.Stacks {
		one := &c.Stacks[i]
		all += one.Time
		a.Samples += one.Samples
		if i < maxStacksShown {
			a.Stacks = append(a.Stacks, stackTime{State: one.State, Frames: one.Text(), WallMs: units.Milliseconds(one.Time), Samples: one.Samples})
		}
	}
	a.WallMs, a.Lines = units.Milliseconds(all), linesOf(&c, all)
	return a, true
}

func linesOf(c *stacks.Counts, all time.Duration) []lineShare {
	type place struct {
		state causes.State
		line  causes.Place
	}
	times := map[place]time.Duration{}
	for i := range c.Stacks {
		times[place{c.Stacks[i].State, c.Stacks[i].Line}] += c.Stacks[i].Time
	}
	lines := []lineShare{}
	for p, d := range times {
		share := 0.0
		if all > 0 {
			share = float64(d) / float64(all)
		}
		lines = append(lines, lineShare{Sentence: p.state.At(p.line), State: p.state, Line: p.line, WallMs: units.Milliseconds(d), Share: share})
	}
	order.By(lines, func(a, b *lineShare) int {
		return cmp.Or(cmp.Compare(b.WallMs, a.WallMs), cmp.Compare(a.Sentence, b.Sentence))
	})
	return lines[:min(len(lines), maxLinesShown)]
}
