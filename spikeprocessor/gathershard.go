// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"sync"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const (
	maxGone   = 16384 // lists without spans that all shards remember because they had to make room
	roomyTill = 256   // nodes and lists of a shard that need not be given back
)

type gatherShard struct {
	busy   atomic.Bool   // there have been lists since the last sweep found none; else a root has nothing to release
	oldest atomic.Uint64 // the age of the oldest list with spans; 0: there is none, or they are not ranked
	mask   atomic.Uint64 // a bit for each size class in which there are lists; 0 while they are not ranked

	mu     sync.Mutex // guards all below; held for a few dozen instructions
	traces traceIndex
	lists  []heldList
	nodes  []heldSpan
	list0  int32              // first free list, plus one
	node0  int32              // first free node, plus one
	last   int32              // the list that was found last, plus one: children of a request mostly follow each other
	live   chain              // lists with spans, the oldest first
	gone   chain              // lists that made room, the one that did longest ago first
	ranked bool               // oldest, mask and sizes are kept up to date
	sizes  [sizeClasses]chain // lists with spans, by size class
	spans  int64
	bytes  int64 // of the spans
	credit int64 // bytes that may be taken without asking
	sweep  uint32
	_      [64]byte // neighbours do not share a cache line
}

// heldList is what one trace has in a shard.
type heldList struct {
	trace       trace.TraceID
	parent      trace.SpanID // of all its spans, while mixed is not set
	head        int32        // plus one; newest first
	sameHash    int32        // see traceIndex
	count       int32
	dropped     int32
	least       float32 // duration of the shortest span that may be replaced, in nanoseconds; 0 is not known
	since       uint32  // the sweep after which its oldest span came, or an older one that is gone; of one that made room, when it did
	born        age
	bytes       int64
	droppedTime time.Duration // sum of the durations of the dropped
	links       [2]links
	class       uint8
	lost, gone  bool
	mixed       bool // there were spans with different parents
}

type heldSpan struct {
	span   sdktrace.ReadOnlySpan
	parent trace.SpanID
	bytes  int32
	next   int32   // plus one
	since  uint32  // the sweep after which it came
	took   float32 // see tookOf; 0 while nobody has asked
}

// hold takes a span in, or reports what others have to make room for. What is to be left out in any case counts as held.
func (sh *gatherShard) hold(g *gatherer, id trace.TraceID, h *heldSpan, c claim) (w want, held bool) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if !c.stands() {
		return w, true
	}
	h.since = sh.sweep
	if sh.holdPlain(g, id, h) {
		return w, true
	}
	w = want{long: sh.long(), bytes: int64(h.bytes)}
	li, known := sh.find(id)
	if known {
		l := &sh.lists[li]
		w.born, w.bytes = l.born, w.bytes+l.bytes
		switch {
		case l.gone:
			sh.drop(l, &g.full)
			l.droppedTime += took(h.span)
			return w, true
		case l.count >= maxPerRequest:
			g.long.Add(1)
			l.dropped++
			sh.replace(g, li, h)
			return w, true
		case w.bytes > freeShare && w.bytes > g.left()+sh.credit:
			if !g.ranked.Load() || w.young() && g.aged.Load() {
				return w, false
			}
			if !w.young() || !outweighs(uint8(g.top.Load()), w.bytes) {
				sh.drop(l, &g.full)
				sh.replace(g, li, h)
				return w, true
			}
		}
	} else {
		w.born = newAge(sh.sweep, g.clock.Load())
	}
	if sh.credit < int64(h.bytes) {
		more := g.grant(int64(h.bytes) - sh.credit)
		if more == 0 {
			return w, false
		}
		sh.credit += more
	}
	if !known {
		li = sh.newList(id, w.born)
	}
	sh.add(g, li, h)
	return w, true
}

// holdPlain takes a span of which nothing is to be asked: there is credit for it, and its request has the share of any other. It
// reports false if there is more to it.
func (sh *gatherShard) holdPlain(g *gatherer, id trace.TraceID, h *heldSpan) bool {
	n := int64(h.bytes)
	if sh.ranked || sh.credit < n {
		return false
	}
	li, known := sh.find(id)
	if !known {
		li = sh.newList(id, newAge(sh.sweep, g.clock.Load()))
	}
	l := &sh.lists[li]
	if l.gone || l.count >= maxPerRequest || l.bytes+n > freeShare {
		return false
	}
	sh.push(l, h)
	return true
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
		sh.replace(g, li, h)
	} else {
		g.full.Add(1)
	}
}

// add puts a span, for which there is credit, at the head of a list.
func (sh *gatherShard) add(g *gatherer, li int32, h *heldSpan) {
	sh.push(&sh.lists[li], h)
	sh.classify(g, li)
}

