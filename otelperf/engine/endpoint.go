// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"math"
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
	unconfirmed map[Matter]baseline.Event // alarms that wait for Options.Confirm; nil mostly

	budget  *budget // that it stands for; nil: it is an endpoint
	late    late
	rebased int // spikes that became the baseline
	before  before

	sampled, stands float64 // requests that came, and those that they stand for
}

func (ep *endpoint) add(d *spikeprocessor.Delta) {
	represented := d.Represented()
	ep.line.Add(d.All, represented)
	ep.sampled, ep.stands = ep.sampled+float64(d.Outcomes.Total()), ep.stands+float64(represented.Total())
	if ep.sampled > lately {
		ep.sampled, ep.stands = ep.sampled/2, ep.stands/2
	}
	ep.coarse, ep.beyond = ep.coarse || d.Coarse, earlier(ep.beyond, d.Beyond)
	ep.unknown = ep.unknown || d.OutcomesUnknown
}

// lately is of how many requests it is known, at most, how many each stands for: of at least half of these, the last ones.
const lately = 20_000

// weight is how many requests each one that came stands for, on average: 1 where all come.
func (ep *endpoint) weight() float64 {
	if ep.sampled == 0 {
		return 1
	}
	return ep.stands / ep.sampled
}

// stand is how many requests n that came stand for.
func (ep *endpoint) stand(n uint64) uint64 { return uint64(math.Round(float64(n) * ep.weight())) }

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
