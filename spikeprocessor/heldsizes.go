// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"math/bits"

	"go.opentelemetry.io/otel/trace"
)

// sizeClasses is how many sizes of lists are told apart: four to each doubling, up to maxPerRequest spans of maxSpanBytes.
const sizeClasses = 41

// sizeClass is the class of a list of so many bytes, 0 for one that has none.
func sizeClass(bytes int64) uint8 {
	kib := uint64(bytes) / minSpanBytes
	if kib < 4 {
		return uint8(kib)
	}
	shift := bits.Len64(kib) - 3
	return min(uint8(4*shift)+uint8(kib>>shift), sizeClasses-1)
}

// outweighs reports whether lists of a class have clearly more than so many bytes: by a seventh at least, so that they do not have
// less when they have given up an eighth, and lists of nearly one size do not take from each other by turns.
func outweighs(class uint8, bytes int64) bool { return class >= sizeClass(bytes)+2 }

// press has the shard rank its lists, and give back what it has to spare.
func (sh *gatherShard) press(g *gatherer) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.giveBack(g)
	if sh.ranked {
		return
	}
	sh.ranked = true
	sh.aged(&sh.live)
	for at := sh.live.first; at != 0; at = sh.lists[at-1].links[byAge].next {
		sh.classify(g, at-1)
	}
}

// relax ends that: nobody has to make room.
func (sh *gatherShard) relax() {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.ranked = false
	sh.oldest.Store(0)
	sh.mask.Store(0)
	sh.sizes = [sizeClasses]chain{}
	for at := sh.live.first; at != 0; at = sh.lists[at-1].links[byAge].next {
		sh.lists[at-1].class = 0
	}
}

// classify puts a list into the class of its size, if lists are ranked.
func (sh *gatherShard) classify(g *gatherer, li int32) {
	if !sh.ranked {
		return
	}
	l := &sh.lists[li]
	was, is := l.class, sizeClass(l.bytes)
	if was == is {
		return
	}
	l.class = is
	mask := sh.mask.Load()
	if was != 0 {
		sh.unlink(&sh.sizes[was], bySize, li)
		if sh.sizes[was].n == 0 {
			mask &^= 1 << was
		}
	}
	if is != 0 {
		sh.link(&sh.sizes[is], bySize, li)
		mask |= 1 << is
	}
	sh.mask.Store(mask)
	for top := g.top.Load(); uint32(is) > top && !g.top.CompareAndSwap(top, uint32(is)); top = g.top.Load() {
	}
}

// largest is the size class of the shard's largest list, 0 if there is none.
func (sh *gatherShard) largest() uint8 { return uint8(max(bits.Len64(sh.mask.Load()), 1) - 1) }

// shrink has the largest list, unless it is that of the trace own, give up an eighth of what it has for one that would have so many
// bytes: calls first, the last ones first, and what has something below it only where there are no others.
func (sh *gatherShard) shrink(g *gatherer, own trace.TraceID, bytes int64) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	class := sh.largest()
	if !outweighs(class, bytes) {
		return true // somebody else was faster: look again
	}
	li := sh.sizes[class].first - 1
	if sh.lists[li].trace == own {
		return false
	}
	want := max(sh.lists[li].bytes/8, minSpanBytes)
	leaf := func(node *heldSpan) bool {
		if want <= 0 || node.span.ChildSpanCount() != 0 {
			return false
		}
		want -= int64(node.bytes)
		return true
	}
	sh.give(g, li, leaf)
	if want > 0 {
		sh.give(g, li, func(node *heldSpan) bool {
			want -= int64(node.bytes)
			return want+int64(node.bytes) > 0
		})
	}
	return true
}
