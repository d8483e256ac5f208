// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"sync"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Bounds of the child spans that are held until their local root ends.
const (
	maxHeld       = 8192 // in the process; a snapshot takes about 1 KB
	maxPerRequest = 256
	gatherShards  = 64
	creditBatch   = 32
	staleSweeps   = 60 // a list that nobody touched for so many sweeps, one a second, is let go
)

// gatherer holds ended child spans by trace until their local root ends: at most maxHeld in the process and
// maxPerRequest in a request; what is beyond is counted. A child costs one short lock of a shard, which spans of other
// traces share by chance only, and no allocation once the shard's memory is warm.
//
// Invariant: a node is in the list of one trace, in a shard's free list, or owned by the goroutine that detached it;
// held is at least the number of nodes that are not free.
type gatherer struct {
	held   atomic.Int64 // credits given to shards, maxHeld at most; every request reads it
	full   atomic.Uint64
	long   atomic.Uint64
	stale  atomic.Uint64
	_      [32]byte
	shards [gatherShards]gatherShard
}

type gatherShard struct {
	mu     sync.Mutex // guards all below; held for a few dozen instructions
	traces map[trace.TraceID]int32
	lists  []heldList
	nodes  []heldSpan
	list0  int32 // first free list, plus one
	node0  int32 // first free node, plus one
	credit int32 // nodes that may be taken without asking
	sweep  uint32
	_      [40]byte // neighbours do not share a cache line
}

// heldList is what one trace has in a shard.
type heldList struct {
	head    int32 // plus one; newest first
	count   int32
	dropped int32
	touched uint32
}

type heldSpan struct {
	span       sdktrace.ReadOnlySpan
	id, parent trace.SpanID
	next       int32 // plus one
}

func (g *gatherer) shard(id trace.TraceID) *gatherShard { return &g.shards[id[15]%gatherShards] }

// hold keeps a child until its root ends.
func (g *gatherer) hold(traceID trace.TraceID, id, parent trace.SpanID, s sdktrace.ReadOnlySpan) {
	sh := g.shard(traceID)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	li, ok := sh.traces[traceID]
	if !ok {
		li = sh.newList(traceID)
	}
	l := &sh.lists[li]
	l.touched = sh.sweep
	if l.count >= maxPerRequest {
		g.long.Add(1)
		l.dropped++
		sh.replaceLeaf(l, heldSpan{span: s, id: id, parent: parent})
		return
	}
	n := sh.newNode(g)
	if n == 0 {
		g.full.Add(1)
		l.dropped++
		return
	}
	sh.nodes[n-1] = heldSpan{span: s, id: id, parent: parent, next: l.head}
	l.head = n
	l.count++
}

// replaceLeaf puts a span that has children in the place of one that has none: without it, all below it would be
// orphans. Parents end after their children, so first come, first served would lose just them.
func (sh *gatherShard) replaceLeaf(l *heldList, h heldSpan) {
	if h.span.ChildSpanCount() == 0 {
		return
	}
	for n := l.head; n != 0; n = sh.nodes[n-1].next {
		if old := &sh.nodes[n-1]; old.span.ChildSpanCount() == 0 {
			h.next = old.next
			*old = h
			return
		}
	}
}

func (sh *gatherShard) newList(id trace.TraceID) int32 {
	if sh.traces == nil {
		sh.traces = make(map[trace.TraceID]int32)
	}
	li := sh.list0 - 1
	if li >= 0 {
		sh.list0 = sh.lists[li].head
	} else {
		li = int32(len(sh.lists))
		sh.lists = append(sh.lists, heldList{})
	}
	sh.lists[li] = heldList{}
	sh.traces[id] = li
	return li
}

// newNode returns the number of a free node plus one, 0 at the bound.
func (sh *gatherShard) newNode(g *gatherer) int32 {
	if sh.credit == 0 {
		if g.held.Add(creditBatch) > maxHeld {
			g.held.Add(-creditBatch)
			return 0
		}
		sh.credit = creditBatch
	}
	sh.credit--
	if n := sh.node0; n != 0 {
		sh.node0 = sh.nodes[n-1].next
		return n
	}
	sh.nodes = append(sh.nodes, heldSpan{})
	return int32(len(sh.nodes))
}

