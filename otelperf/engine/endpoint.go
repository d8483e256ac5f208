// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/timeline"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// endpoint is everything that is known of one endpoint. The engine's mutex guards it.
type endpoint struct {
	id       int  // of its own: not the source's, which another may have after it
	touched  bool // the running Advance brought a delta
	name     conventions.Endpoint
	coarse   bool // durations came from buckets wider than ours
	unknown  bool // some outcomes are not known, and count as ok
	line     *timeline.Line
	detector *baseline.Detector

	published spikeprocessor.EndpointState
	incident  string                // id of the open one that the endpoint has a part in; "": none
	before    slowlog.OutcomeCounts // all requests until that was reported
}

func (ep *endpoint) add(d *spikeprocessor.Delta) {
	ep.line.Add(d.All, &d.Outcomes)
	ep.coarse = ep.coarse || d.Coarse
	ep.unknown = ep.unknown || d.OutcomesUnknown
}

// view is what the span path must know.
func (ep *endpoint) state() spikeprocessor.EndpointState {
	return spikeprocessor.EndpointState{BaselineP99: ep.baselineP99(), SpikeID: ep.incident}
}

// baselineP99 is 0 until the detector has learned enough for it.
func (ep *endpoint) baselineP99() time.Duration {
	if ep.detector.State().Phase == baseline.Learning {
		return 0
	}
	p99, _ := ep.detector.Quantile(0.99)
	return p99
}
