// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// took is the duration of an ended span, never negative.
func took(s sdktrace.ReadOnlySpan) time.Duration { return max(0, s.EndTime().Sub(s.StartTime())) }

// replace puts a span for which its list has no room in the place of a shorter one, or of any if something held is below it: without
// it, that would be an orphan. So the longest are held. The duration of the one that is left out is added up. A span of a list that is
// full costs one comparison, or a walk over the list's spans if it is longer than the shortest or has children.
func (sh *gatherShard) replace(g *gatherer, li int32, h *heldSpan) {
	l, d := &sh.lists[li], took(h.span)
	parent := h.span.ChildSpanCount() > 0
	h.took = tookOf(d, parent)
	needed := parent && sh.holdsBelow(l, h.span.SpanContext().SpanID())
	if !needed && l.least != 0 && (length(h.took) < l.least || h.took == l.least) {
		l.droppedTime += d
		return
	}
	link := sh.shortest(l)
	if link == nil {
		l.droppedTime += d
		return
	}
	n := *link
	old := &sh.nodes[n-1]
	if !needed && !outlasts(h, old) || !sh.affords(g, l, int64(h.bytes-old.bytes)) {
		l.droppedTime += d
		return
	}
	l.droppedTime += took(old.span)
	more := int64(h.bytes - old.bytes)
	l.bytes += more
	sh.bytes += more
	sh.credit -= more
	*link = old.next
	h.next = l.head // it ended last
	*old = *h
	l.head = n
	l.mixed = l.mixed || h.parent != l.parent
	l.least = 0
	sh.classify(g, li)
}

// outlasts reports whether a span took longer than another, or as long and has children where that has none.
func outlasts(h, old *heldSpan) bool {
	return length(h.took) > length(old.took) || h.took == -old.took && h.took < 0
}

// affords reports whether a list may have so many bytes more, and gets the credit for them.
func (sh *gatherShard) affords(g *gatherer, l *heldList, more int64) bool {
	if more <= 0 {
		return true
	}
	if all := l.bytes + more; all > freeShare && all > g.left()+sh.credit {
		return false
	}
	if sh.credit < more {
		sh.credit += g.grant(more - sh.credit)
	}
	return sh.credit >= more
}

// shortest returns the link to the shortest span of a list that nothing held is below, and notes how long it took: a leaf, or else a
// parent whose children are gone. nil: there is none.
func (sh *gatherShard) shortest(l *heldList) *int32 {
	var leaf, parent *int32
	for link := &l.head; *link != 0; link = &sh.nodes[*link-1].next {
		node := &sh.nodes[*link-1]
		if node.took == 0 {
			node.took = tookOf(took(node.span), node.span.ChildSpanCount() > 0)
		}
		if best := &leaf; node.took < 0 {
			best = &parent
			if *best == nil || node.took > sh.nodes[**best-1].took {
				*best = link
			}
		} else if *best == nil || node.took < sh.nodes[**best-1].took {
			*best = link
		}
	}
	if parent != nil && (leaf == nil || length(sh.nodes[*parent-1].took) < sh.nodes[*leaf-1].took) &&
		!sh.holdsBelow(l, sh.nodes[*parent-1].span.SpanContext().SpanID()) {
		leaf = parent
	}
	if leaf != nil {
		l.least = length(sh.nodes[*leaf-1].took)
	}
	return leaf
}

// holdsBelow reports whether a list has children of a span.
func (sh *gatherShard) holdsBelow(l *heldList, id trace.SpanID) bool {
	for n := l.head; n != 0; n = sh.nodes[n-1].next {
		if sh.nodes[n-1].parent == id {
			return true
		}
	}
	return false
}

// tookOf is a duration as a node has it, in nanoseconds: never 0, and negative for a span that has children.
func tookOf(d time.Duration, parent bool) float32 {
	if parent {
		return -float32(max(d, 1))
	}
	return float32(max(d, 1))
}

func length(took float32) float32 { return max(took, -took) }
