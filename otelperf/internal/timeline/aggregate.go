// SPDX-License-Identifier: Apache-2.0

package timeline

import (
	"encoding/binary"
	"slices"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Aggregate is the numbers of one span of time: durations and outcomes.
type Aggregate struct {
	Durations latency.Histogram
	Outcomes  slowlog.OutcomeCounts
}

// Reset empties a and keeps its memory.
func (a *Aggregate) Reset() {
	a.Durations.Reset()
	a.Outcomes = slowlog.OutcomeCounts{}
}

// Merge adds o to a.
func (a *Aggregate) Merge(o *Aggregate) {
	a.Durations.Merge(&o.Durations)
	a.Outcomes.Add(&o.Outcomes)
}

func (a *Aggregate) empty() bool { return a.Outcomes == slowlog.OutcomeCounts{} }

// sealed is an aggregate of a span of time that is over: the outcomes as uvarints, then a latency.Step. Nil is empty.
type sealed []byte

// seal encodes a into memory of its own, at most limit bytes besides the outcomes. It reuses old where that fits.
func (a *Aggregate) seal(old sealed, limit int, scratch *[]byte) sealed {
	buf := (*scratch)[:0]
	for _, n := range a.Outcomes {
		buf = binary.AppendUvarint(buf, n)
	}
	head := len(buf)
	buf = slices.Grow(buf, limit)
	step := a.Durations.Seal(buf[head:head], limit)
	buf = append(buf[:head], step...)
	*scratch = buf
	if cap(old) < len(buf) || cap(old) > 2*len(buf) {
		old = make(sealed, len(buf))
	}
	return append(old[:0], buf...)
}

// addTo adds what s holds to t.
func (s sealed) addTo(t *Aggregate) {
	rest := []byte(s)
	if len(rest) == 0 {
		return
	}
	for i := range t.Outcomes {
		n, size := binary.Uvarint(rest)
		if size <= 0 {
			return
		}
		t.Outcomes[i] += n
		rest = rest[size:]
	}
	latency.Step(rest).AddTo(&t.Durations)
}
