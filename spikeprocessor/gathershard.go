// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"sync"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const (
	maxGone   = 256 // lists without spans that a shard remembers because they had to make room
	roomyTill = 256 // nodes and lists of a shard that need not be given back
)

type gatherShard struct {
	busy   atomic.Int32  // lists; a root that finds none has nothing to release
	oldest atomic.Uint64 // the age of the oldest list with spans; 0: there is none

	mu     sync.Mutex // guards all below; held for a few dozen instructions
	traces map[trace.TraceID]int32
	lists  []heldList
	nodes  []heldSpan
	list0  int32 // first free list, plus one
	node0  int32 // first free node, plus one
	last   int32 // the list that was found last, plus one: children of a request mostly follow each other
	live   chain // lists with spans, the oldest first
	gone   chain // lists that made room, the one that did longest ago first
	spans  int64
	bytes  int64 // of the spans
	credit int64 // bytes that may be taken without asking
	sweep  uint32
	_      [24]byte // neighbours do not share a cache line
}

// heldList is what one trace has in a shard.
type heldList struct {
	trace      trace.TraceID
	head       int32 // plus one; newest first
	count      int32
	dropped    int32
	touched    uint32
	born       age
	bytes      int64
	prev, next int32 // in a chain, plus one; next is that of the free lists too
	lost, gone bool
}

type heldSpan struct {
	span       sdktrace.ReadOnlySpan
	id, parent trace.SpanID
	bytes      int32
	next       int32 // plus one
}

// hold takes a span in, or reports that others have to make room, those that are no younger than born. What is to be left out
// in any case counts as held.
func (sh *gatherShard) hold(g *gatherer, id trace.TraceID, h *heldSpan) (born age, held bool) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	li, known := sh.find(id)
	if known {
		l := &sh.lists[li]
		l.touched, born = sh.sweep, l.born
		after := l.bytes + int64(h.bytes)
		switch {
		case l.gone:
			sh.drop(l, &g.full)
			return 0, true
		case l.count >= maxPerRequest:
			g.long.Add(1)
			l.dropped++
			sh.replaceLeaf(l, h)
			return 0, true
		case after > freeShare && after > g.left()+sh.credit:
			if long := sh.long(); l.born > long && g.aged.Load() || !g.pressed.Load() {
				return long, false
			}
			sh.drop(l, &g.full)
			sh.replaceLeaf(l, h)
			return 0, true
		}
	} else {
		born = newAge(sh.sweep, g.clock.Load())
	}
	if sh.credit < int64(h.bytes) {
		more := g.grant(int64(h.bytes) - sh.credit)
		if more == 0 {
			return born, false
		}
		sh.credit += more
	}
	if !known {
		li = sh.newList(id, born)
	}
	sh.add(&sh.lists[li], h)
	return 0, true
}

// long is the age of the youngest list that makes room for any other.
func (sh *gatherShard) long() age { return newAge(max(sh.sweep, longSweeps)-longSweeps, 0) }

// drop counts a span that is left out for the sake of other requests.
func (sh *gatherShard) drop(l *heldList, counter *atomic.Uint64) {
	counter.Add(1)
	l.dropped++
	l.lost = true
}

// refuse counts a span for which nobody made room.
func (sh *gatherShard) refuse(g *gatherer, id trace.TraceID, h *heldSpan) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if li, ok := sh.find(id); ok {
		sh.drop(&sh.lists[li], &g.full)
		sh.replaceLeaf(&sh.lists[li], h)
	} else {
		g.full.Add(1)
	}
}

// add puts a span, for which there is credit, at the head of a list.
func (sh *gatherShard) add(l *heldList, h *heldSpan) {
	n := sh.newNode()
	h.next = l.head
	sh.nodes[n-1] = *h
	l.head = n
	l.count++
	l.bytes += int64(h.bytes)
	sh.spans++
	sh.bytes += int64(h.bytes)
	sh.credit -= int64(h.bytes)
}

// replaceLeaf puts a span that has children in the place of one that has none and weighs no less: without it, all below it
// would be orphans. Parents end after their children, so first come, first served would lose just them.
func (sh *gatherShard) replaceLeaf(l *heldList, h *heldSpan) {
	if h.span.ChildSpanCount() == 0 {
		return
	}
	for n := l.head; n != 0; n = sh.nodes[n-1].next {
		if old := &sh.nodes[n-1]; old.bytes >= h.bytes && old.span.ChildSpanCount() == 0 {
			less := int64(old.bytes - h.bytes)
			l.bytes -= less
			sh.bytes -= less
			sh.credit += less
			h.next = old.next
			*old = *h
			return
		}
	}
}

