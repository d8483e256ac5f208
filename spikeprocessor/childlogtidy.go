// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"runtime"
	"slices"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// lock waits for the shard. Only who is not on the path of an ordinary request may.
func (sh *logShard) lock() uint32 {
	n := sh.state.Swap(logLocked)
	for n == logLocked {
		runtime.Gosched()
		n = sh.state.Swap(logLocked)
	}
	return n
}

// each calls f with each shard, and the number of children in this turn of its ring; f returns that for what comes next.
func (l *childLog) each(f func(sh *logShard, n uint32) uint32) {
	for i := range l.shards {
		sh := &l.shards[i]
		n := sh.lock()
		func() {
			defer func() { sh.state.Store(n) }()
			defer l.core.guard()
			n = f(sh, n)
		}()
	}
}

// flush hands the recorder the words of all calls that ended before.
func (l *childLog) flush() {
	l.each(func(sh *logShard, n uint32) uint32 {
		l.look(sh, n)
		return n
	})
}

// relative is a child of a trace, in the log or, with the gatherer, elsewhere.
type relative struct {
	span   sdktrace.ReadOnlySpan
	parent trace.SpanID
	end    time.Time
	weight int
	shard  *logShard // nil: it is not in the log
	at     int       // where it stands there
	kin    bool      // of the root that is asked about
}

// surrender moves the descendants of a root aside, in the order in which they ended. It is for requests that are kept.
func (l *childLog) surrender(id trace.TraceID, root trace.SpanID) {
	family := l.find(id)
	if len(family) == 0 {
		return
	}
	family = markKin(append(family, l.core.gather.find(id)...), root)
	slices.SortStableFunc(family, func(a, b relative) int { return a.end.Compare(b.end) })
	for i := range family {
		if r := &family[i]; r.shard.take(r) {
			parent := r.span.Parent()
			l.core.gather.hold(&parent, r.span, r.weight, nil, claim{})
		}
	}
}

// find returns the children of a trace that are in the log.
func (l *childLog) find(id trace.TraceID) (found []relative) {
	tw := l.core.running.hash.of(id)
	l.each(func(sh *logShard, n uint32) uint32 {
		for i, w := range sh.words {
			if (w^tw)&^traceMarks != 0 || sh.spans[i] == nil {
				continue
			}
			if l.look(sh, n); sh.spans[i] == nil { // it was too heavy to stay
				continue
			}
			if parent := sh.spans[i].Parent(); parent.TraceID() == id {
				found = append(found, relative{span: sh.spans[i], parent: parent.SpanID(), end: sh.spans[i].EndTime(), weight: int(sh.weights[i]), shard: sh, at: i})
			}
		}
		return n
	})
	return found
}

// markKin marks those of a trace that descend from a root.
func markKin(all []relative, root trace.SpanID) []relative {
	below := make(map[trace.SpanID][]*relative, len(all))
	for i := range all {
		id := all[i].parent
		below[id] = append(below[id], &all[i])
	}
	for next := []trace.SpanID{root}; len(next) > 0; {
		id := next[len(next)-1]
		next = next[:len(next)-1]
		for _, r := range below[id] {
			if !r.kin { // ids may be in a circle
				r.kin = true
				next = append(next, r.span.SpanContext().SpanID())
			}
		}
	}
	return all
}

// take takes a child of the root out of the log, if it is there and was not moved aside meanwhile.
func (sh *logShard) take(r *relative) bool {
	if sh == nil || !r.kin {
		return false
	}
	n := sh.lock()
	defer func() { sh.state.Store(n) }()
	if r.at >= len(sh.spans) || sh.spans[r.at] != r.span {
		return false
	}
	sh.drop(uint32(r.at))
	return true
}

// tidy is to be called once a second. It lets go of the children of requests that have ended, moves those aside that it has seen before, and
// makes rings short again that nobody has written to since.
func (l *childLog) tidy() {
	l.each(func(sh *logShard, n uint32) uint32 {
		l.look(sh, n)
		sh.survey.take(l.core.running)
		for i := range sh.spans {
			switch {
			case sh.spans[i] == nil:
			case sh.words[i]&loggedSeen != 0 || l.over(sh, uint32(i)):
				l.giveWay(sh, uint32(i))
			default:
				sh.words[i] |= loggedSeen
			}
		}
		if sh.idle && len(sh.spans) > minRing { // and empty, by now
			sh.reset()
			n = 0
		}
		sh.idle = true
		return n
	})
	l.core.running.ended.age()
}

// clear lets everything go that has been counted.
func (l *childLog) clear() {
	l.each(func(sh *logShard, n uint32) uint32 {
		l.look(sh, n)
		sh.reset()
		return 0
	})
}

// count returns how many spans there are, and what they weigh.
func (l *childLog) count() (spans, bytes int64) {
	l.each(func(sh *logShard, n uint32) uint32 {
		l.look(sh, n)
		for _, s := range sh.spans {
			if s != nil {
				spans++
			}
		}
		bytes += sh.bytes
		return n
	})
	return spans, bytes
}
