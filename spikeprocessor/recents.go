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
	maxRecent  = 32               // kept requests whose late children are still expected
	lateWindow = 10 * time.Second // for how long
)

// kept is a request that is in the slow log and whose anatomy is not finished: because it has not been built, or because
// children may still come. It holds at most maxPerRequest snapshots.
type kept struct {
	root  sdktrace.ReadOnlySpan
	trace trace.TraceID
	id    trace.SpanID
	entry *entry
	// rescuer got the root, if it was rescued, and has not been shut down; else nil
	rescuer atomic.Pointer[Processor]

	mu       sync.Mutex // guards all below
	children []sdktrace.ReadOnlySpan
	dropped  int
	dirty    bool // children that are not in the anatomy yet
}

// add takes a late child in if there is room for it. It reports false for a span that descends from another root.
func (k *kept) add(s sdktrace.ReadOnlySpan, parent trace.SpanID) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.related(parent) {
		return false
	}
	if len(k.children) >= maxPerRequest {
		k.dropped++
		return true
	}
	k.children = append(k.children, s)
	k.dirty = true
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

func (r *recents) add(k *kept) {
	r.ring[r.next.Add(1)%maxRecent].Store(k)
	word, bit := r.bit(k.trace)
	word.Or(bit)
}

// find returns the kept request that a late child belongs to.
func (r *recents) find(id trace.TraceID, parent trace.SpanID, s sdktrace.ReadOnlySpan) *kept {
	if word, bit := r.bit(id); word.Load()&bit == 0 {
		return nil
	}
	for i := range r.ring {
		if k := r.ring[i].Load(); k != nil && k.trace == id && k.add(s, parent) {
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

// expire forgets requests that ended before t. Between clearing the filter and setting the bits of those that stay, a late child
// may be missed: it is then one that nobody waits for.
func (r *recents) expire(t time.Time) {
	var words [4]uint64
	for i := range r.ring {
		k := r.ring[i].Load()
		if k == nil {
			continue
		}
		if k.root.EndTime().Before(t) && r.ring[i].CompareAndSwap(k, nil) {
			continue
		}
		words[k.trace[14]&3] |= 1 << (k.trace[13] & 63)
	}
	for i := range words {
		r.filter[i].Store(words[i])
	}
}