func (sh *gatherShard) newNode() int32 {
	if n := sh.node0; n != 0 {
		sh.node0 = sh.nodes[n-1].next
		return n
	}
	sh.nodes = append(sh.nodes, heldSpan{})
	return int32(len(sh.nodes))
}

// freeNode gives node n, a number plus one, back. Its weight becomes credit.
func (sh *gatherShard) freeNode(n int32) {
	freed := int64(sh.nodes[n-1].bytes)
	sh.nodes[n-1] = heldSpan{next: sh.node0}
	sh.node0 = n
	sh.spans--
	sh.bytes -= freed
	sh.credit += freed
}

// giveBack returns credit that the shard has no need of.
func (sh *gatherShard) giveBack(g *gatherer) {
	keep := int64(creditBytes)
	if g.pressed.Load() {
		keep = 0
	} else if sh.credit <= 2*creditBytes {
		return
	}
	if spare := sh.credit - keep; spare > 0 {
		sh.credit = keep
		g.used.Add(-spare)
	}
}

// detach takes the descendants that kin knows out of a list, and returns how many spans are left in it.
func (sh *gatherShard) detach(g *gatherer, li int32, kin *kinship, collect *family) (left int32) {
	l := &sh.lists[li]
	link := &l.head
	for n := *link; n != 0; {
		node := &sh.nodes[n-1]
		next := node.next
		if kin.has(node.parent) {
			kin.add(node.id)
			l.bytes -= int64(node.bytes)
			if collect != nil {
				collect.spans = append(collect.spans, node.span)
				collect.bytes += int64(node.bytes)
			}
			*link = next
			sh.freeNode(n)
		} else {
			left++
			link = &node.next
		}
		n = next
	}
	l.count = left
	sh.giveBack(g)
	return left
}

// evict lets the spans of the oldest list go, unless it is that of the trace own. The list stays, and holds nothing any more.
func (sh *gatherShard) evict(g *gatherer, own trace.TraceID) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	li := sh.live.first - 1
	if li < 0 {
		return true // somebody else was faster: look again
	}
	l := &sh.lists[li]
	if l.trace == own {
		return false
	}
	g.evicted.Add(uint64(l.count))
	l.dropped += l.count
	l.lost, l.gone = true, true
	sh.empty(g, l)
	sh.unlink(&sh.live, li)
	sh.link(&sh.gone, li)
	if sh.gone.n > maxGone {
		sh.freeList(sh.lists[sh.gone.first-1].trace, sh.gone.first-1)
	}
	return true
}

// empty lets the spans of a list go.
func (sh *gatherShard) empty(g *gatherer, l *heldList) {
	for n := l.head; n != 0; {
		next := sh.nodes[n-1].next
		sh.freeNode(n)
		n = next
	}
	l.head, l.count, l.bytes = 0, 0, 0
	sh.giveBack(g)
}

// tidy lets lists go that nobody touched for a while, and memory that only a burst needed. It reports whether there are lists that
// make room for any other.
func (sh *gatherShard) tidy(g *gatherer) (aged bool) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.sweep++
	for id, li := range sh.traces {
		l := &sh.lists[li]
		if sh.sweep-l.touched < staleSweeps {
			continue
		}
		g.stale.Add(uint64(l.count))
		sh.empty(g, l)
		sh.freeList(id, li)
	}
	if roomy(len(sh.nodes), int(sh.spans)) || roomy(len(sh.lists), len(sh.traces)) {
		sh.rebuild()
	}
	oldest := age(sh.oldest.Load())
	return oldest != 0 && oldest <= sh.long()
}

func roomy(size, used int) bool { return size > roomyTill && used < size/4 }

// clear lets everything go.
func (sh *gatherShard) clear(g *gatherer) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	g.used.Add(-sh.bytes - sh.credit)
	sh.traces, sh.lists, sh.nodes = nil, nil, nil
	sh.list0, sh.node0, sh.last, sh.spans, sh.bytes, sh.credit = 0, 0, 0, 0, 0, 0
	sh.live, sh.gone = chain{}, chain{}
	sh.busy.Store(0)
	sh.oldest.Store(0)
}
