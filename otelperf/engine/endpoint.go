// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/timeline"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// endpoint is everything that is known of one endpoint. The engine's mutex guards it.
type endpoint struct {
	id       int  // of its own: not the source's, which another may have after it
	touched  bool // the running Advance brought a delta
	name     conventions.Endpoint
	coarse   bool          // durations came from buckets wider than ours
	beyond   time.Duration // see Numbers.Beyond
	unknown  bool          // some outcomes are not known, and count as ok
	line     *timeline.Line
	detector *baseline.Detector

	suspicion baseline.Suspicion // as of the last tick
	published spikeprocessor.EndpointState
	part      *part // in an open incident, of its latency; nil: none
	others
	budget  *budget // that it stands for; nil: it is an endpoint
	late    late
	rebased int // spikes that became the baseline
	before  before
}

func (ep *endpoint) add(d *spikeprocessor.Delta) {
	ep.line.Add(d.All, &d.Outcomes)
	ep.coarse, ep.beyond = ep.coarse || d.Coarse, earlier(ep.beyond, d.Beyond)
	ep.unknown = ep.unknown || d.OutcomesUnknown
}

// state is what the span path must know.
func (ep *endpoint) state() spikeprocessor.EndpointState {
	s := spikeprocessor.EndpointState{BaselineP99: ep.baselineP99(), SuspectThreshold: ep.suspicion.Threshold, Rebased: ep.rebased}
	if p := ep.part; p != nil {
		s.SpikeID, s.SpikeStart, s.SpikeThreshold = p.in.ID, p.since, p.threshold
	}
	return s
}

// baselineP99 is 0 until the detector has learned enough for it.
func (ep *endpoint) baselineP99() time.Duration {
	if ep.detector.State().Phase == baseline.Learning {
		return 0
	}
	p99, _ := ep.detector.Quantile(0.99)
	return p99
}
