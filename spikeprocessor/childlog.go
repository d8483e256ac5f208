// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"runtime"
	"sync/atomic"
	"unsafe"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Bounds of the log of children.
const (
	logBlock     = 32           // children that are looked at together
	minRing      = 4 * logBlock // entries of a shard: a short ring stays in a core's cache
	maxLogged    = 8192         // entries of all shards, unless minRing of each are more
	maxLogShards = 64
	maxLightSpan = 4 << 10 // bytes; a heavier child does not stay in the log
	logLocked    = ^uint32(0)
)

// Marks beside the trace of an entry, at the place of those of a slot. The first three are of what nobody has looked at yet.
const (
	loggedCall     = 1 << iota // of a dependency, to be counted
	loggedProducer             // that one is of kind producer
	loggedState                // the trace has a state, which has weight

	loggedSeen = loggedCall // by tidy
)

// childLog takes children in the order in which they end, in one ring for each shard. Most are of requests that are over soon, of which
// nobody wants to know more: they are written over, and nothing was done for their sake but to count those that are calls. To
// take one in costs two locked operations on a line that its core mostly has, and two stores.
//
// Whoever fills a block of a ring looks at its children together: he counts the calls, and then looks through
// the block that will be written next. What belongs to a request that still runs there is moved aside, to the gatherer, and the request is marked: so it
// knows that it has something to let go, and others need not ask. When a request is kept, its children are moved aside from
// all rings. A ring that has to move more than an eighth of a turn is too short for what runs, and doubles.
//
// Bounds: [maxLogged] entries, or minRing for each shard, of which there are four to each CPU and 64 at most. Each is a span of at most maxLightSpan:
// 32 MiB in all, and 8 as a rule; but the name and the status of those of the blocks that are being filled, 31 a shard, have not been weighed yet. A
// heavier one goes to the gatherer at once. Once a second those go whose request
// has ended, and those are moved aside that were there a second ago; a ring that nobody has written to is made short again.
//
// Whoever finds a shard locked takes another. They are locked for a few microseconds a block, and by whoever looks for the children of a kept request.
type childLog struct {
	shards []logShard
	bits   int  // log2 of len(shards)
	most   int  // entries of a shard
	holds  bool // for anatomies; else children are let go when they have been counted
	core   *core
}

type logShard struct {
	state   atomic.Uint32 // where the next child goes, or logLocked. All below belongs to who changed it to that
	counted uint32        // of the children before there
	moved   uint32        // aside, in this turn
	full    bool          // it was written to its end before
	idle    bool          // nobody has written since tidy was here
	words   []uint64      // trace and marks
	spans   []sdktrace.ReadOnlySpan
	weights []int32
	bytes   int64 // of the weights
	survey  survey
	_       [64]byte
}

// newChildLog returns a log for the CPUs that there are now.
func newChildLog(c *core) *childLog {
	n := 4
	for n < 4*runtime.GOMAXPROCS(0) && n < maxLogShards {
		n *= 2
	}
	l := &childLog{shards: make([]logShard, n), most: max(maxLogged/n, minRing), core: c}
	for 1<<l.bits < n {
		l.bits++
	}
	l.holds = c.cfg.anatomy && c.running != nil
	for i := range l.shards {
		sh := &l.shards[i]
		sh.reset()
		if l.holds {
			sh.survey = newSurvey(c.running)
		}
	}
	return l
}

// holding reports whether there is a log that has children for anatomies.
func (l *childLog) holding() bool { return l != nil && l.holds }

// reset lets go of everything. The caller has the shard.
func (sh *logShard) reset() {
	sh.words, sh.spans, sh.weights = make([]uint64, minRing), make([]sdktrace.ReadOnlySpan, minRing), make([]int32, minRing)
	sh.counted, sh.moved, sh.full, sh.bytes = 0, 0, false, 0
}

// append takes a child in, of parts that weigh so much. word is its trace's, with marks.
func (l *childLog) append(word uint64, s sdktrace.ReadOnlySpan, parts int) {
	var here byte
	i := latency.Spread(uintptr(unsafe.Pointer(&here)), l.bits)
	sh := &l.shards[i]
	n := sh.state.Swap(logLocked)
	if n == logLocked || n&(logBlock-1) == logBlock-1 {
		l.appendSlowly(word, s, parts, i, n)
		return
	}
	sh.words[n], sh.spans[n], sh.weights[n] = word, s, int32(parts)
	sh.state.Store(n + 1)
}

