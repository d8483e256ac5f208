// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
)

const (
	chunkBytes = 32 << 10
	// heldFor is how long spans are held at most: those of requests that take longer are not all there when it ends.
	heldFor = 2 * time.Minute
	// waitFor is how long a service that wanted a chunk counts as one of those who share.
	waitFor = 10 * time.Second
)

// chunkRecords is how many records a chunk has: what its filter and its head leave room for.
const chunkRecords = chunkBytes/32 - 34

// chunk is held spans: those of a trace that came one after the other are a record with its id and their number, and then one each.
type chunk struct {
	records []heldSpan
	run     int    // the record of the last id
	base    int64  // from when on times count, microseconds
	arrived int64  // second in which the last of it came
	filter  filter // of their traces
}

func (c *chunk) reset() {
	c.records, c.run, c.filter, c.base, c.arrived = c.records[:0], 0, filter{}, 0, 0
}

// full reports whether there may be no room for a span.
func (c *chunk) full() bool { return len(c.records)+2 > cap(c.records) }

// add makes room for a span of a trace, of which the rest is to be written. It is nil for one that
// is half an hour or more off the time at which the first came: no span of a wrong clock keeps others out.
func (c *chunk) add(id trace.TraceID, start, end, second int64) *heldSpan {
	from, to := start/int64(time.Microsecond), end/int64(time.Microsecond)
	if len(c.records) == 0 {
		c.base = second * int64(time.Second/time.Microsecond)
	}
	from, to = from-c.base, to-c.base
	if from != int64(int32(from)) || to != int64(int32(to)) {
		return nil
	}
	c.arrived = second
	n := len(c.records)
	if n == 0 || c.records[c.run].traceID() != id {
		c.filter.set(id)
		c.run = n
		c.records = c.records[:n+2]
		c.records[n].beginRun(id)
		n++
	} else {
		c.records = c.records[:n+1]
	}
	c.records[c.run].start++
	h := &c.records[n]
	h.start, h.end = int32(from), int32(to)
	return h
}

// runs yields what came of each trace, one or more times for one.
func (c *chunk) runs(yield func(trace.TraceID, []heldSpan) bool) {
	for i := 0; i < len(c.records); {
		n := int(c.records[i].start)
		if !yield(c.records[i].traceID(), c.records[i+1:i+1+n]) {
			return
		}
		i += n + 1
	}
}

// timeOf is a time of one of its spans.
func (c *chunk) timeOf(offset int32) time.Time { return time.UnixMicro(c.base + int64(offset)) }

// filter is a set of traces that may have more than were put in: of each it has two bits, by the last bytes of its id, which are the random ones.
type filter [128]uint64

func (f *filter) set(id trace.TraceID) {
	at, bits := bitsOf(id)
	f[at] |= bits
}

func (f *filter) mayHave(id trace.TraceID) bool {
	at, bits := bitsOf(id)
	return f[at]&bits == bits
}

func bitsOf(id trace.TraceID) (at uint8, bits uint64) {
	return id[14] & 127, 1<<(id[15]&63) | 1<<(id[13]&63)
}

// chunks hands out chunks, and shares them fairly: while there is no more left than one for each service, one that has its share or more
// goes on with its oldest one. One that has less and finds none waits until those with more have given some back, at the next tick.
type chunks struct {
	mu    sync.Mutex // guards all below
	max   int
	made  int
	free  []*chunk
	users int // services that have any, or want one
	asked bool
}

func newChunks(bytes int64) *chunks {
	c := &chunks{}
	c.limit(bytes)
	return c
}

func (c *chunks) limit(bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.max = int(max(0, bytes) / chunkBytes)
	for len(c.free) > 0 && c.made > c.max {
		c.free, c.made = c.free[:len(c.free)-1], c.made-1
	}
}

func (c *chunks) bytes() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int64(c.made-len(c.free)) * chunkBytes
}

func (c *chunks) share() int { return max(1, c.max/max(1, c.users)) }

// next gives a service another chunk to write to; nil if there is none. The lock of the service is held.
func (c *chunks) next(h *held, second int64) *chunk {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ch *chunk
	h.wanted = second
	if !h.user {
		h.user = true
		c.users++
	}
	mayHave := len(h.chunks) < c.share() || len(c.free)+c.max-c.made > c.users // else these are for others
	switch n := len(c.free); {
	case n > 0 && mayHave:
		ch = c.free[n-1]
		c.free[n-1], c.free = nil, c.free[:n-1]
	case c.made < c.max && mayHave:
		c.made++
		ch = &chunk{records: make([]heldSpan, 0, chunkRecords)}
	case len(h.chunks) > 0 && (len(h.chunks) >= c.share() || c.asked && len(h.chunks) > 1):
		ch = h.chunks[0]
		copy(h.chunks, h.chunks[1:])
		h.chunks = h.chunks[:len(h.chunks)-1]
	default:
		c.asked = true
		return nil
	}
	ch.reset()
	ch.arrived = second
	h.chunks = append(h.chunks, ch)
	h.open = ch
	return ch
}

// expire gives back what is too old, and what is above the share of the service if others wait.
func (c *chunks) expire(h *held, second int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(h.chunks) == 0 {
		if h.user && second-h.wanted > int64(waitFor/time.Second) {
			h.user = false
			c.users--
		}
		return
	}
	n := 0
	for n < len(h.chunks) && (second-h.chunks[n].arrived > int64(heldFor/time.Second) || (c.asked || c.made > c.max) && len(h.chunks)-n > c.share()) {
		h.chunks[n].reset()
		if c.made > c.max {
			c.made--
		} else {
			c.free = append(c.free, h.chunks[n])
		}
		n++
	}
	if n == 0 {
		return
	}
	left := copy(h.chunks, h.chunks[n:])
	clear(h.chunks[left:])
	if h.chunks = h.chunks[:left]; left == 0 {
		h.open = nil
	}
}

// served forgets that somebody waited, once all have given back.
func (c *chunks) served() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = false
}
