// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// foldKey is what makes two siblings equal. The statement is always the one without literals: an N+1 has other
// literals each time.
type foldKey struct {
	name, detail, statement, system, peer, errType string
	kind                                           trace.SpanKind
	category                                       Category
	failed                                         bool
}

func (it *item) foldKey() foldKey {
	return foldKey{
		name: it.facts.name, detail: it.facts.detail, statement: it.facts.statement, system: it.facts.system, peer: it.facts.peer,
		errType: it.span.ErrType, kind: it.span.Kind, category: it.facts.call.Category, failed: it.failed(),
	}
}

// instance is one span of a node, as the OTLP export needs it.
type instance struct {
	id, parent trace.SpanID
	start, end int64 // nanoseconds from the start of the root
}

// instance names the parent that the span has in the tree: the recorded one may be unknown, or part of a cycle.
func (it *item) instance() instance {
	parent := it.span.Parent
	if it.parent != nil {
		parent = it.parent.span.SpanID
	}
	return instance{it.span.SpanID, parent, it.start, it.end}
}

// fold makes one node of equal siblings and returns it with how many spans below it have no node of their own. The
// children of all of them are siblings then, and fold likewise. Its depth is that of the tree.
func fold(group []*item) (*Node, int) {
	node := newNode(group[0])
	var kids []*item
	end := group[0].end
	for _, it := range group {
		end = max(end, it.end)
		node.SelfMs += msOf(it.self)
		node.TotalMs += msOf(it.end - it.start)
		node.LongestMs = max(node.LongestMs, msOf(it.end-it.start))
		node.Critical = node.Critical || it.critical
		node.Late = node.Late || it.late
		node.spans = append(node.spans, it.instance())
		kids = append(kids, it.kids...)
	}
	node.Count = len(group)
	node.DurationMs = msOf(end - group[0].start)
	node.BusyMs = msOf(covered(withins(group)))
	folded := len(group) - 1
	for _, g := range groups(kids) {
		child, n := fold(g)
		node.Children = append(node.Children, child)
		folded += n
	}
	return node, folded
}

// groups puts equal siblings together, in the order of the first of each.
func groups(kids []*item) [][]*item {
	place := make(map[foldKey]int, len(kids))
	var out [][]*item
	for _, k := range kids {
		key := k.foldKey()
		i, ok := place[key]
		if !ok {
			i = len(out)
			place[key] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], k)
	}
	return out
}

// newNode is a node with what does not depend on repetition.
func newNode(it *item) *Node {
	n := &Node{
		Name: it.facts.name, Kind: kindName(it.span.Kind), Category: it.facts.call.Category, Detail: it.facts.detail,
		System: it.facts.system, Peer: it.facts.peer, SpanID: it.span.SpanID.String(),
		OffsetMs: msOf(it.start), Dependency: own(it.facts.call.Dependency, maxDependency), Attributes: it.facts.call.attributes(),
	}
	switch {
	case it.failed():
		n.Status = "error"
		message := it.span.ErrMessage
		if message == "" {
			message = it.span.StatusMessage
		}
		n.Error = ErrorInfo{Type: own(it.span.ErrType, maxName), Message: own(message, maxValue)}
	case it.span.Status == codes.Ok:
		n.Status = "ok"
	}
	return n
}
