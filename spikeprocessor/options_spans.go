// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"fmt"
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// enrichment is a set of attributes that exported spans get.
type enrichment uint8

const (
	enrichRoute enrichment = 1 << iota
	enrichOutcome
	enrichSlow
	enrichBaseline
	enrichSpike

	enrichAll = enrichRoute | enrichOutcome | enrichSlow | enrichBaseline | enrichSpike
)

var enrichmentOf = map[attribute.Key]enrichment{
	conventions.RouteKey: enrichRoute, conventions.OutcomeKey: enrichOutcome, conventions.SlowKey: enrichSlow, conventions.BaselineP99Key: enrichBaseline,
	conventions.BaselineRatioKey: enrichBaseline, conventions.SpikeIDKey: enrichSpike,
}

// WithoutEnrichment leaves exported spans without these attributes: http.route, otelperf.outcome, otelperf.slow, otelperf.baseline.p99
// (and with it otelperf.baseline.ratio), otelperf.spike.id; without all of them if none is named. Rescued spans are
// marked in any case. The default is to set all.
func WithoutEnrichment(keys ...attribute.Key) Option {
	return option{"WithoutEnrichment", func(c *config) {
		if len(keys) == 0 {
			c.enrichment = 0
		}
		for _, k := range keys {
			which, ok := enrichmentOf[k]
			if !ok {
				c.errs = append(c.errs, fmt.Errorf("%w: enrichment: %q is not an attribute that is added", ErrConfig, k))
			}
			c.enrichment &^= which
		}
	}}
}

// WithAnatomy says whether ended child spans are held until their request ends, so that a slow one shows where its time
// went. The default is true; at most 8 MiB of spans are held in the process, and so
// 8192 of them, 256 of a request.
func WithAnatomy(on bool) Option {
	return option{"WithAnatomy", func(c *config) { c.anatomy = on }}
}

// WithInFlight says whether running requests are noted, at most 4096, and 1024 (and 16 for each CPU, at least 64) of the last two
// seconds, so that one that never ends can be seen. The default is true; the start and the end of a request's span cost about half
// as much again with it as without. Without it the anatomy of a request that takes more than a minute lacks what ended more than a minute before it.
func WithInFlight(on bool) Option {
	return option{"WithInFlight", func(c *config) { c.inFlight = on }}
}

// WithDependencies says whether client and producer spans below a request are measured by what they called. The default is true. Those that have no
// parent in the process are local roots, and counted in any case.
func WithDependencies(on bool) Option {
	return option{"WithDependencies", func(c *config) { c.dependencies = on }}
}

// WithQueryText keeps database statements with their literals. The default is false: literals may be personal data.
func WithQueryText(on bool) Option {
	return option{"WithQueryText", func(c *config) { c.queryText = on }}
}

// WithDimensions names attributes of local roots by which requests are told apart, such as "tenant.id" or
// "geo.country.iso_code": at most 8, none of them empty or twice. The default is none. Values are compared by their first 64 bytes.
func WithDimensions(keys ...attribute.Key) Option {
	return option{"WithDimensions", func(c *config) {
		if len(keys) > maxDimensions {
			c.errs = append(c.errs, fmt.Errorf("%w: dimensions: got %d, want at most %d", ErrConfig, len(keys), maxDimensions))
			return
		}
		if slices.Contains(keys, "") {
			c.errs = append(c.errs, fmt.Errorf("%w: dimensions: a key is empty", ErrConfig))
			return
		}
		for i, k := range keys {
			if slices.Contains(keys[:i], k) {
				c.errs = append(c.errs, fmt.Errorf("%w: dimensions: %q is there twice", ErrConfig, k))
				return
			}
		}
		c.dimensions = slices.Clone(keys)
	}}
}

const maxDimensions = 8

// WithRescue sets how many unsampled requests that turned out slow, failed or part of a spike are exported: perSecond in
// the long run, 0 (none) to 1000, burst at once, 1 to 10000, or 0 for the default. The default is 5 and 20. Only requests that Sampler had recorded can
// be rescued.
func WithRescue(perSecond float64, burst int) Option {
	return option{"WithRescue", func(c *config) {
		if !(perSecond >= 0 && perSecond <= 1000) {
			c.errs = append(c.errs, fmt.Errorf("%w: rescue rate: got %v, want 0 to 1000 a second", ErrConfig, perSecond))
		}
		if burst < 0 || burst > 10000 {
			c.errs = append(c.errs, fmt.Errorf("%w: rescue burst: got %d, want 0 to 10000", ErrConfig, burst))
		}
		if burst == 0 {
			burst = defaultRescueBurst
		}
		c.rescueRate, c.rescueBurst = perSecond, burst
	}}
}

// SamplerMode says what Sampler records of traces that are not sampled.
type SamplerMode uint8

const (
	// RecordAll records all spans: every slow request has its whole anatomy and can be rescued with it. It is the default.
	RecordAll SamplerMode = iota
	// RecordRoots records local roots alone: all are counted and can be kept, but of unsampled ones nothing below the root is known.
	RecordRoots
	// RecordSuspects records local roots, and all spans for a minute after a request was slow, failed, or part of a spike.
	RecordSuspects

	numSamplerModes
)

// WithSamplerMode sets what Sampler records of unsampled traces. The default is RecordAll.
func WithSamplerMode(m SamplerMode) Option {
	return option{"WithSamplerMode", func(c *config) {
		if m >= numSamplerModes {
			c.errs = append(c.errs, fmt.Errorf("%w: sampler mode: got %d, want RecordAll, RecordRoots or RecordSuspects", ErrConfig, m))
			return
		}
		c.mode = m
	}}
}
