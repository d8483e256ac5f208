// SPDX-License-Identifier: Apache-2.0

package stacks

import (
	"cmp"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// MaxGroups bounds what Groups returns.
const MaxGroups = 20

// Group is so many requests of one endpoint that are at one line.
type Group struct {
	Sentence string       `json:"sentence"` // such as "12 requests of GET /stats are waiting for the lock at stats.go:31"
	Count    int          `json:"count"`
	Method   string       `json:"method"`
	Route    string       `json:"route"` // "" where it is not known yet
	State    causes.State `json:"state"`
	Line     causes.Place `json:"line,omitzero"`
}

// Groups puts those of the requests together that were seen at one line, the largest group first; at most MaxGroups.
func (s *Sampler) Groups(ids []trace.SpanID) []Group {
	type key struct {
		endpoint    conventions.Endpoint
		state, why  causes.State
		line, waits causes.Place
		others      bool
	}
	at, groups := map[key]int{}, []Group{}
	var seen []*Seen
	s.mu.Lock()
	for _, id := range ids {
		if one := s.latest[id]; one != nil {
			seen = append(seen, one)
		}
	}
	s.mu.Unlock()
	firsts := map[int]*Seen{}
	for _, one := range seen {
		k := key{one.Endpoint, one.State, one.why, one.Line, one.waits, len(one.Started) > 0}
		i, ok := at[k]
		if !ok {
			i = len(groups)
			at[k], firsts[i] = i, one
			groups = append(groups, Group{Method: one.Endpoint.Method, Route: one.Endpoint.Route, State: one.State, Line: one.Line})
		}
		groups[i].Count++
	}
	for i := range groups {
		groups[i].Sentence = sentence(groups[i].Count, firsts[i])
	}
	order.By(groups, func(a, b *Group) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Sentence, b.Sentence)) })
	return groups[:min(len(groups), MaxGroups)]
}

func sentence(n int, one *Seen) string {
	name := strings.TrimSpace(one.Endpoint.String())
	if one.Endpoint.Route == "" {
		name += " (route not known yet)"
	}
	words := fmt.Sprintf("%d%s of %s %s %s", n, plural(n, " request"), name, isOrAre(n), one.State.At(one.Line))
	if len(one.Started) > 0 {
		words += ": those are " + one.why.At(one.waits)
	}
	return words
}
