// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"math"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// View is what the engine knows of an endpoint and the span path must know.
type View struct {
	// BaselineP99 is what p99 normally is; 0 while that is not known.
	BaselineP99 time.Duration
	// SpikeID names the open spike, if there is one.
	SpikeID string
}

// Publish tells the processor what the engine knows of an endpoint. Spans that end afterwards are judged by it. An
// endpoint that is not in the table is passed over.
func (p *Processor) Publish(ep conventions.Endpoint, v View) {
	if e := p.core.table.find(ep); e != nil {
		e.view.Store(&v)
		e.judge()
	}
}

// SlowThreshold returns the configured threshold of an endpoint.
func (p *Processor) SlowThreshold(ep conventions.Endpoint) time.Duration {
	return p.core.cfg.thresholdOf(ep.String())
}

// SetSlowThreshold changes the threshold of the endpoints that no WithEndpointSlowThreshold names. Spans that end afterwards are
// judged by it. A d that is not positive is passed over.
func (p *Processor) SetSlowThreshold(d time.Duration) {
	if d <= 0 {
		return
	}
	p.core.cfg.slowThreshold.Store(int64(d))
	for _, e := range p.core.table.entries() {
		p.core.prepare(e)
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
	v := e.view.Load()
	if v != nil && v.BaselineP99 > 0 && limit < math.MaxInt64 {
		limit = min(limit, int64(max(baselineFactor*v.BaselineP99, baselineFloor)))
	}
	e.slowNanos.Store(limit)
	if v != nil && v.SpikeID != "" && limit < math.MaxInt64 {
		limit = min(limit, int64(v.BaselineP99)) // the endpoint's slowest are wanted, slow or not
	}
	e.keepNanos.Store(limit)
}
