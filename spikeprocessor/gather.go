// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Bounds of the child spans that are held until their local root ends.
const (
	maxHeldBytes  = 8 << 20 // in the process; a span counts at least minSpanBytes, so these are at most 8192 spans
	maxPerRequest = 256
	freeShare     = 16 << 10 // bytes that every request may hold; beyond, no more than is left for others
	gatherShards  = 64       // at most
	creditBytes   = 32 << 10 // what a shard asks for at a time
	maxRounds     = 32       // how often a span that finds no room has others make some, before it is left out
	staleSweeps   = 60       // a span whose request is not known to run is let go after so many sweeps, one a second
	longSweeps    = 10       // a list that is older makes room for any other
)

// gatherer holds ended child spans by trace until their local root ends. In the process they take at most maxHeldBytes, by
// [weigh]; a heavy span is held as a clipped copy. Of the requests of one trace that run at a time they are at most maxPerRequest, and those of the requests that have
// most, above freeShare, at most as many bytes as are left for others, so n requests that want all get 1/(n+1) of it each.
//
// Of a request that has more the longest are held, and what is between them and its root.
//
// Where that is not enough, requests that have been there for longer than ten seconds make room, the oldest first, and hold nothing
// any more: those are streams, consumers' loops, and spans that ended after their root. At most 16384 of them are remembered,
// in 2 MiB. Where there are none, whoever has clearly more than the one that asks gives up an eighth of it, calls
// before what they are below of; and where nobody has, the oldest of any age makes room for one that has less than freeShare. All that
// is left out is counted.
//
// A child costs one short lock of a shard, which spans of other traces share by chance only, and no allocation once the
// shard's memory is warm. There are at least four shards to each CPU, a power of two, and not many more: few are in a core's cache, where
// many are not. Shards take bytes from the common bound a batch at a time, and keep some back; only when the bound has been reached they
// account for each span, what others had kept back is collected first, and lists are ranked by age and size, to find who makes room.
//
// Invariant: a node is in the list of one trace, in a shard's free list, or owned by the goroutine that detached it; used is
// the sum of what the shards were granted, and that is at least the weight of their spans.
type gatherer struct {
	used    atomic.Int64  // bytes granted to shards, maxHeldBytes at most
	clock   atomic.Uint32 // moves on as bytes are granted: the age of lists within a second
	aged    atomic.Bool   // at the last sweep there were lists older than longSweeps
	warm    atomic.Bool   // false: nothing has been held since the last sweep found nothing
	top     atomic.Uint32 // the size class of the largest list, or of one that was larger
	pressed atomic.Bool   // the bound was reached: shards keep nothing back
	ranked  atomic.Bool   // all shards have ranked their lists since then
	full    atomic.Uint64
	long    atomic.Uint64
	stale   atomic.Uint64
	evicted atomic.Uint64
	clipped atomic.Uint64
	below   atomic.Pointer[overdue] // what the last sweep found below requests that run
	late    bool                    // there are spans older than staleSweeps; for tidy alone
	rankMu  sync.Mutex              // held by who sets pressed and ranked
	_       [64]byte
	shards  []gatherShard // a power of two
}

// init makes the shards, for the CPUs that there are now.
func (g *gatherer) init() {
	n := 4
	for n < 4*runtime.GOMAXPROCS(0) && n < gatherShards {
		n *= 2
	}
	g.shards = make([]gatherShard, n)
	for i := range g.shards {
		g.shards[i].traces.seed()
	}
}

func (g *gatherer) shard(id trace.TraceID) *gatherShard {
	return &g.shards[int(id[15])&(len(g.shards)-1)]
}

// has reports whether spans of a trace may be held, or were.
func (g *gatherer) has(id trace.TraceID) bool { return g.shard(id).busy.Load() }

// warmUp follows what puts a list into a shard: tidy cools down first, and looks at the shards then.
func (g *gatherer) warmUp() {
	if !g.warm.Load() {
		g.warm.Store(true)
	}
}

// hold keeps a child of n bytes until its root ends, if the claim stands. call is the row that it was counted in, nil for none or where
// it is too light to matter.
func (g *gatherer) hold(parent *trace.SpanContext, s sdktrace.ReadOnlySpan, n int, call *entry, c claim) {
	id := parent.TraceID()
	if n > maxSpanBytes {
		s, n = g.clip(s, call)
	}
	h := heldSpan{span: s, parent: parent.SpanID(), bytes: int32(n)}
	sh := g.shard(id)
	if w, held := sh.hold(g, id, &h, c); !held {
		g.squeezeIn(sh, id, &h, c, w)
	}
	g.warmUp()
}

// squeezeIn holds a span that found no room at first, if others make some.
func (g *gatherer) squeezeIn(sh *gatherShard, id trace.TraceID, h *heldSpan, c claim, w want) {
	for range maxRounds {
		if !g.makeRoom(id, w) {
			break
		}
		var held bool
		if w, held = sh.hold(g, id, h, c); held {
			return
		}
	}
	sh.refuse(g, id, h)
}

// clip returns a lighter copy of a span, and its weight.
func (g *gatherer) clip(s sdktrace.ReadOnlySpan, call *entry) (sdktrace.ReadOnlySpan, int) {
	g.clipped.Add(1)
	c := clip(s)
	if call != nil {
		c.dependency = call.endpoint.Route
	}
	return c, int(c.weight())
}

