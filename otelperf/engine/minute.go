// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/timeline"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// MinuteRow is what one endpoint did in a minute.
type MinuteRow struct {
	Endpoint  conventions.Endpoint  // it is of
	Outcomes  slowlog.OutcomeCounts // its requests by how they ended
	Durations *latency.Histogram    // the receiver's to keep; nil for none
	Coarse    bool                  // durations came from buckets wider than ours
}

// RowsOf returns what was done in the minute that begins at a time, one of the last hour or the running one, by those that did anything. over
// is false for the running one. The lock is not held from one row to the next.
func (e *Engine) RowsOf(minute time.Time) (rows []MinuteRow, over bool) {
	e.mu.Lock()
	n, at := len(e.endpoints), minute.Unix()/60
	over = at < e.step/timeline.StepsPerMinute
	e.mu.Unlock()
	for id := range n {
		if row, ok := e.minuteOf(id, at); ok {
			rows = append(rows, row)
		}
	}
	return rows, over
}

func (e *Engine) minuteOf(id int, minute int64) (row MinuteRow, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ep, t := e.endpoints[id], &e.scratch.Aggregate
	if ep == nil {
		return row, false
	}
	t.Reset()
	ep.line.Minute(minute, e.step, t)
	if t.Outcomes == (slowlog.OutcomeCounts{}) {
		return row, false
	}
	row = MinuteRow{Endpoint: ep.name, Outcomes: t.Outcomes, Coarse: ep.coarse}
	if t.Durations.Count() > 0 {
		row.Durations = new(latency.Histogram)
		row.Durations.Merge(&t.Durations)
	}
	return row, true
}
