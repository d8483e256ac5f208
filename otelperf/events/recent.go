// SPDX-License-Identifier: Apache-2.0

package events

import (
	"iter"
	"sync"
)

const maxRecentBytes = 4 << 20

// recent is a ring of the last accepted events, bounded in number and in bytes.
type recent struct {
	mu    sync.Mutex // guards what follows
	ring  []*entry
	next  int // where the next one goes
	count int
	bytes int
}

func newRecent(size int) *recent { return &recent{ring: make([]*entry, size)} }

func (r *recent) add(e *entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.count == len(r.ring) {
		r.evictLocked()
	}
	r.ring[r.next] = e
	r.next = (r.next + 1) % len(r.ring)
	r.count++
	r.bytes += e.size
	for r.bytes > maxRecentBytes && r.count > 1 {
		r.evictLocked()
	}
}

func (r *recent) evictLocked() {
	oldest := (r.next - r.count + len(r.ring)) % len(r.ring)
	r.bytes -= r.ring[oldest].size
	r.ring[oldest] = nil
	r.count--
}

// newestFirst iterates over what the ring holds at the call.
func (r *recent) newestFirst() iter.Seq[*entry] {
	r.mu.Lock()
	defer r.mu.Unlock()
	snapshot := make([]*entry, 0, r.count)
	for i := range r.count {
		snapshot = append(snapshot, r.ring[(r.next-1-i+len(r.ring))%len(r.ring)])
	}
	return func(yield func(*entry) bool) {
		for _, e := range snapshot {
			if !yield(e) {
				return
			}
		}
	}
}
