// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"container/heap"
	"errors"
	"fmt"
	"iter"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/replay/format"
)

// merge reads all files, each in its own order and among each other in that of their times. What is wrong with one file does not
// keep the others from being read.
func (r *run) merge() error {
	if len(r.sources) == 1 {
		return r.sources[0].named(r.sources[0].reader.Run(r.sources[0]))
	}
	var feeds feedHeap
	var errs []error
	defer func() {
		for _, a := range feeds {
			a.stop()
		}
	}()
	for i, s := range r.sources {
		a := newFeed(i, s)
		a.pull()
		a.pull()
		feeds = append(feeds, a)
	}
	heap.Init(&feeds)
	for len(feeds) > 0 {
		a := feeds[0]
		if a.now.given {
			if err := a.source.Request(a.now.line, &a.now.rec); err != nil {
				return err
			}
			a.pull()
			heap.Fix(&feeds, 0)
			continue
		}
		if ends(a.err) {
			return a.source.named(a.err)
		}
		errs = append(errs, a.source.named(a.err))
		heap.Pop(&feeds).(*feed).stop()
	}
	return errors.Join(errs...)
}

// ends tells whether an error is to end the reading of all files.
func ends(err error) bool { return errors.Is(err, errStrict) || errors.Is(err, errInterrupted) }

// named puts the name of the file before an error of its own.
func (s *source) named(err error) error {
	if err == nil || ends(err) {
		return err
	}
	return fmt.Errorf("%s: %w", s.in.name, err)
}

// feed is a file of which two requests are known: the next one and that behind it.
type feed struct {
	source    *source
	number    int // among the files
	next      func() (pulled, bool)
	stop      func()
	now, then copied
	err       error // that ended the reading
}

// pulled is what a reader hands over, valid until the next one is asked for.
type pulled struct {
	line int
	rec  *format.Record
}

// copied is a request in memory of its own.
type copied struct {
	given bool
	line  int
	rec   format.Record
}

func newFeed(number int, s *source) *feed {
	a := &feed{source: s, number: number}
	a.next, a.stop = iter.Pull(func(yield func(pulled) bool) {
		a.err = s.reader.Run(pulling{s, yield})
	})
	return a
}

// pull goes on by a request.
func (a *feed) pull() {
	a.now, a.then = a.then, a.now
	p, ok := a.next()
	if a.then.given = ok; !ok {
		return
	}
	route, method := append(a.then.rec.Route[:0], p.rec.Route...), append(a.then.rec.Method[:0], p.rec.Method...)
	a.then.line, a.then.rec = p.line, *p.rec
	a.then.rec.Route, a.then.rec.Method = route, method
}

// time is that of the next request; of the one behind it where that is earlier, so that a damaged time which lies ahead does not
// hold all that follows it back.
func (a *feed) time() int64 {
	switch {
	case !a.now.given:
		return -1 // the end: it is seen to at once
	case !a.then.given:
		return a.now.rec.Time
	}
	return min(a.now.rec.Time, a.then.rec.Time)
}

// pulling is the sink of a file among others. Bad lines are reported as they are met.
type pulling struct {
	*source
	yield func(pulled) bool
}

// errStopped ends a reader that nobody asks any more.
var errStopped = errors.New("stopped")

func (p pulling) Request(line int, rec *format.Record) error {
	if !p.yield(pulled{line, rec}) {
		return errStopped
	}
	return nil
}

// feedHeap is a heap with the file whose next request is the earliest on top, the first of several.
type feedHeap []*feed

func (h feedHeap) Len() int      { return len(h) }
func (h feedHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h feedHeap) Less(i, j int) bool {
	a, b := h[i].time(), h[j].time()
	return a < b || a == b && h[i].number < h[j].number
}
func (h *feedHeap) Push(x any) { *h = append(*h, x.(*feed)) }
func (h *feedHeap) Pop() any {
	last := len(*h) - 1
	a := (*h)[last]
	*h = (*h)[:last]
	return a
}
