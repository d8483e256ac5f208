// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// How the table forgets. An id is in words that the recorder has not applied yet, in hints, and in goroutines that have just looked their
// entry up. So a row leaves in three steps, all of them off the request path:
//
//  1. retire, in Digest, takes its entry out of the slots and of the hints. Whoever comes now finds it among those that are
//     leaving, and has it back as it was.
//  2. For quarantine Digests nobody has come, nor is there a hint that a goroutine wrote late.
//  3. finish gives the id free, between two batches of the recorder: the counts are in the overflow row of the kind by then, and the
//     engine has heard of it (see core.reap).
//
// A goroutine that lies for ten Digests, which are ten seconds, between looking up its entry and recording its request can have that
// counted in another row, or in (other). It can do no more harm than that.
const quarantine = 10

// patience is how long rows are quiet before they may have to make room, by how many requests they have had.
func patience(requests uint64) time.Duration {
	switch {
	case requests <= 2:
		return 30 * time.Second
	case requests <= 20:
		return 10 * time.Minute
	case requests <= 200:
		return time.Hour
	default:
		return 24 * time.Hour
	}
}

// Where more than fewGuesses rows are no more than a guess, and were asked for twice at most, those go that have been quiet for
// guessPatience, room or not.
const (
	fewGuesses    = 32
	guessPatience = 10 * time.Minute
)

// quiet reports whether e may have to make room, and has nothing that is open.
func (e *entry) quiet(now time.Time) bool {
	return !e.leaving && !e.seen.IsZero() && !e.spiking() && e.endpoint.Route != conventions.OverflowRoute && now.Sub(e.seen) >= patience(e.requests)
}

// retire takes entries out of the table for which there is no longer room: where fewer than a sixteenth is left of the rows that
// a kind, guesses, or all served may have, up to an eighth goes, those first that had the fewest requests, the oldest first among them; and
// guesses that came to nothing, where there are many. With everything, all go that can, however new.
func (t *table) retire(now time.Time, everything bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	gone := map[*entry]bool{}
	guesses := t.guessesOf(2) > fewGuesses
	for e := range t.rows() {
		if everything && !e.leaving && !e.spiking() && e.endpoint.Route != conventions.OverflowRoute ||
			guesses && e.guess != proven && e.requests <= 2 && e.quiet(now) && now.Sub(e.seen) >= guessPatience {
			gone[e] = true
		}
	}
	thin := func(limit int, of func(*entry) bool) {
		n := 0
		for e := range t.rows() {
			if e.stays(gone) && of(e) {
				n++
			}
		}
		out := excess(n, limit)
		if out == 0 {
			return
		}
		var quiet []*entry
		for e := range t.rows() {
			if e.stays(gone) && of(e) && e.quiet(now) {
				quiet = append(quiet, e)
			}
		}
		for _, e := range rarest(quiet, out) {
			gone[e] = true
		}
	}
	served := func(e *entry) bool { return e.class.kind() != conventions.KindDependency }
	for kind := range conventions.Kind(conventions.NumKinds) {
		thin(t.limitOf(kind), func(e *entry) bool { return e.class.kind() == kind })
		if reserve := t.reserveOf(kind); reserve > 0 {
			thin(t.max-reserve, func(e *entry) bool { return served(e) && e.class.kind() != kind })
		}
	}
	thin(t.mostGuesses(), func(e *entry) bool { return e.guess != proven })
	thin(t.max, served)
	if len(gone) > 0 {
		t.retireLocked(slices.Collect(maps.Keys(gone)))
	}
}

// stays reports whether e has a row that counts against a limit, and is to keep it.
func (e *entry) stays(gone map[*entry]bool) bool {
	return !e.leaving && !gone[e] && e.endpoint.Route != conventions.OverflowRoute
}

// excess is how many of n rows have to go where there may be limit.
func excess(n, limit int) int {
	if n <= limit-max(1, limit/16) {
		return 0
	}
	return max(1, n-limit+limit/8)
}

// rarest moves the n entries to the front that are missed least, and returns them.
func rarest(all []*entry, n int) []*entry {
	slices.SortFunc(all, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(patience(a.requests), patience(b.requests)), a.seen.Compare(b.seen))
	})
	return all[:min(n, len(all))]
}