// appendSlowly finishes an append that found its shard i locked, or its block about to be full. n is what the Swap returned.
func (l *childLog) appendSlowly(word uint64, s sdktrace.ReadOnlySpan, parts, i int, n uint32) {
	for tries := 1; n == logLocked; tries++ {
		if tries%len(l.shards) == 0 {
			runtime.Gosched() // all are held, by goroutines that may not be running
		}
		i = (i + 1) & (len(l.shards) - 1)
		n = l.shards[i].state.Swap(logLocked)
	}
	sh := &l.shards[i]
	sh.words[n], sh.spans[n], sh.weights[n] = word, s, int32(parts)
	if n++; n&(logBlock-1) != 0 {
		sh.state.Store(n)
		return
	}
	l.finish(sh, n)
}

// finish does what is to be done when a block is full, and gives the shard back.
func (l *childLog) finish(sh *logShard, n uint32) {
	next := n
	defer func() { sh.state.Store(next) }() // a fault of ours must not keep the shard
	defer l.core.guard()
	if size := uint32(len(sh.spans)); n == size && !l.grow(sh) {
		next = 0
	}
	l.look(sh, n)
	if next == 0 {
		sh.counted = 0
	}
	if !l.holds {
		return
	}
	if next == 0 {
		sh.survey.take(l.core.running)
	}
	for i := next; i < next+logBlock; i++ {
		l.giveWay(sh, i)
	}
}

// grow makes a ring longer if it is too short for what runs.
func (l *childLog) grow(sh *logShard) bool {
	size := len(sh.spans)
	grows := sh.full && int(sh.moved) > size/8 && 2*size <= l.most
	sh.full, sh.moved = true, 0
	if grows {
		sh.words, sh.weights = append(sh.words, make([]uint64, size)...), append(sh.weights, make([]int32, size)...)
		sh.spans = append(sh.spans, make([]sdktrace.ReadOnlySpan, size)...)
	}
	return grows
}

// look counts and weighs the children up to n that nobody has looked at.
func (l *childLog) look(sh *logShard, n uint32) {
	c, from := l.core, sh.counted
	sh.counted, sh.idle = n, sh.idle && n == from
	var words [logBlock]word
	calls := 0
	for i := from; i < n; i++ {
		s, w := sh.spans[i], sh.words[i]
		if s == nil {
			continue
		}
		sh.words[i] = w &^ traceMarks
		name, attrs, status := s.Name(), s.Attributes(), s.Status()
		var row *entry
		if w&loggedCall != 0 {
			kind := trace.SpanKindClient
			if w&loggedProducer != 0 {
				kind = trace.SpanKindProducer
			}
			if call := c.measureCall(s, kind, name, attrs, status.Code); call.row != nil {
				row, words[calls] = call.row, call.word
				calls++
			}
		}
		if !l.holds {
			sh.spans[i] = nil
			continue
		}
		var state trace.TraceState
		if w&loggedState != 0 {
			state = s.SpanContext().TraceState()
		}
		weight := weighWhole(int(sh.weights[i]), name, status, state)
		sh.weights[i] = int32(weight)
		if sh.bytes += int64(weight); weight > maxLightSpan {
			sh.survey.take(c.running)
			l.moveAside(sh, i, row)
		}
	}
	c.rec.RecordAll(words[:calls])
}

// over reports whether a child's request has ended, so that nobody will ask for it. The survey is to be of a time after it. Of what there is
// to know nothing of, its request may run.
func (l *childLog) over(sh *logShard, i uint32) bool {
	return !claim{&sh.survey, sh.words[i] &^ traceMarks}.stands()
}

// giveWay makes room at a place of the ring.
func (l *childLog) giveWay(sh *logShard, i uint32) {
	switch {
	case sh.spans[i] == nil:
	case l.over(sh, i):
		sh.drop(i)
	default:
		sh.moved++
		l.moveAside(sh, i, nil)
	}
}

// drop lets a child go.
func (sh *logShard) drop(i uint32) {
	sh.bytes -= int64(sh.weights[i])
	sh.spans[i], sh.weights[i] = nil, 0
}

// moveAside hands a child to the gatherer.
func (l *childLog) moveAside(sh *logShard, i uint32, row *entry) {
	s, weight := sh.spans[i], int(sh.weights[i])
	sh.drop(i)
	parent := s.Parent()
	l.core.gather.hold(&parent, s, weight, row, claim{&sh.survey, sh.words[i] &^ traceMarks})
}

// holdAside hands a child that is too heavy for the log to the gatherer. It may wait for whoever has the shard.
func (l *childLog) holdAside(word uint64, parent *trace.SpanContext, s sdktrace.ReadOnlySpan, weight int, row *entry) {
	sh := &l.shards[int(word>>60)&(len(l.shards)-1)]
	n := sh.lock()
	defer func() { sh.state.Store(n) }()
	sh.survey.take(l.core.running)
	l.core.gather.hold(parent, s, weight, row, claim{&sh.survey, word &^ traceMarks})
}
