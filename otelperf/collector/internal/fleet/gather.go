// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"math"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

const (
	// treesEach is how many requests are looked at in a tick, and ordinaryTrees how many of them may be ordinary ones.
	treesEach     = 100
	ordinaryTrees = 8
	// maxTraceSpans is how many spans of one trace are looked at.
	maxTraceSpans = 1024
)

// wanted is a request whose spans are looked for.
type wanted struct {
	pending
	service *Service
}

// found is a span of a trace.
type found struct {
	slowlog.Span
	service *Service
}

// traced is what was found of a trace.
type traced struct{ spans []found }

// gatherer looks for the spans of requests, in all services.
type gatherer struct {
	wanted []wanted
	traces map[trace.TraceID]*traced
	filter filter // of traces
	turn   int    // the service that begins
}

// anatomies makes those of requests whose spans had time to arrive.
func (f *Fleet) anatomies(now time.Time, services []*Service) {
	g := &f.gather
	g.choose(now.Unix(), services)
	f.chunks.served()
	if len(g.wanted) == 0 {
		return
	}
	g.scan(services)
	for i := range g.wanted {
		w := &g.wanted[i]
		w.service.finish(w, g.traces[w.entry.TraceID])
	}
	clear(g.wanted)
	g.wanted, g.traces, g.filter = g.wanted[:0], nil, filter{}
}

// choose takes what is due; the services take turns in being the first.
func (g *gatherer) choose(second int64, services []*Service) {
	ordinary := 0
	for i := range services {
		s := services[(i+g.turn)%len(services)]
		s.mu.Lock()
		s.fleet.chunks.expire(&s.held, second)
		left := s.pending[:0]
		for _, p := range s.pending {
			switch {
			case p.due > second:
				left = append(left, p)
			case len(g.wanted) >= treesEach:
				left = append(left, p)
			case p.slow:
				g.wanted = append(g.wanted, wanted{p, s})
			case ordinary < ordinaryTrees: // others are let go: there are always more
				ordinary++
				g.wanted = append(g.wanted, wanted{p, s})
			}
		}
		clear(s.pending[len(left):])
		s.pending = left
		s.mu.Unlock()
	}
	g.turn++
}

// scan goes through all that is held. A lock is held for one chunk at a time.
func (g *gatherer) scan(services []*Service) {
	g.traces = make(map[trace.TraceID]*traced, len(g.wanted))
	since := int64(math.MaxInt64)
	for i := range g.wanted {
		id := g.wanted[i].entry.TraceID
		g.traces[id] = &traced{}
		g.filter.set(id)
		since = min(since, g.wanted[i].since)
	}
	for _, s := range services {
		for i := s.heldSince(since); g.scanChunk(s, i); i++ {
			continue
		}
	}
}

// heldSince returns the first chunk with a span that came in a second or later.
func (s *Service) heldSince(second int64) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, _ := slices.BinarySearchFunc(s.held.chunks, second, func(c *chunk, second int64) int { return cmp.Compare(c.arrived, second) })
	return i
}

// scanChunk reports whether there was one.
func (g *gatherer) scanChunk(s *Service, i int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i >= len(s.held.chunks) {
		return false
	}
	c := s.held.chunks[i]
	if !slices.ContainsFunc(g.wanted, func(w wanted) bool { return c.filter.mayHave(w.entry.TraceID) }) {
		return true
	}
	for id, spans := range c.runs {
		if !g.filter.mayHave(id) {
			continue
		}
		t := g.traces[id]
		for j := range spans {
			if t != nil && len(t.spans) < maxTraceSpans {
				t.spans = append(t.spans, found{s.plain(c, &spans[j]), s})
			}
		}
	}
	return true
}