// retireLocked makes a set of slots without these entries, and one of them.
func (t *table) retireLocked(gone []*entry) {
	t.retired = append(slices.DeleteFunc(t.retired, func(e *entry) bool { return !e.leaving }), gone...)
	for _, e := range gone {
		e.leaving, e.absent = true, 0
	}
	t.publishLeaving() // first, so that whoever misses them in the new set finds them here
	live := newSlots(2 * t.max)
	for e := range t.rows() {
		if !e.leaving && e.endpoint.Route != conventions.OverflowRoute {
			live.put(e)
		}
	}
	t.live.Store(live)
	t.dropHints()
}

func (t *table) publishLeaving() {
	if len(t.retired) == 0 {
		t.leaving.Store(nil)
		return
	}
	set := newSlots(len(t.retired) + 1)
	for _, e := range t.retired {
		set.put(e)
	}
	t.leaving.Store(set)
}

// dropHints takes entries that are leaving out of the hints. Those of which there was one begin their quarantine anew.
func (t *table) dropHints() {
	for i := range t.recent {
		if e := t.recent[i].Load(); e != nil && e.leaving {
			e.absent = 0
			t.recent[i].CompareAndSwap(e, nil)
		}
	}
}

// stray is the row of requests that were recorded after theirs had gone.
func (t *table) stray() *entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.overflowRowLocked(conventions.KindHTTP)
}

// tick counts a Digest of the quarantines.
func (t *table) tick() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.retired) == 0 {
		return
	}
	for _, e := range t.retired {
		e.absent++
	}
	t.dropHints()
}

// finish takes out of the table for good what has been away for long enough, and returns it. It is called where the recorder applies
// nothing: the ids may be used again.
func (t *table) finish() (gone []*entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	over := func(e *entry) bool { return e.leaving && e.absent >= quarantine }
	if !slices.ContainsFunc(t.retired, over) {
		return nil
	}
	for _, e := range t.retired {
		if over(e) {
			t.overflowRowLocked(e.class.kind())
			gone = append(gone, e)
		}
	}
	all := slices.Clone(t.entries())
	for _, e := range gone {
		all[e.id] = nil
		t.free = append(t.free, e.id)
		t.n[e.class.kind()]--
		if e.guess != proven {
			t.guesses.Add(-1)
		}
		if t.byEndpoint[e.endpoint] == e {
			delete(t.byEndpoint, e.endpoint)
		}
	}
	t.retired = slices.DeleteFunc(t.retired, func(e *entry) bool { return !e.leaving || over(e) })
	t.all.Store(&all)
	t.finished = time.Now()
	t.publishLeaving()
	for kind := range t.full {
		t.full[kind].Store(false)
	}
	t.forgotten.Add(uint64(len(gone)))
	return gone
}

// guessesOf is how many guesses have had so many requests at most.
func (t *table) guessesOf(requests uint64) (n int) {
	for e := range t.rows() {
		if e.guess != proven && e.requests <= requests {
			n++
		}
	}
	return n
}

// forget lets rows go that nobody will miss. Digest calls it once a second.
func (c *core) forget(now time.Time) {
	var taken bool
	c.rec.Locked(func() {
		taken = c.cells.taken
		for e := range c.table.rows() {
			if n := c.cells.requests(e.id); n != e.requests || e.seen.IsZero() || now.Before(e.seen) {
				e.requests, e.seen = n, now
			}
		}
	})
	c.table.tick()
	c.table.retire(now, c.forgetAll.Swap(false))
	c.names.refill(c.table, now)
	if !taken && c.table.leaving.Load() != nil {
		c.counted(func() { c.reap(nil) })
	}
}

// reap gives up the rows whose time is over. Their counts go to the overflow row of their kind, so that sums stay what they were. It is
// called under the recorder's mutex, and yields what an engine has to know; a nil yield is one that nobody needs.
func (c *core) reap(yield func(*Delta)) {
	for _, e := range c.table.finish() {
		cl := c.cells.cell(e.id)
		if cl == nil {
			continue
		}
		d := &c.cells.yielded
		if cl.dirty {
			*d = Delta{ID: int(e.id), Endpoint: e.endpoint}
			cl.take(d, yield)
		}
		other := c.table.overflow[e.class.kind()].Load().id
		c.cells.at(other).absorb(cl)
		c.cells.drop(e.id)
		if yield != nil {
			*d = Delta{ID: int(e.id), Endpoint: e.endpoint, All: &cl.delta, Forgotten: true, Other: int(other)}
			yield(d)
		}
	}
}
