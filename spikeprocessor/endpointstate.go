// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"math"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// EndpointState is what the engine knows of an endpoint and the span path must know.
type EndpointState struct {
	// BaselineP99 is what p99 normally is; 0 while that is not known.
	BaselineP99 time.Duration
	// SpikeID names the open spike; "" if there is none.
	SpikeID string
	// SpikeStart is when the evidence of it began, SpikeThreshold above which duration requests are part of it.
	SpikeStart     time.Time
	SpikeThreshold time.Duration // see SpikeStart
	// SuspectThreshold is above which duration requests may be part of a spike that is not sure yet; 0 if there is nothing suspicious.
	SuspectThreshold time.Duration
	// Rebased is how many spikes have lasted until they were what is usual.
	Rebased int
}

func (s *EndpointState) spiking() bool { return s != nil && s.SpikeID != "" }

// publish takes in what the engine knows by now. What is usual stays as it was before a spike for as long as that is open.
func (e *entry) publish(s *EndpointState) {
	old := e.state.Swap(s)
	e.judge()
	switch {
	case s.spiking() && !old.spiking():
		e.usual.freeze(s.SpikeStart)
		e.contrast.freeze(s.SpikeStart, s.SpikeThreshold)
	case old.spiking() && !s.spiking():
		e.usual.thaw(s.Rebased != old.Rebased)
		e.contrast.thaw()
	}
}

// prepare sets what a new entry takes from the configuration.
func (c *core) prepare(e *entry) {
	threshold := c.cfg.thresholdOf(e.endpoint.String())
	if e.endpoint.Kind == conventions.KindDependency {
		threshold = math.MaxInt64 // a slow call shows in the request that waited for it
	}
	e.threshold.Store(int64(threshold))
	e.judge()
}

// judge puts the limits on a request's duration into the one number that every request is compared with.
func (e *entry) judge() {
	limit := e.threshold.Load()
	st := e.state.Load()
	if st != nil && st.BaselineP99 > 0 && limit < math.MaxInt64 {
		limit = min(limit, int64(max(baselineFactor*st.BaselineP99, baselineFloor)))
	}
	e.slowNanos.Store(limit)
	if st.spiking() && st.SpikeThreshold > 0 && limit < math.MaxInt64 {
		limit = min(limit, int64(st.SpikeThreshold)) // what made it a spike is wanted, slow or not
	}
	e.keepNanos.Store(limit)
	if st != nil && st.SuspectThreshold > 0 && limit < math.MaxInt64 {
		limit = min(limit, int64(st.SuspectThreshold))
	}
	e.markNanos.Store(limit)
}
