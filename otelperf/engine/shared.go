// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/timeline"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

const (
	// NumWindows is the number of windows.
	NumWindows = int(All) + 1
	// SharedMinutes is how many whole minutes a SharedRow has.
	SharedMinutes = 10
	// maxSharedStep and maxSharedMinute bound the bytes of sealed durations, those of a minute more tightly.
	maxSharedStep, maxSharedMinute = 2 << 10, latency.MinStepLimit
)

// SharedRow is one endpoint in the form in which those of several processes are merged.
type SharedRow struct {
	Row                               // without Numbers, which are in Windows
	Windows [NumWindows]SharedSpan    // by Window
	Minutes [SharedMinutes]SharedSpan // the last whole ones, the oldest first; their durations are in buckets as wide as 96 bytes can tell
}

// SharedSpan is what was done in a span of time.
type SharedSpan struct {
	Outcomes  slowlog.OutcomeCounts // requests by how they ended
	Durations latency.Step          // of those that are timed
	Impact    float64               // as of Row; not of a minute
}

// Shared returns all rows in the order of their names, and how many seconds each window covers. The lock is not held from one row to the
// next.
func (e *Engine) Shared() (rows []SharedRow, seconds [NumWindows]float64) {
	e.mu.Lock()
	n := len(e.endpoints)
	for w := range seconds {
		seconds[w] = e.covered(Window(w)).Seconds()
	}
	e.mu.Unlock()
	var sum timeline.Aggregate
	var buf []byte
	for id := range n {
		var row SharedRow
		if e.shared(id, &seconds, &row, &sum, &buf) {
			rows = append(rows, row)
		}
	}
	order.By(rows, func(a, b *SharedRow) int { return byName(&a.Row, &b.Row) })
	return rows, seconds
}

func (e *Engine) shared(id int, seconds *[NumWindows]float64, row *SharedRow, sum *timeline.Aggregate, buf *[]byte) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	ep := e.endpoints[id]
	if ep == nil {
		return false
	}
	seal := func(t *timeline.Aggregate, limit int) SharedSpan {
		*buf = t.Durations.Seal(*buf, limit)
		return SharedSpan{Outcomes: t.Outcomes, Durations: slices.Clone(latency.Step(*buf))}
	}
	for w := range row.Windows {
		t := e.sum(ep, &Period{Window: Window(w)}, sum)
		row.Row = e.row(ep, t, time.Duration(seconds[w]*float64(time.Second)))
		row.Windows[w] = seal(t, maxSharedStep)
		row.Windows[w].Impact = row.Impact
	}
	row.Numbers, row.Spike = Numbers{Beyond: row.Beyond}, nil
	last := e.step/timeline.StepsPerMinute - 1
	for i := range row.Minutes {
		t := &e.scratch.Aggregate
		t.Reset()
		ep.line.Minute(last-int64(len(row.Minutes)-1-i), e.step, t)
		row.Minutes[i] = seal(t, maxSharedMinute)
	}
	return true
}

// Merge adds a span to durations and outcomes; ok is false for one whose durations cannot be read.
func (s *SharedSpan) Merge(h *latency.Histogram, o *slowlog.OutcomeCounts) (ok bool) {
	o.Add(&s.Outcomes)
	return s.Durations.AddTo(h)
}

// Merged is the row of an endpoint of which Numbers are those of durations and outcomes of several processes; coarse says that some came from
// buckets wider than ours, and beyond from when on they tell nothing.
func Merged(of conventions.Endpoint, h *latency.Histogram, o *slowlog.OutcomeCounts, seconds float64, coarse bool, beyond time.Duration) Row {
	t := timeline.Aggregate{Outcomes: *o}
	t.Durations.Merge(h)
	r := Row{Endpoint: of, Numbers: numbersOf(&t, seconds), Coarse: coarse, Histogram: histogramOf(&t)}
	r.limit(coarse, beyond)
	return r
}