func (sh *gatherShard) push(l *heldList, h *heldSpan) {
	n := sh.newNode()
	h.next = l.head
	sh.nodes[n-1] = *h
	if l.head == 0 {
		l.parent, l.mixed = h.parent, false
	} else if h.parent != l.parent {
		l.mixed = true
	}
	l.head, l.least = n, 0
	l.count++
	l.bytes += int64(h.bytes)
	sh.spans++
	sh.bytes += int64(h.bytes)
	sh.credit -= int64(h.bytes)
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

// remove takes those spans out of a list that out chooses, and returns how many there were.
func (sh *gatherShard) remove(g *gatherer, li int32, out func(*heldSpan) bool) (removed int32) {
	l := &sh.lists[li]
	for link := &l.head; *link != 0; {
		n := *link
		node := &sh.nodes[n-1]
		if !out(node) {
			link = &node.next
			continue
		}
		*link = node.next
		l.bytes -= int64(node.bytes)
		sh.freeNode(n)
		removed++
	}
	l.count -= removed
	sh.classify(g, li)
	sh.giveBack(g)
	return removed
}

// detachAll takes all spans out of a list.
func (sh *gatherShard) detachAll(g *gatherer, li int32, collect *family) {
	l := &sh.lists[li]
	if l.head == 0 {
		return
	}
	last := &sh.nodes[l.head-1]
	for node := last; ; node = &sh.nodes[last.next-1] {
		if last = node; collect != nil {
			collect.add(node)
		}
		if node.span = nil; node.next == 0 {
			break
		}
	}
	last.next, sh.node0 = sh.node0, l.head // all at once
	sh.spans -= int64(l.count)
	sh.bytes -= l.bytes
	sh.credit += l.bytes
	l.head, l.count, l.bytes = 0, 0, 0
	sh.classify(g, li)
	sh.giveBack(g)
}

// detachKin takes the descendants of root out of a list: all of them where they are collected. Else, without allocating, those that two passes
// find: spans are newest first, so that mostly a parent comes before its children, and the second one finds those that outlived theirs.
func (sh *gatherShard) detachKin(g *gatherer, li int32, root trace.SpanID, collect *family) {
	if collect != nil {
		all, i := markKin(sh.relatives(li), root), 0
		sh.remove(g, li, func(node *heldSpan) bool {
			i++
			if all[i-1].kin {
				collect.add(node)
			}
			return all[i-1].kin
		})
		return
	}
	var kin kinship
	kin.add(root)
	if sh.detach(g, li, &kin) > 0 && kin.n > 1 {
		sh.detach(g, li, &kin)
	}
}

// relatives are the spans of a list, the newest first.
func (sh *gatherShard) relatives(li int32) (all []relative) {
	for n := sh.lists[li].head; n != 0; n = sh.nodes[n-1].next {
		all = append(all, relative{span: sh.nodes[n-1].span, parent: sh.nodes[n-1].parent})
	}
	return all
}

// detach takes the descendants that kin knows out of a list, and returns how many spans are left in it.
func (sh *gatherShard) detach(g *gatherer, li int32, kin *kinship) (left int32) {
	sh.remove(g, li, func(node *heldSpan) bool {
		if !kin.has(node.parent) {
			return false
		}
		kin.add(node.span.SpanContext().SpanID())
		return true
	})
	return sh.lists[li].count
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
	sh.give(g, li, func(*heldSpan) bool { return true })
	l.gone, l.since = true, sh.sweep
	sh.unlink(&sh.live, byAge, li)
	sh.link(&sh.gone, byAge, li)
	if int(sh.gone.n) > maxGone/len(g.shards) {
		sh.freeList(sh.gone.first - 1)
	}
	return true
}

// give lets those spans of a list go that out chooses, for the sake of other requests.
func (sh *gatherShard) give(g *gatherer, li int32, out func(*heldSpan) bool) {
	l := &sh.lists[li]
	n := sh.remove(g, li, func(node *heldSpan) bool {
		if !out(node) {
			return false
		}
		l.droppedTime += took(node.span)
		return true
	})
	l.dropped += n
	l.lost = true
	g.evicted.Add(uint64(n))
}

func roomy(size, used int) bool { return size > roomyTill && used < size/4 }

// clear lets everything go.
func (sh *gatherShard) clear(g *gatherer) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	g.used.Add(-sh.bytes - sh.credit)
	sh.traces.heads, sh.lists, sh.nodes = nil, nil, nil
	sh.list0, sh.node0, sh.last, sh.spans, sh.bytes, sh.credit = 0, 0, 0, 0, 0, 0
	sh.live, sh.gone, sh.sizes = chain{}, chain{}, [sizeClasses]chain{}
	sh.busy.Store(false)
	sh.oldest.Store(0)
	sh.mask.Store(0)
}
