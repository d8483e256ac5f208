// SPDX-License-Identifier: Apache-2.0

package events

import (
	"hash/maphash"
	"sync"
)

// lastSeen remembers a value for each of the last keys that were put into it: at least `size`, at most twice as
// many. Two maps take turns; when the young one is full the old one is forgotten, so nothing needs an
// order or a clock. Keys are stored as keyed 64-bit hashes, which clients cannot make collide.
type lastSeen[V any] struct {
	seed maphash.Seed
	size int

	mu         sync.Mutex // guards what follows
	young, old map[uint64]V
}

func newLastSeen[V any](size int) *lastSeen[V] {
	return &lastSeen[V]{seed: maphash.MakeSeed(), size: size, young: map[uint64]V{}}
}

// key joins two parts; the zero byte tells ("ab","c") from ("a","bc").
func (l *lastSeen[V]) key(a, b string) uint64 {
	var h maphash.Hash
	h.SetSeed(l.seed)
	_, _ = h.WriteString(a)
	_ = h.WriteByte(0)
	_, _ = h.WriteString(b)
	return h.Sum64()
}

// put stores v and returns what was there before.
func (l *lastSeen[V]) put(key uint64, v V) (before V, found bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before, found = l.lookupLocked(key)
	l.storeLocked(key, v)
	return before, found
}

// claim stores v unless the key is known, and reports whether it did.
func (l *lastSeen[V]) claim(key uint64, v V) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, found := l.lookupLocked(key); found {
		return false
	}
	l.storeLocked(key, v)
	return true
}

func (l *lastSeen[V]) lookupLocked(key uint64) (V, bool) {
	if v, ok := l.young[key]; ok {
		return v, true
	}
	v, ok := l.old[key]
	return v, ok
}

func (l *lastSeen[V]) storeLocked(key uint64, v V) {
	if len(l.young) >= l.size {
		if l.old == nil {
			l.old = make(map[uint64]V, l.size)
		}
		clear(l.old) // has room for as many again
		l.old, l.young = l.young, l.old
	}
	l.young[key] = v
}

func (l *lastSeen[V]) forget(key uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.young, key)
	delete(l.old, key)
}
