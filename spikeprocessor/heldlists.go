// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import "go.opentelemetry.io/otel/trace"

// chain is a row of a shard's lists. A list is in one chain, live or gone.
type chain struct{ first, last, n int32 } // first and last are plus one

// link puts a list at the end of a chain.
func (sh *gatherShard) link(c *chain, li int32) {
	l := &sh.lists[li]
	l.prev, l.next = c.last, 0
	if c.last != 0 {
		sh.lists[c.last-1].next = li + 1
	} else {
		c.first = li + 1
	}
	c.last = li + 1
	c.n++
	sh.aged(c)
}

// unlink takes a list out of its chain.
func (sh *gatherShard) unlink(c *chain, li int32) {
	l := &sh.lists[li]
	if l.prev != 0 {
		sh.lists[l.prev-1].next = l.next
	} else {
		c.first = l.next
	}
	if l.next != 0 {
		sh.lists[l.next-1].prev = l.prev
	} else {
		c.last = l.prev
	}
	c.n--
	sh.aged(c)
}

// aged publishes the age of the oldest list, if c has those.
func (sh *gatherShard) aged(c *chain) {
	if c != &sh.live {
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
	li, ok := sh.traces[id]
	if ok {
		sh.last = li + 1
	}
	return li, ok
}

func (sh *gatherShard) newList(id trace.TraceID, born age) int32 {
	if sh.traces == nil {
		sh.traces = make(map[trace.TraceID]int32)
	}
	li := sh.list0 - 1
	if li >= 0 {
		sh.list0 = sh.lists[li].next
	} else {
		li = int32(len(sh.lists))
		sh.lists = append(sh.lists, heldList{})
	}
	sh.lists[li] = heldList{trace: id, born: born, touched: sh.sweep}
	sh.traces[id], sh.last = li, li+1
	sh.link(&sh.live, li)
	sh.busy.Store(int32(len(sh.traces)))
	return li
}

// freeList takes a list without spans out of the shard.
func (sh *gatherShard) freeList(id trace.TraceID, li int32) {
	if sh.lists[li].gone {
		sh.unlink(&sh.gone, li)
	} else {
		sh.unlink(&sh.live, li)
	}
	delete(sh.traces, id)
	sh.lists[li] = heldList{next: sh.list0}
	sh.list0 = li + 1
	sh.busy.Store(int32(len(sh.traces)))
}

// rebuild moves everything into memory of its size.
func (sh *gatherShard) rebuild() {
	lists, nodes, chains := sh.lists, sh.nodes, [...]chain{sh.live, sh.gone}
	sh.traces = make(map[trace.TraceID]int32, len(sh.traces))
	sh.lists, sh.nodes = make([]heldList, 0, chains[0].n+chains[1].n), make([]heldSpan, 0, sh.spans)
	sh.live, sh.gone, sh.list0, sh.node0, sh.last = chain{}, chain{}, 0, 0, 0
	for i, to := range [...]*chain{&sh.live, &sh.gone} {
		for at := chains[i].first; at != 0; at = lists[at-1].next {
			l := lists[at-1]
			tail := &l.head
			for n := l.head; n != 0; n = nodes[n-1].next {
				sh.nodes = append(sh.nodes, nodes[n-1])
				*tail = int32(len(sh.nodes))
				tail = &sh.nodes[len(sh.nodes)-1].next
			}
			sh.lists = append(sh.lists, l)
			sh.traces[l.trace] = int32(len(sh.lists) - 1)
			sh.link(to, int32(len(sh.lists)-1))
		}
	}
}
