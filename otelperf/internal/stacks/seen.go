// SPDX-License-Identifier: Apache-2.0

package stacks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/site"
	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Seen is where a request was when its goroutine was sampled.
type Seen struct {
	State    causes.State `json:"state"`
	Line     causes.Place `json:"line,omitzero"`    // of the program's own code, else of a library
	Sentence string       `json:"sentence"`         // such as "waiting for the lock at stats.go:31"
	Time     time.Time    `json:"time"`             // when that was
	Stack    []string     `json:"stack"`            // "function file:line", the innermost first; at most 64
	Started  []Started    `json:"started,omitzero"` // goroutines that it started, if it may be waiting for them; at most 5 places

	Endpoint conventions.Endpoint `json:"-"`
	waits    causes.Place         // what it waits for in the end: a line of those that it started, or its own
	why      causes.State
}

// Started is so many goroutines that a request started, at one line.
type Started struct {
	Count    int          `json:"count"`
	State    causes.State `json:"state"`
	Line     causes.Place `json:"line,omitzero"`
	Sentence string       `json:"sentence"`
}

const maxStarted = 5

// read says where the requests are, and counts their stacks.
func (s *Sampler) read(slow []Request, found map[string]*goroutines, now time.Time) map[trace.SpanID]*Seen {
	latest := make(map[trace.SpanID]*Seen, len(slow))
	since := idlePause
	if !s.profiled.IsZero() {
		since = now.Sub(s.profiled)
	}
	s.mu.Lock()
	h := s.halfAt(now)
	s.mu.Unlock()
	for i := range slow {
		r := &slow[i]
		g := found[r.Label]
		if r.Label == "" || g == nil || g.own == nil {
			continue
		}
		seen := s.see(r, g)
		seen.Time = now.UTC()
		latest[r.SpanID] = seen
		s.mu.Lock()
		s.count(h, r, g, seen, min(since, r.Age))
		s.recent.add(sample{r.Endpoint, r.SpanID, now, causes.Reason{State: seen.State, Line: seen.Line, Who: causes.Itself, What: seen.why, Where: seen.waits}})
		s.mu.Unlock()
	}
	return latest
}

// see says where a request is.
func (s *Sampler) see(r *Request, g *goroutines) *Seen {
	state, line := s.place(g.own)
	seen := &Seen{State: state, Line: line, Sentence: state.At(line), Endpoint: r.Endpoint, waits: line, why: state}
	for _, f := range s.shown(g.own) {
		seen.Stack = append(seen.Stack, text(f))
	}
	if !waitsForOthers(state) {
		g.children = nil
		return seen
	}
	seen.Started = s.started(g.children)
	if len(seen.Started) > 0 {
		first := &seen.Started[0]
		seen.waits, seen.why = first.Line, first.State
		seen.Sentence += ": " + first.Sentence
		if n := len(seen.Started) - 1; n > 0 {
			seen.Sentence += fmt.Sprintf(", and others at %d more", n) + plural(n, " line")
		}
	}
	return seen
}

// started puts goroutines at one line together, most of them first.
func (s *Sampler) started(children []child) (all []Started) {
	for _, c := range children {
		state, line := s.place(c.frames)
		i := slices.IndexFunc(all, func(o Started) bool { return o.State == state && o.Line == line })
		if i < 0 {
			i = len(all)
			all = append(all, Started{State: state, Line: line})
		}
		all[i].Count += c.count
	}
	for i := range all {
		n := all[i].Count
		all[i].Sentence = fmt.Sprintf("%d that it started %s %s", n, isOrAre(n), all[i].State.At(all[i].Line))
	}
	order.By(all, func(a, b *Started) int {
		return cmp.Or(b.Count-a.Count, strings.Compare(a.Sentence, b.Sentence))
	})
	return all[:min(len(all), maxStarted)]
}

func (s *Sampler) place(frames []site.Frame) (causes.State, causes.Place) {
	at := s.sites.At(s.sites.Of(slices.Values(frames)))
	return stateOf(frames, at.State), at.Line
}

// shown are the frames that say something: of the runtime's own innermost ones the outermost alone, and nothing outside of the
// program's own code, if there is any.
func (s *Sampler) shown(frames []site.Frame) []site.Frame {
	for len(frames) > 1 && inRuntime(frames[0].Func) && inRuntime(frames[1].Func) {
		frames = frames[1:]
	}
	if len(frames) > 1 && frames[0].Func == "runtime.gopark" {
		frames = frames[1:]
	}
	for i := len(frames) - 1; i >= 0; i-- {
		if s.sites.Own(frames[i].Func) {
			frames = frames[:i+1]
			break
		}
	}
	return frames[:min(len(frames), maxDepth)]
}

func text(f site.Frame) string {
	if f.File == "" {
		return f.Func
	}
	p := site.Place(f)
	return p.Func + " " + p.String()
}

func isOrAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
