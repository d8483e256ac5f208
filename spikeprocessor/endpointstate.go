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
	if st != nil && st.SpikeID != "" && limit < math.MaxInt64 {
		limit = min(limit, int64(st.BaselineP99)) // the endpoint's slowest are wanted, slow or not
	}
	e.keepNanos.Store(limit)
}
