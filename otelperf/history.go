// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"encoding/binary"
	"slices"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// tally is the numbers of one span of time: durations and outcomes.
type tally struct {
	durations latency.Histogram
	outcomes  slowlog.OutcomeCounts
}

func (t *tally) reset() {
	t.durations.Reset()
	t.outcomes = slowlog.OutcomeCounts{}
}

func (t *tally) empty() bool { return t.outcomes == slowlog.OutcomeCounts{} }

func (t *tally) merge(o *tally) {
	t.durations.Merge(&o.durations)
	t.outcomes.Add(&o.outcomes)
}

// sealed is a tally of a span of time that is over: the outcomes as uvarints, then a latency.Step. Nil is empty.
type sealed []byte

// seal encodes t into memory of its own, at most limit bytes besides the outcomes. It reuses old where that fits.
func (t *tally) seal(old sealed, limit int, scratch *[]byte) sealed {
	buf := (*scratch)[:0]
	for _, n := range t.outcomes {
		buf = binary.AppendUvarint(buf, n)
	}
	head := len(buf)
	buf = slices.Grow(buf, limit)
	step := t.durations.Seal(buf[head:head], limit)
	buf = append(buf[:head], step...)
	*scratch = buf
	if cap(old) < len(buf) || cap(old) > 2*len(buf) {
		old = make(sealed, len(buf))
	}
	return append(old[:0], buf...)
}

// addTo adds what s holds to t.
func (s sealed) addTo(t *tally) {
	rest := []byte(s)
	if len(rest) == 0 {
		return
	}
	for i := range t.outcomes {
		n, size := binary.Uvarint(rest)
		if size <= 0 {
			return
		}
		t.outcomes[i] += n
		rest = rest[size:]
	}
	latency.Step(rest).AddTo(&t.durations)
}

// ring keeps the sealed tallies of the last few spans of equal length. A span is known by its number since 1970, so
// gaps, however long, need no clearing: an old number is simply not asked for.
type ring struct {
	numbers []int32 // 0: none yet
	items   []sealed
}

func newRing(n int) ring {
	return ring{numbers: make([]int32, n), items: make([]sealed, n)}
}

func (r *ring) index(number int64) int {
	n := int64(len(r.items))
	return int((number%n + n) % n)
}

func (r *ring) get(number int64) sealed {
	if i := r.index(number); r.numbers[i] == int32(number) {
		return r.items[i]
	}
	return nil
}

// addRange adds the spans from, from+1, ..., to-1 to t.
func (r *ring) addRange(from, to int64, t *tally) {
	for n := from; n < to; n++ {
		r.get(n).addTo(t)
	}
}

func (r *ring) clear() {
	for i := range r.items {
		r.numbers[i] = 0
		r.items[i] = r.items[i][:0]
	}
}

// shift renumbers all spans, for a clock that was set.
func (r *ring) shift(by int64) {
	old := *r
	*r = newRing(len(old.items))
	for i, number := range old.numbers {
		if number != 0 {
			at := r.index(int64(number) + by)
			r.numbers[at], r.items[at] = number+int32(by), old.items[i]
		}
	}
}

func (r *ring) bytes() int {
	n := len(r.items) * (4 + 24)
	for _, s := range r.items {
		n += cap(s)
	}
	return n
}