// freeNode gives node n, a number plus one, back.
func (sh *gatherShard) freeNode(g *gatherer, n int32) {
	sh.nodes[n-1] = heldSpan{next: sh.node0}
	sh.node0 = n
	if sh.credit++; sh.credit >= 3*creditBatch {
		sh.credit -= 2 * creditBatch
		g.held.Add(-2 * creditBatch)
	}
}

func (sh *gatherShard) freeList(id trace.TraceID, li int32) {
	delete(sh.traces, id)
	sh.lists[li] = heldList{head: sh.list0}
	sh.list0 = li + 1
}

// family is what a local root leaves behind: its descendants that have ended, oldest last, and how many more there were.
type family struct {
	spans   []sdktrace.ReadOnlySpan
	dropped int
}

// release lets the descendants of a root go. If collect is not nil they are appended to it. Spans of the trace that
// descend from another local root stay. It allocates only in collect.
func (g *gatherer) release(traceID trace.TraceID, root trace.SpanID, collect *family) {
	sh := g.shard(traceID)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	li, ok := sh.traces[traceID]
	if !ok {
		return
	}
	var kin kinship
	kin.add(root)
	// Newest first, so that mostly a parent comes before its children. A second pass finds those that outlived theirs.
	if sh.detach(g, li, &kin, collect) > 0 && kin.n > 1 {
		sh.detach(g, li, &kin, collect)
	}
	l := &sh.lists[li]
	if collect != nil {
		collect.dropped += int(l.dropped)
	}
	l.dropped = 0
	if l.head == 0 {
		sh.freeList(traceID, li)
	}
}

// detach takes the descendants that kin knows out of a list, and returns how many spans are left in it.
func (sh *gatherShard) detach(g *gatherer, li int32, kin *kinship, collect *family) (left int32) {
	link := &sh.lists[li].head
	for n := *link; n != 0; {
		node := &sh.nodes[n-1]
		next := node.next
		if kin.has(node.parent) {
			kin.add(node.id)
			if collect != nil {
				collect.spans = append(collect.spans, node.span)
			}
			*link = next
			sh.freeNode(g, n)
		} else {
			left++
			link = &node.next
		}
		n = next
	}
	sh.lists[li].count = left
	return left
}

// kinship is a small set of span ids that are known to descend from a root. Beyond its size it forgets the oldest, which only
// ever means that a span is taken for a stranger and swept later.
type kinship struct {
	ids  [maxPerRequest + 1]trace.SpanID
	n    int
	last trace.SpanID // found last
}

func (k *kinship) add(id trace.SpanID) {
	if k.n < len(k.ids) {
		k.ids[k.n] = id
		k.n++
	}
}

func (k *kinship) has(id trace.SpanID) bool {
	if id == k.last {
		return true
	}
	for i := k.n - 1; i >= 0; i-- {
		if k.ids[i] == id {
			k.last = id
			return true
		}
	}
	return false
}

// tidy is to be called once a second. It lets go of spans whose root has not ended for a minute after the last of
// them: it runs for ever, or ended before them.
func (g *gatherer) tidy() {
	for i := range g.shards {
		sh := &g.shards[i]
		sh.mu.Lock()
		sh.sweep++
		for id, li := range sh.traces {
			l := &sh.lists[li]
			if sh.sweep-l.touched < staleSweeps {
				continue
			}
			for n := l.head; n != 0; {
				next := sh.nodes[n-1].next
				sh.freeNode(g, n)
				g.stale.Add(1)
				n = next
			}
			sh.freeList(id, li)
		}
		sh.mu.Unlock()
	}
}

// clear lets everything go.
func (g *gatherer) clear() {
	for i := range g.shards {
		sh := &g.shards[i]
		sh.mu.Lock()
		credits := sh.credit
		for _, li := range sh.traces {
			credits += sh.lists[li].count
		}
		g.held.Add(-int64(credits))
		sh.traces, sh.lists, sh.nodes = nil, nil, nil
		sh.list0, sh.node0, sh.credit = 0, 0, 0
		sh.mu.Unlock()
	}
}
