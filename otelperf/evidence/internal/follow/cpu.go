// SPDX-License-Identifier: Apache-2.0

package follow

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/history"
)

// preempted is how long the scheduler may let a goroutine run on: what is longer without an event was not spent on a CPU.
const preempted = history.Time(20 * time.Millisecond)

// scheduled divides a stretch that the scheduler has to do with: when the whole process stood still, and when it says of a goroutine
// that it runs for longer than it lets one run, the machine did not run it.
func (w *walk) scheduled(s *history.Stretch, from, to, whole history.Time, name causes.State, line causes.Place) {
	for _, z := range w.h.StallsIn(from, to) {
		begin, end := max(z.From, from), min(z.To, to)
		w.leaf(from, begin, name, line)
		w.leaf(begin, end, causes.NotScheduled, line)
		from = end
	}
	if s.State != history.Runnable && whole > history.Stall && to-from > preempted {
		w.leaf(from+preempted, to, causes.NotScheduled, line)
		to = from + preempted
	}
	w.leaf(from, to, name, line)
}

// queued divides the time in which a goroutine was ready by who had the CPUs meanwhile.
func (w *walk) queued(r causes.Reason, from, to history.Time) {
	r.State, r.What, r.Line, r.Where = causes.Runnable, causes.Runnable, causes.Place{}, causes.Place{}
	used, total := map[string]time.Duration{}, time.Duration(0)
	w.h.Ran(from, to, func(g history.Goroutine, at history.Time, d time.Duration) {
		used[w.runner(g, at)] += d
		total += d
	})
	if total == 0 {
		r.Who = causes.Nobody
		w.add(r, to-from)
		return
	}
	for who, d := range used {
		part := history.Time(float64(to-from) * float64(d) / float64(total))
		if who == collector {
			w.add(causes.Reason{State: causes.GC, What: causes.GC}, part)
			continue
		}
		r.Who = who
		w.add(r, part)
	}
}

// collector is who the garbage collector's goroutines are.
const collector = "garbage collection"

// runner is who ran on a goroutine.
func (w *walk) runner(g history.Goroutine, at history.Time) string {
	if g == history.None || w.h.Goroutines[g].GCWorker {
		return collector
	}
	if m := w.h.Of(g, at); m != nil {
		return w.request(m)
	}
	if s := w.h.Sites.At(w.h.Goroutines[g].First); servesHTTP(s) {
		if outer := w.outer(g, at); outer != "" {
			return w.handler(outer)
		}
	}
	return w.named(g)
}
