// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"math/rand/v2"
	"sync"
	"testing"
	"unsafe"
)

func TestIDSetCountsEachID(t *testing.T) {
	var s idSet
	if unsafe.Sizeof(s) != 16<<10 {
		t.Errorf("the set takes %d bytes, want 16 KiB", unsafe.Sizeof(s))
	}
	for range 3 {
		s.add(0)
	}
	s.add(1)
	for i, want := range []bool{true, true, true, false} {
		if got := s.take(0); got != want {
			t.Errorf("take %d of an id that was put in 3 times is %v", i+1, got)
		}
	}
	if !s.take(1) || s.take(1) || s.take(2) {
		t.Error("other ids are not told apart")
	}
	if !s.isEmpty() {
		t.Error("the set is not empty when all was taken")
	}
}

// What is put in beyond the bound takes the place of what was there first; what was put in last stays.
func TestIDSetThatIsFull(t *testing.T) {
	var s idSet
	var ids []uint64
	bucket, _ := s.place(7)
	for id := uint64(0); len(ids) < 2*idSlots; id++ {
		if b, _ := s.place(id); b == bucket {
			ids = append(ids, id)
			s.add(id)
		}
	}
	for i, id := range ids {
		if got, want := s.take(id), i >= idSlots; got != want {
			t.Errorf("id %d of %d is in: %v, want %v", i, len(ids), got, want)
		}
	}
	for range 2 * idCountMax {
		s.add(ids[0])
	}
	if b, own := s.place(ids[1]); b.slots[0].Load()&^idCountMax == own {
		t.Error("a count ran over into the id")
	}
}

// Nothing is lost of what many goroutines put in and take out, equal ids and different ones.
func TestIDSetConcurrentSafe(t *testing.T) {
	var s idSet
	var all sync.WaitGroup
	for g := range uint64(8) {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(g, 1))
			for range 20_000 {
				id := rng.Uint64() % 4
				s.add(id)
				if !s.take(id) {
					t.Errorf("id %d was lost", id)
					return
				}
			}
		})
	}
	all.Wait()
	if !s.isEmpty() {
		t.Error("the set is not empty when all was taken")
	}
}

func (s *idSet) isEmpty() bool {
	for i := range s.buckets {
		for j := range s.buckets[i].slots {
			if s.buckets[i].slots[j].Load() != 0 {
				return false
			}
		}
	}
	return true
}
