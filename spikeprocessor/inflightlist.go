// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"bytes"
	"cmp"
	"runtime"
	"slices"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

const maxPathBytes = 512

// InFlight is a request that has not ended yet.
type InFlight struct {
	TraceID trace.TraceID // trace that it belongs to
	SpanID  trace.SpanID  // its span, a local root
	// Name is the span's name now; a router often gives it the route later. At most 256 bytes, as In.
	Name string
	// Kind is the span's kind.
	Kind trace.SpanKind
	// Path is what was asked for, the only thing that tells requests apart before a route is known. At most 512 bytes.
	Path string
	// Start is when it began.
	Start time.Time
	// Age is how long it has been running, never negative.
	Age time.Duration
	// In is the name of the child span that started last, if it is open. It is "" when that child has ended, even if an
	// earlier one, running in parallel, has not, and where it is not known: Stats counts children and requests of which that is so.
	In string
	// InSince is when that child started; zero without one.
	InSince time.Time
}

// inflightStats counts what the table could not do, since it was made.
type inflightStats struct {
	Dropped    uint64 // requests that found no slot, not even a spare one, and were never listed
	Unfollowed uint64 // requests in spare slots that are not found by their id, whose children were not known until the next sweep
	Skipped    uint64 // children not remembered, as their root's slot was held
	Unread     uint64 // requests left out of one list or sweep, as their slot was held
	Swept      uint64 // requests that ran when as many as are known had begun after them, and are known by name alone
}

func (t *inflight) stats() inflightStats {
	return inflightStats{Dropped: t.dropped.Load(), Unfollowed: t.unfollowed.Load(), Skipped: t.skipped.Load(), Unread: t.unread.Load(), Swept: t.swept.Load()}
}

// running is what a reader takes out of a slot. Its spans are live: their methods lock, so they are called
// when the slot has been given back.
type running struct {
	root, child sdktrace.ReadOnlySpan
	start       time.Time
	id          trace.SpanID
	own         uint64
	slot        *inflightSlot
}

func (r running) ended() bool { return !r.root.EndTime().IsZero() }

func (r running) name() string { return conventions.Text(r.root.Name(), conventions.MaxNameBytes) }

// compare puts what has been running longest first.
func (r running) compare(o running) int {
	return cmp.Or(r.start.Compare(o.start), bytes.Compare(r.id[:], o.id[:]))
}

// list returns up to limit of the requests that run now, the longest first, and how many there are. Where there are more, names take
// turns: so many of one name hide no others. Requests that start or end meanwhile may be in it or not.
func (t *inflight) list(now time.Time, limit int) (list []InFlight, count int) {
	found := t.all()
	slices.SortFunc(found, running.compare)
	chosen := found
	if limit = max(limit, 0); len(found) > limit {
		chosen = inTurns(found)[:limit]
		slices.SortFunc(chosen, running.compare)
	}
	list = make([]InFlight, len(chosen))
	for i := range list {
		list[i] = chosen[i].describe(now)
	}
	return list, len(found)
}

// longer returns up to limit of the requests that have been running for longer than least, the longest first.
func (t *inflight) longer(now time.Time, least time.Duration, limit int) (list []InFlight) {
	found := slices.DeleteFunc(t.all(), func(r running) bool { return now.Sub(r.start) <= least })
	slices.SortFunc(found, running.compare)
	for i := range found[:min(limit, len(found))] {
		list = append(list, found[i].describe(now))
	}
	return list
}

// inTurns puts the first of each name first, in the order in which they are, then the second of each, and so on.
func inTurns(found []running) []running {
	type ranked struct {
		running
		rank int
	}
	ranks, all := map[string]int{}, make([]ranked, len(found))
	for i, r := range found {
		name := r.name()
		all[i] = ranked{r, ranks[name]}
		ranks[name]++
	}
	order.By(all, func(a, b *ranked) int { return a.rank - b.rank })
	for i := range all {
		found[i] = all[i].running
	}
	return found
}

// all returns the requests that run, those that made room in the table among them. None moves meanwhile.
func (t *inflight) all() []running {
	t.moved.mu.Lock()
	defer t.moved.mu.Unlock()
	t.lookAside()
	found := t.openSpare(t.open(t.open(slices.Clone(t.moved.running), t.front.slots), t.table.slots))
	return slices.DeleteFunc(found, running.ended)
}

// open appends the requests in slots. The caller holds moved.mu.
func (t *inflight) open(to []running, slots []inflightSlot) []running {
	for i := range slots {
		if r, ok := t.read(&slots[i]); ok {
			to = append(to, r)
		}
	}
	return to
}

// forget lets go of a child that has ended: whatever it holds need not live for as long as its root runs.
func (sl *inflightSlot) forget(r *running) {
	if r.child == nil || r.child.EndTime().IsZero() || !sl.word.CompareAndSwap(r.own|slotUsed, r.own|slotBusy) {
		return
	}
	if sl.child == r.child {
		sl.child = nil
	}
	sl.release(r.own)
	r.child = nil
}

// readerPatience is how often a reader looks again at a slot that is held. Holders are done in nanoseconds unless the
// scheduler has stopped them.
const readerPatience = 100

// read holds the slot for as long as it takes to copy it.
func (t *inflight) read(sl *inflightSlot) (r running, ok bool) {
	r.slot = sl
	for range readerPatience {
		word := sl.word.Load()
		r.own = word &^ phaseMask
		switch word & phaseMask {
		case slotUsed:
			if !sl.word.CompareAndSwap(word, r.own|slotBusy) {
				continue
			}
			r.root, r.child = sl.root, sl.child
			if !sl.release(r.own) {
				return r, false
			}
			r.start, r.id = r.root.StartTime(), r.root.SpanContext().SpanID()
			return r, true
		case slotBusy:
			runtime.Gosched()
		default:
			return r, false
		}
	}
	t.unread.Add(1)
	return r, false
}

func (r *running) describe(now time.Time) InFlight {
	out := InFlight{
		TraceID: r.root.SpanContext().TraceID(), SpanID: r.id, Name: r.name(),
		Kind: r.root.SpanKind(), Start: r.start, Age: max(now.Sub(r.start), 0),
		Path: conventions.Text(conventions.Path(r.root.Attributes()), maxPathBytes),
	}
	if r.child != nil && r.child.EndTime().IsZero() {
		out.In, out.InSince = conventions.Text(r.child.Name(), conventions.MaxNameBytes), r.child.StartTime()
	}
	return out
}
