// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"sync"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

const (
	maxRecent  = 32               // kept requests whose late children are still expected
	lateWindow = 10 * time.Second // for how long
)

// kept is a request that is in the slow log and whose anatomy is not finished: because it has not been built, or because
// children may still come. It holds at most maxPerRequest spans.
type kept struct {
	root   sdktrace.ReadOnlySpan
	trace  trace.TraceID
	id     trace.SpanID
	entry  *entry
	status int
	d      time.Duration
	slow   bool // its spans are to be learned from
	unsure bool // the sampler may have left out children
	turn   uint64
	// rescuer got the root, if it was rescued, and has not been shut down; else nil
	rescuer atomic.Pointer[Processor]

	// The workbench's lock guards these.
	bytes           int64
	pending, ringed bool

	building sync.Mutex // one build at a time

	mu       sync.Mutex // guards all below; held for a few instructions
	children []sdktrace.ReadOnlySpan
	dropped  int
	// droppedTime is the sum of the durations of the dropped.
	droppedTime time.Duration
	dirty       bool // children, or a count of dropped ones, that are not in the anatomy yet
}

// add takes a late child in if there is room for it. It reports false for a span that descends from another root.
func (k *kept) add(w *workbench, g *gatherer, parent trace.SpanID, s sdktrace.ReadOnlySpan, call *entry) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.related(parent) {
		return false
	}
	k.dirty = true // the anatomy says how many it lacks, too
	if len(k.children) < maxPerRequest {
		n := weigh(s, s.Name(), s.Attributes(), s.Status(), s.SpanContext().TraceState())
		if n > maxSpanBytes {
			s, n = g.clip(s, call)
		}
		if w.grow(k, int64(n)) {
			k.children = append(k.children, s)
			return true
		}
		g.full.Add(1)
	} else {
		g.long.Add(1)
	}
	k.dropped++
	k.droppedTime += took(s)
	return true
}

func (k *kept) related(parent trace.SpanID) bool {
	if parent == k.id {
		return true
	}
	for _, c := range k.children {
		if c.SpanContext().SpanID() == parent {
			return true
		}
	}
	return false
}

// fresh returns the children if the anatomy does not know of all, and how many more there were, and how long these took together. Who calls it builds one.
func (k *kept) fresh() (children []sdktrace.ReadOnlySpan, dropped int, took time.Duration, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	ok, k.dirty = k.dirty, false
	return k.children, k.dropped, k.droppedTime, ok
}

// build makes the anatomy of a kept request and puts it into the slow log, if it is still in there. It reports false if there was
// nothing new.
func (c *core) build(k *kept, now time.Time) bool {
	k.building.Lock()
	defer k.building.Unlock()
	children, dropped, droppedTime, ok := k.fresh()
	if !ok {
		return false
	}
	spans := c.slowSpans(children)
	if k.slow {
		k.slow = false
		s := sample{entry: k.entry, root: k.root, kin: family{dropped: dropped}, slow: true, unsure: k.unsure, status: k.status, d: k.d}
		c.learn(&s, spans, 1, now)
	}
	if c.store.Has(k.trace, k.id) {
		c.store.ReplaceAnatomy(k.trace, k.id, slowlog.Build(c.slowSpan(k.root), spans, slowlog.BuildOptions{
			QueryText: c.cfg.queryText, Normal: k.entry.usual.normal(), Dropped: dropped, DroppedTime: droppedTime,
			Unrecorded: unrecorded(k.unsure, k.root, spans, dropped), UnrecordedBy: c.cfg.mode.cause(),
		}))
	}
	return true
}

// recents is a ring of the requests that were kept last. A child that ends asks filter, one word, whether its trace may be
// among them; only then the ring.
type recents struct {
	filter [4]atomic.Uint64 // bit by trace id; bits are cleared when the ring is rebuilt
	ring   [maxRecent]atomic.Pointer[kept]
	next   atomic.Uint32
}

func (r *recents) bit(id trace.TraceID) (*atomic.Uint64, uint64) {
	return &r.filter[id[14]&3], 1 << (id[13] & 63)
}

// add returns the request that k took the place of, nil for none.
func (r *recents) add(k *kept) *kept {
	old := r.ring[r.next.Add(1)%maxRecent].Swap(k)
	word, bit := r.bit(k.trace)
	word.Or(bit)
	return old
}

// oldest takes the oldest of those out that may go, nil if there is none.
func (r *recents) oldest(may func(*kept) bool) *kept {
	for i := range uint32(maxRecent) {
		slot := &r.ring[(r.next.Load()+1+i)%maxRecent]
		if k := slot.Load(); k != nil && may(k) {
			slot.Store(nil)
			return k
		}
	}
	return nil
}

// leave has late children go to a processor no more.
func (r *recents) leave(p *Processor) {
	for i := range r.ring {
		if k := r.ring[i].Load(); k != nil {
			k.rescuer.CompareAndSwap(p, nil)
		}
	}
}

// awaited returns the kept request that a late child belongs to, nil if nobody waits for it. It is asked only for traces whose bit is set.
func (c *core) awaited(parent *trace.SpanContext, s sdktrace.ReadOnlySpan, call *entry) *kept {
	r, id := &c.bench.recents, parent.TraceID()
	for i := range r.ring {
		if k := r.ring[i].Load(); k != nil && k.trace == id && k.add(&c.bench, &c.gather, parent.SpanID(), s, call) {
			return k
		}
	}
	return nil
}

// expire forgets requests that ended before t, and calls gone with each. Between clearing the filter and setting the bits of
// those that stay, a late child may be missed: it is then one that nobody waits for.
func (r *recents) expire(t time.Time, gone func(*kept)) {
	var words [4]uint64
	for i := range r.ring {
		k := r.ring[i].Load()
		if k == nil {
			continue
		}
		if k.root.EndTime().Before(t) {
			r.ring[i].Store(nil)
			gone(k)
			continue
		}
		words[k.trace[14]&3] |= 1 << (k.trace[13] & 63)
	}
	for i := range words {
		r.filter[i].Store(words[i])
	}
}
