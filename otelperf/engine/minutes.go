// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/timeline"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// WholeMinute is what an endpoint did in a whole minute.
type WholeMinute struct {
	Time      time.Time             // of its beginning
	Outcomes  slowlog.OutcomeCounts // its requests by how they ended
	Durations *latency.Histogram    // the receiver's to keep
}

// Minutes returns the whole minutes of the last hour since the start or the last reset, the oldest first, of the endpoint that has this
// name ("METHOD ROUTE"), and of this kind unless it is "". ok is false for one that had no request.
func (e *Engine) Minutes(name, kind string) (of conventions.Endpoint, minutes []WholeMinute, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for ep := range e.all() {
		if ep.name.String() != name || kind != "" && ep.name.Kind.String() != kind {
			continue
		}
		at := time.Unix((e.step/timeline.StepsPerMinute-timeline.KeptMinutes)*60, 0)
		for t := range ep.line.Minutes(timeline.KeptMinutes, e.step, &e.scratch.Aggregate) {
			if !at.Before(e.began) {
				h := new(latency.Histogram)
				h.Merge(&t.Durations)
				minutes = append(minutes, WholeMinute{Time: at, Outcomes: t.Outcomes, Durations: h})
			}
			at = at.Add(time.Minute)
		}
		return ep.name, minutes, true
	}
	return of, nil, false
}