// grant gives a shard n bytes, and some more while there are enough; 0 if there are not.
func (g *gatherer) grant(n int64) int64 {
	g.clock.Add(1)
	if !g.pressed.Load() {
		if more := n + creditBytes; g.used.Add(more) <= maxHeldBytes {
			return more
		}
		g.used.Add(-n - creditBytes)
	}
	if g.used.Add(n) <= maxHeldBytes {
		return n
	}
	g.used.Add(-n)
	return 0
}

// left is how many bytes nobody has.
func (g *gatherer) left() int64 { return maxHeldBytes - g.used.Load() }

// want is what a span that finds no room asks for.
type want struct {
	born  age   // of its list
	long  age   // that of the youngest list that makes room for any other
	bytes int64 // what its list would have
}

func (w want) young() bool { return w.born > w.long }

// makeRoom takes back what shards have to spare, else has another list let spans go: the oldest of the process if that makes room for
// any other, else a larger one, else the oldest all the same. It reports false if there is none that has to.
func (g *gatherer) makeRoom(id trace.TraceID, w want) bool {
	if !g.ranked.Load() {
		g.press()
		return true
	}
	var first, largest *gatherShard
	var oldest age
	var most, top = uint8(0), g.top.Load()
	for i := range g.shards {
		sh := &g.shards[(int(id[14])+i)&(len(g.shards)-1)]
		if at := age(sh.oldest.Load()); at != 0 && (first == nil || at < oldest) {
			first, oldest = sh, at
		}
		if class := sh.largest(); class > most {
			largest, most = sh, class
		}
	}
	if first != nil && oldest <= min(w.born, w.long) {
		return first.evict(g, id)
	}
	g.top.CompareAndSwap(top, uint32(most))
	if w.young() {
		g.aged.Store(false) // those there were have made room
		if largest != nil && outweighs(most, w.bytes) {
			return largest.shrink(g, id, w.bytes)
		}
	}
	return w.bytes <= freeShare && first != nil && oldest <= w.born && first.evict(g, id)
}

// press takes back what shards have to spare, and has them rank their lists.
func (g *gatherer) press() {
	g.rankMu.Lock()
	defer g.rankMu.Unlock()
	g.pressed.Store(true)
	for i := range g.shards {
		g.shards[i].press(g)
	}
	g.ranked.Store(true)
}

// relax ends what press began.
func (g *gatherer) relax() {
	g.rankMu.Lock()
	defer g.rankMu.Unlock()
	g.ranked.Store(false)
	g.pressed.Store(false)
	for i := range g.shards {
		g.shards[i].relax()
	}
}

// age orders lists by when they were made: seconds, as sweeps, and within one by the gatherer's clock. It is never 0.
type age uint64

func newAge(sweep, clock uint32) age { return age(sweep)<<32 | age(max(clock, 1)) }

// family is what a local root leaves behind: its descendants that have ended, oldest last, what they weigh, and how many more
// there were; lost is whether any of these was left out for the sake of other requests.
type family struct {
	spans   []sdktrace.ReadOnlySpan
	bytes   int64
	dropped int
	lost    bool
	// droppedTime is the sum of the durations of those.
	droppedTime time.Duration
}

func (f *family) add(h *heldSpan) {
	f.spans = append(f.spans, h.span)
	f.bytes += int64(h.bytes)
}

// release lets the descendants of a root go. If collect is not nil they are appended to it. Spans of the trace that
// descend from another local root stay. It allocates only in collect.
func (g *gatherer) release(traceID trace.TraceID, root trace.SpanID, collect *family) {
	sh := g.shard(traceID)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	li, ok := sh.find(traceID)
	if !ok {
		return
	}
	if l := &sh.lists[li]; !l.mixed && (l.head == 0 || l.parent == root) { // then none need be asked for its own id
		sh.detachAll(g, li, collect)
	} else {
		sh.detachKin(g, li, root, collect)
	}
	l := &sh.lists[li]
	if collect != nil {
		collect.dropped += int(l.dropped)
		collect.droppedTime += l.droppedTime
		collect.lost = collect.lost || l.lost
	}
	l.dropped, l.droppedTime, l.lost = 0, 0, l.lost || l.dropped > 0 // whoever collects the rest has lost some, too
	if l.head == 0 {
		sh.freeList(li)
	}
}

// releaseAll lets all spans of a trace go.
func (g *gatherer) releaseAll(id trace.TraceID) {
	sh := g.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if li, ok := sh.find(id); ok {
		sh.detachAll(g, li, nil)
		sh.freeList(li)
	}
}

// find returns the spans of a trace that are held.
func (g *gatherer) find(id trace.TraceID) []relative {
	sh := g.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if li, ok := sh.find(id); ok {
		return sh.relatives(li)
	}
	return nil
}

// count returns how many spans are held, and what they weigh.
func (g *gatherer) count() (spans, bytes int64) {
	for i := range g.shards {
		sh := &g.shards[i]
		sh.mu.Lock()
		spans, bytes = spans+sh.spans, bytes+sh.bytes
		sh.mu.Unlock()
	}
	return spans, bytes
}

// clear lets everything go.
func (g *gatherer) clear() {
	for i := range g.shards {
		g.shards[i].clear(g)
	}
}
