// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"slices"
	"sync"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const classicSamples = 1000

// classic is the monitor that many services have written for themselves: one mutex, the last 1000 durations, a map of
// endpoints, and on request a copy that is sorted.
type classic struct {
	mu        sync.Mutex // guards all below
	last      [classicSamples]time.Duration
	next, n   int
	total     uint64
	endpoints map[string]*classicEndpoint
}

type classicEndpoint struct {
	count         uint64
	sum, min, max time.Duration
	last          [classicSamples]time.Duration
	next, n       int
}

func newClassic() *classic { return &classic{endpoints: map[string]*classicEndpoint{}} }

// OnStart implements sdktrace.SpanProcessor.
func (c *classic) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

// OnEnd records a server span under its name.
func (c *classic) OnEnd(s sdktrace.ReadOnlySpan) {
	if s.SpanKind() != trace.SpanKindServer {
		return
	}
	d, name := s.EndTime().Sub(s.StartTime()), s.Name()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total++
	c.last[c.next] = d
	c.next, c.n = (c.next+1)%classicSamples, min(c.n+1, classicSamples)
	e := c.endpoints[name]
	if e == nil {
		e = &classicEndpoint{min: d}
		c.endpoints[name] = e
	}
	e.count++
	e.sum += d
	e.min, e.max = min(e.min, d), max(e.max, d)
	e.last[e.next] = d
	e.next, e.n = (e.next+1)%classicSamples, min(e.n+1, classicSamples)
}

// quantiles sorts a copy, as they all do.
func (e *classicEndpoint) quantiles(qs ...float64) []time.Duration {
	sorted := slices.Clone(e.last[:e.n])
	slices.Sort(sorted)
	out := make([]time.Duration, len(qs))
	for i, q := range qs {
		out[i] = sorted[min(int(q*float64(e.n)), e.n-1)]
	}
	return out
}

// Shutdown implements sdktrace.SpanProcessor.
func (c *classic) Shutdown(context.Context) error { return nil }

// ForceFlush implements sdktrace.SpanProcessor.
func (c *classic) ForceFlush(context.Context) error { return nil }
