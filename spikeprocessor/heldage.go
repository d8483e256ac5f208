// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"time"

	"go.opentelemetry.io/otel/trace"
)

// above is the request of a trace that has been running longest.
type above struct {
	running
	age    time.Duration
	server bool // after a minute that is a stream
}

// overdue is what one sweep found below requests that have been running for more than a minute and are not streams.
type overdue struct {
	spans, most int64 // spans that have ended, held or left out; those of the request that has most of them
	name        string
	root        *above
}

func (o *overdue) add(r *above, n int64) {
	o.spans += n
	if n > o.most {
		o.most, o.root = n, r
	}
}

// tidyHeld is to be called once a second. It lets go of spans for which no request has ended within a minute, unless one of their trace
// has been running since before them, for an hour at most.
func (c *core) tidyHeld(now time.Time) {
	if c.log.holding() {
		c.log.tidy()
	}
	var running map[trace.TraceID]*above
	if c.gather.late {
		running = c.longest(now)
	}
	found := c.gather.tidy(running)
	if found.root != nil {
		found.name = found.root.name()
	}
	found.root = nil // it need not live for as long as this is read
	c.gather.below.Store(&found)
}

// longest returns the request of each trace that has been running longest, of those that began within an hour.
func (c *core) longest(now time.Time) map[trace.TraceID]*above {
	found := map[trace.TraceID]*above{}
	if c.running == nil {
		return found
	}
	for _, r := range c.running.all() {
		id, age := r.root.SpanContext().TraceID(), max(now.Sub(r.start), 0)
		if age <= longAge && (found[id] == nil || r.start.Before(found[id].start)) {
			found[id] = &above{r, age, r.root.SpanKind() == trace.SpanKindServer}
		}
	}
	return found
}

// tidy lets go of what is too old. running are the requests that run by trace; nil: nobody has looked, and the next sweep will.
func (g *gatherer) tidy(running map[trace.TraceID]*above) (found overdue) {
	aged, top := false, uint8(0)
	g.late = false
	g.warm.Store(false)
	for i := range g.shards {
		sh := &g.shards[i]
		aged = sh.tidy(g, running, &found) || aged
		if sh.busy.Load() {
			g.warmUp()
		}
		top = max(top, sh.largest())
	}
	g.aged.Store(aged)
	g.top.Store(uint32(top))
	if g.pressed.Load() && g.left() > maxHeldBytes/4 {
		g.relax()
	}
	return found
}

// tidy lets go of spans that are too old, and of memory that only a burst needed. It reports whether there are lists that make room
// for any other.
func (sh *gatherShard) tidy(g *gatherer, running map[trace.TraceID]*above, found *overdue) (aged bool) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.sweep++
	for _, li := range sh.all() {
		id := sh.lists[li].trace
		if sh.sweep-sh.lists[li].since < staleSweeps {
			continue
		}
		g.late = true
		if running == nil {
			continue
		}
		r, limit := running[id], uint32(staleSweeps)
		if r != nil {
			limit = max(limit, uint32(r.age/time.Second)+2) // what is older is not below it
		}
		sh.expire(g, li, limit)
		if l := &sh.lists[li]; l.head == 0 && (!l.gone || sh.sweep-l.since >= limit) {
			sh.freeList(li)
		} else if r != nil && !r.server && r.age >= leakAge {
			found.add(r, int64(l.count)+int64(l.dropped))
		}
	}
	if roomy(len(sh.nodes), int(sh.spans)) || roomy(len(sh.lists), int(sh.live.n+sh.gone.n)) {
		sh.rebuild(g)
	}
	if busy := sh.live.n+sh.gone.n > 0; sh.busy.Load() != busy {
		sh.busy.Store(busy)
	}
	return sh.live.first != 0 && sh.lists[sh.live.first-1].born <= sh.long()
}

// expire lets go of the spans of a list that came so many sweeps ago.
func (sh *gatherShard) expire(g *gatherer, li int32, limit uint32) {
	if sh.lists[li].gone {
		return
	}
	since := sh.sweep
	n := sh.remove(g, li, func(node *heldSpan) bool {
		if sh.sweep-node.since >= limit {
			return true
		}
		since = min(since, node.since)
		return false
	})
	l := &sh.lists[li]
	l.since = since
	l.dropped += n
	g.stale.Add(uint64(n))
}
