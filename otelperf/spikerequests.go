// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/involved"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// spikeRequests are the single requests that the engine asks about.
type spikeRequests struct {
	slow *slowlog.Store
	link spikeprocessor.Link
}

// WaitsFor names the dependency that an endpoint's slow requests wait for.
func (r spikeRequests) WaitsFor(ep conventions.Endpoint, since time.Time) string {
	return r.link.WaitsFor(ep, since)
}

// Examples returns the slowest requests of an incident, each of another trace, and first that of its first part.
func (r spikeRequests) Examples(in *engine.Incident) []engine.Request {
	return involved.Examples(r.slow, in, time.Time{})
}

// Errors are those of the failed requests of a part that are stored, the most frequent first.
func (r spikeRequests) Errors(p *engine.Part) []engine.ErrorGroup { return involved.Errors(r.slow, p) }
