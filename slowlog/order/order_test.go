// SPDX-License-Identifier: Apache-2.0

package order

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

type item struct {
	key, place int
	name       string
}

// By sorts as package slices does, and leaves what is equal in its order.
func TestBy(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		list := make([]item, n)
		for i := range list {
			list[i] = item{random.IntN(n/2 + 1), i, "x"}
		}
		want := slices.Clone(list)
		slices.SortStableFunc(want, func(a, b item) int { return cmp.Compare(a.key, b.key) })
		By(list, func(a, b *item) int { return cmp.Compare(a.key, b.key) })
		if !slices.Equal(list, want) {
			t.Fatalf("of %d: %v\nwant %v", n, list, want)
		}
	}
}

// A list of a large struct, sorted here and by package slices.
func BenchmarkBy(b *testing.B) {
	type large struct {
		key  int
		_   [60]int
	}
	random := rand.New(rand.NewPCG(1, 2))
	unsorted := make([]large, 500)
	for i := range unsorted {
		unsorted[i].key = random.Int()
	}
	list := make([]large, len(unsorted))
	b.Run("order", func(b *testing.B) {
		for b.Loop() {
			copy(list, unsorted)
			By(list, func(a, b *large) int { return cmp.Compare(a.key, b.key) })
		}
	})
	b.Run("slices", func(b *testing.B) {
		for b.Loop() {
			copy(list, unsorted)
			slices.SortFunc(list, func(a, b large) int { return cmp.Compare(a.key, b.key) })
		}
	})
}
