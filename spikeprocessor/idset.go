// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import "sync/atomic"

const (
	idBuckets  = 1 << idBucketBits
	idSlots    = 7 // of a bucket
	idCountMax = 1<<idBucketBits - 1

	idBucketBits = 8
)

// idSet is a multiset of ids, of at most 1792 different ones: where an id finds no slot free among the seven of its bucket, the one
// that was put there first is lost. It takes 16 KiB, allocates nothing, and no method waits for another goroutine.
//
// A slot is a count in the lowest bits, and above it all bits of the id that the bucket does not tell; 0 is free. The zero value is
// empty. All methods are safe for concurrent use.
type idSet struct{ buckets [idBuckets]idBucket }

// idBucket fills a cache line.
type idBucket struct {
	slots [idSlots]atomic.Uint64
	lost  atomic.Uint64 // ids that had to make room; says whose turn is next
}

// place returns the bucket of an id and its slot's word with a count of 0. The product is one to one.
func (s *idSet) place(id uint64) (b *idBucket, own uint64) {
	h := id * 0x9E3779B97F4A7C15
	return &s.buckets[h>>(64-idBucketBits)], h << idBucketBits
}

// add puts an id in once more.
func (s *idSet) add(id uint64) {
	b, own := s.place(id)
	free := -1
	for i := range b.slots {
		sl := &b.slots[i]
		for w := sl.Load(); w != 0 && w&^idCountMax == own; w = sl.Load() {
			if w&idCountMax == idCountMax || sl.CompareAndSwap(w, w+1) {
				return
			}
		}
		if free < 0 && sl.Load() == 0 {
			free = i
		}
	}
	for i := max(free, 0); i < idSlots; i++ {
		if b.slots[i].CompareAndSwap(0, own|1) {
			return
		}
	}
	b.slots[(b.lost.Add(1)-1)%idSlots].Store(own | 1)
}

// take takes an id out once; false if it is not in. It looks twice: an id that is there several times may be taken by another
// goroutine from the slot that lies ahead, and put into one that was passed.
func (s *idSet) take(id uint64) bool {
	b, own := s.place(id)
	for range 2 {
		if b.take(own) {
			return true
		}
	}
	return false
}

func (b *idBucket) take(own uint64) bool {
	for i := range b.slots {
		sl := &b.slots[i]
		for w := sl.Load(); w != 0 && w&^idCountMax == own; w = sl.Load() {
			less := w - 1
			if less == own {
				less = 0
			}
			if sl.CompareAndSwap(w, less) {
				return true
			}
		}
	}
	return false
}
