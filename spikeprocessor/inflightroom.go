// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Bounds of what is known of requests that have made room in the table.
const (
	maxMoved    = 4096 - defaultInFlightSlots/2 // besides those that a sweep leaves in the table
	maxLeaks    = 64                            // names, and one for the rest
	leakAge     = time.Minute                   // from which a request that made room is reported as leaked
	longAge     = time.Hour                     // from which a request makes room though none is wanted
	lossesStand = time.Hour                     // for which requests that nobody can see the end of are reported
)

// Leak is a name of which local roots run that may never end: for more than a minute, when so many ran that they had to make
// room for newer ones in the table, or for more than an hour.
type Leak struct {
	// Name is the name of their spans, at most 256 bytes; "(other)" stands for those beyond 64 names.
	Name string `json:"name"`
	// Count is how many there are: when one of a name is such a request, all of that name that have been running for more than a minute.
	// For an hour it has those, too, that are so many that they are not known one by one: they may have ended.
	Count int `json:"count"`
	// OldestAgeSeconds is how long the one that began first has been running, in seconds.
	OldestAgeSeconds float64 `json:"oldest_age_seconds"`
}

// moved are the requests that made room in the table, at most maxMoved, and a count by name of what is beyond.
type moved struct {
	mu      sync.Mutex
	running []running // the longest first, each in a slot aside; what ended since the last sweep is still there
	past    int       // of those that are told of outside: they have ended, and are not in running
	lost    map[string]*loss
	leaks   map[string]*loss // running ones and lost ones, as of the last sweep
	scratch []running
}

// loss is so many requests of one name.
type loss struct {
	count  int
	oldest time.Time // start of the first one
	last   time.Time // when the last one was added
}

// sweep takes what has ended out of the table, and makes room there: while more than half of the slots are in use the requests that
// have been running longest move out, those that run for more than an hour in any case, all that are in spare ones, and those of the
// front that find no slot in the table. They stay listed, and go on to be told of children, until they have ended, or maxMoved newer ones
// have made room. It lets go of children that have ended.
//
// A span has an end before the processor hears of it, which then may look for its children still. So what has ended counts as running, for those who ask
// by trace, until the next sweep; of most, the end is heard before.
func (t *inflight) sweep(now time.Time) {
	m := &t.moved
	m.mu.Lock()
	defer m.mu.Unlock()
	past := t.takePast()
	t.lookAside()
	forgetChildren(m.running)
	leaving := t.moveOn(now)
	m.scratch = t.open(m.scratch[:0], t.table.slots)
	stay := slices.DeleteFunc(m.scratch, func(r running) bool {
		if r.ended() {
			leaving = append(leaving, r)
			return true
		}
		return false
	})
	slices.SortFunc(stay, running.compare)
	n := max(len(stay)-len(t.table.slots)/2, 0)
	for n < len(stay) && now.Sub(stay[n].start) > longAge {
		n++
	}
	leaving = append(leaving, stay[:n]...)
	stay = stay[n:]
	forgetChildren(stay)
	t.spilled.Store(0)
	t.makeRoom(t.openSpare(leaving), past)
	t.use.look(t.table.slots)
	t.spareUse.look(t.spare.slots)
	slices.SortFunc(m.running, running.compare)
	t.swept.Add(uint64(m.giveUp(now)))
	m.report(now, stay)
	clear(m.scratch)
}

func forgetChildren(of []running) {
	for i := range of {
		of[i].slot.forget(&of[i])
	}
}

// leave frees the slot of a request that was read, unless it has ended meanwhile, then another one may be there, whose word is not the same; or
// unless somebody holds the slot. The child that the request is in may have started after it was read: r has it then.
func (r *running) leave() bool {
	if !r.slot.word.CompareAndSwap(r.own|slotUsed, r.own|slotClosing) {
		return false
	}
	r.child = r.slot.child
	r.slot.free()
	return true
}

// gone reports whether a request that was read has left its slot, which is its own until it has ended.
func (r *running) gone() bool {
	word := r.slot.word.Load()
	return word != r.own|slotUsed && word != r.own|slotBusy
}

// giveUp leaves maxMoved requests, and returns how many it let go.
func (m *moved) giveUp(now time.Time) int {
	for name, l := range m.lost {
		if now.Sub(l.last) > lossesStand {
			delete(m.lost, name)
		}
	}
	n := max(len(m.running)-maxMoved, 0)
	for i := range m.running[:n] {
		r := &m.running[i]
		addLoss(&m.lost, r.name(), loss{count: 1, oldest: r.start, last: now})
	}
	m.running = slices.Delete(m.running, 0, n)
	return n
}

// report counts what is leaked by name, of those in the table, too. Both are sorted.
func (m *moved) report(now time.Time, table []running) {
	m.leaks = nil
	count := func(from []running, counts func(name string) bool) {
		for i := range from {
			r := &from[i]
			if now.Sub(r.start) <= leakAge {
				break
			}
			if name := r.name(); counts(name) {
				addLoss(&m.leaks, name, loss{count: 1, oldest: r.start})
			}
		}
	}
	count(m.running, func(string) bool { return true })
	for name, l := range m.lost {
		addLoss(&m.leaks, name, *l)
	}
	if len(m.leaks) > 0 {
		count(table, func(name string) bool { return m.leaks[name] != nil })
	}
}

func addLoss(to *map[string]*loss, name string, add loss) {
	if *to == nil {
		*to = map[string]*loss{}
	}
	if (*to)[name] == nil && len(*to) >= maxLeaks {
		name = conventions.OverflowRoute
	}
	l := (*to)[name]
	if l == nil {
		(*to)[name] = &add
		return
	}
	l.count += add.count
	if add.oldest.Before(l.oldest) {
		l.oldest = add.oldest
	}
	l.last = add.last
}

// list returns the leaks of the last sweep, the most frequent first.
func (m *moved) list(now time.Time) []Leak {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]Leak, 0, len(m.leaks))
	for name, l := range m.leaks {
		list = append(list, Leak{Name: name, Count: l.count, OldestAgeSeconds: max(now.Sub(l.oldest), 0).Seconds()})
	}
	order.By(list, func(a, b *Leak) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Name, b.Name)) })
	return list
}
