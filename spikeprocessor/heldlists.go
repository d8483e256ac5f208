// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import "go.opentelemetry.io/otel/trace"

// chain is a row of a shard's lists. A list is in one by age, live or gone, and if it has spans in the one of its size class.
type chain struct{ first, last, n int32 } // first and last are plus one

// links are a list's neighbours in a chain, plus one. That by age links the free lists, too.
type links struct{ prev, next int32 }

const (
	byAge = iota
	bySize
)

// link puts a list at the end of a chain.
func (sh *gatherShard) link(c *chain, by int, li int32) {
	sh.lists[li].links[by] = links{prev: c.last}
	if c.last != 0 {
		sh.lists[c.last-1].links[by].next = li + 1
	} else {
		c.first = li + 1
	}
	c.last = li + 1
	c.n++
	sh.aged(c)
}

// unlink takes a list out of its chain.
func (sh *gatherShard) unlink(c *chain, by int, li int32) {
	at := sh.lists[li].links[by]
	if at.prev != 0 {
		sh.lists[at.prev-1].links[by].next = at.next
	} else {
		c.first = at.next
	}
	if at.next != 0 {
		sh.lists[at.next-1].links[by].prev = at.prev
	} else {
		c.last = at.prev
	}
	c.n--
	sh.aged(c)
}

// aged publishes the age of the oldest list, if c has those.
func (sh *gatherShard) aged(c *chain) {
	if !sh.ranked || c != &sh.live {
		return
	}
	oldest := uint64(0)
	if c.first != 0 {
		oldest = uint64(sh.lists[c.first-1].born)
	}
	if sh.oldest.Load() != oldest {
		sh.oldest.Store(oldest)
	}
}

// find returns the list of a trace.
func (sh *gatherShard) find(id trace.TraceID) (int32, bool) {
	if n := sh.last; n != 0 && sh.lists[n-1].trace == id {
		return n - 1, true
	}
	li := sh.traces.find(sh.lists, id)
	if li >= 0 {
		sh.last = li + 1
	}
	return li, li >= 0
}

func (sh *gatherShard) newList(id trace.TraceID, born age) int32 {
	li := sh.list0 - 1
	if li >= 0 {
		sh.list0 = sh.lists[li].links[byAge].next
	} else {
		li = int32(len(sh.lists))
		sh.lists = append(sh.lists, heldList{})
	}
	sh.lists[li] = heldList{trace: id, born: born, since: sh.sweep}
	sh.traces.add(sh.lists, li, int(sh.live.n+sh.gone.n))
	sh.last = li + 1
	sh.link(&sh.live, byAge, li)
	if !sh.busy.Load() {
		sh.busy.Store(true)
	}
	return li
}

// freeList takes a list without spans out of the shard.
func (sh *gatherShard) freeList(li int32) {
	if sh.lists[li].gone {
		sh.unlink(&sh.gone, byAge, li)
	} else {
		sh.unlink(&sh.live, byAge, li)
	}
	sh.traces.remove(sh.lists, li)
	sh.lists[li] = heldList{links: [2]links{byAge: {next: sh.list0}}}
	sh.list0 = li + 1
}

// all returns the lists that there are.
func (sh *gatherShard) all() []int32 {
	all := make([]int32, 0, sh.live.n+sh.gone.n)
	for _, first := range [...]int32{sh.live.first, sh.gone.first} {
		for at := first; at != 0; at = sh.lists[at-1].links[byAge].next {
			all = append(all, at-1)
		}
	}
	return all
}

// rebuild moves everything into memory of its size.
func (sh *gatherShard) rebuild(g *gatherer) {
	lists, nodes, chains := sh.lists, sh.nodes, [...]chain{sh.live, sh.gone}
	sh.traces.heads = nil
	sh.lists, sh.nodes = make([]heldList, 0, chains[0].n+chains[1].n), make([]heldSpan, 0, sh.spans)
	sh.live, sh.gone, sh.sizes, sh.list0, sh.node0, sh.last = chain{}, chain{}, [sizeClasses]chain{}, 0, 0, 0
	sh.mask.Store(0)
	for i, to := range [...]*chain{&sh.live, &sh.gone} {
		for at := chains[i].first; at != 0; at = lists[at-1].links[byAge].next {
			l := lists[at-1]
			l.class = 0
			tail := &l.head
			for n := l.head; n != 0; n = nodes[n-1].next {
				sh.nodes = append(sh.nodes, nodes[n-1])
				*tail = int32(len(sh.nodes))
				tail = &sh.nodes[len(sh.nodes)-1].next
			}
			sh.lists = append(sh.lists, l)
			sh.traces.add(sh.lists, int32(len(sh.lists)-1), len(sh.lists)-1)
			sh.link(to, byAge, int32(len(sh.lists)-1))
			sh.classify(g, int32(len(sh.lists)-1))
		}
	}
}
