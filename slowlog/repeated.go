// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// Repeated is equal calls that one request made.
type Repeated struct {
	// Dependency is what the calls have as [Call.Dependency].
	Dependency string
	// Count is how many there were.
	Count int
	// Parallel reports whether they mostly ran at the same time.
	Parallel bool
}

// RepeatedCalls returns the calls that a request made at least least times, one item for each [Call.Dependency]: the most frequent
// ones of it. Calls are equal if they have the dependency, and the statement without literals or the target without ids, in
// common; where no URL template is given, the last segment of a path counts as an id. Left out are calls without a dependency, messages,
// what is below another call, as the queries of a batch, and calls of databases of which neither statement nor operation is
// known, as taking a connection from a pool. Of the children at most 256 are looked at, the first ones given.
func RepeatedCalls(children []Span, least int) (out []Repeated) {
	children = children[:min(len(children), defaultSpans)]
	all := map[string]int{}
	for i := range children {
		all[children[i].Call.Dependency]++
	}
	delete(all, "")
	var parents map[trace.SpanID]*Span
	equal := map[equalKey][]interval{}
	var order []equalKey
	read := &reader{}
	for i := range children {
		s := &children[i]
		if all[s.Call.Dependency] < least || s.Kind == trace.SpanKindProducer || !s.Call.asks() {
			continue
		}
		if parents == nil {
			parents = byID(children)
		}
		if belowCall(s, parents) {
			continue
		}
		key := keyOfCall(s, read)
		if equal[key] == nil {
			order = append(order, key)
		}
		start := since(s.Start, children[0].Start)
		equal[key] = append(equal[key], interval{start, max(start, since(s.End, children[0].Start))})
	}
	for _, key := range order {
		x := Repeated{key.dependency, len(equal[key]), overlapping(equal[key])}
		at := slices.IndexFunc(out, func(o Repeated) bool { return o.Dependency == x.Dependency })
		switch {
		case x.Count < least:
		case at < 0:
			out = append(out, x)
		case x.Count > out[at].Count:
			out[at] = x
		}
	}
	return out
}

// asks reports whether what a call asks for is known, and it is no message.
func (c *Call) asks() bool {
	switch c.category() {
	case DB:
		return c.DBStatement != "" || c.DBSummary != "" || c.DBOperation != "" || c.DBCollection != ""
	case Messaging:
		return false
	}
	return true
}

type equalKey struct{ dependency, name, target string }

func keyOfCall(s *Span, read *reader) equalKey {
	f := read.facts(s)
	key := equalKey{dependency: s.Call.Dependency}
	switch f.call.Category {
	case DB, Cache:
		key.name, key.target = f.name, f.statement
	case HTTP:
		key.target = f.detail
		if s.Call.URLTemplate == "" {
			key.target = key.target[:max(0, strings.LastIndexByte(key.target, '/'))]
		}
	}
	return key
}

func byID(spans []Span) map[trace.SpanID]*Span {
	out := make(map[trace.SpanID]*Span, len(spans))
	for i := range spans {
		out[spans[i].SpanID] = &spans[i]
	}
	return out
}

// belowCall reports whether a span is part of another call. Of parents that go round in a circle, and of those that are
// very far up, nothing is known.
func belowCall(s *Span, byID map[trace.SpanID]*Span) bool {
	for range defaultDepth {
		if s = byID[s.Parent]; s == nil {
			return false
		}
		if s.Call.Dependency != "" && s.Call.category() != Own {
			return true
		}
	}
	return false
}

// overlapping reports whether calls took clearly longer together than the time in which any of them ran. It reorders them.
func overlapping(calls []interval) bool {
	var total int64
	for _, v := range calls {
		total += v.length() / 2
	}
	return total > covered(calls)*3/4
}
