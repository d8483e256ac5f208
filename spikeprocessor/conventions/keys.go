// SPDX-License-Identifier: Apache-2.0

package conventions

import "go.opentelemetry.io/otel/attribute"

// Keys of the attributes that spans and metric points get from us. The README lists them; a test compares the two.
const (
	// RouteKey is the route template of an HTTP request, for spans that have it in their name alone.
	RouteKey attribute.Key = "http.route"

	// OutcomeKey says how a request ended where the status code cannot: the name of a slowlog.Outcome.
	OutcomeKey attribute.Key = "otelperf.outcome"
	// KindKey and EndpointKey identify endpoints that no semantic convention names: consumers, jobs, dependencies.
	KindKey     attribute.Key = "otelperf.kind"
	EndpointKey attribute.Key = "otelperf.endpoint"

	// SlowKey marks a slow request (bool).
	SlowKey attribute.Key = "otelperf.slow"
	// BaselineP99Key is what the endpoint's p99 normally is (double, s), BaselineRatioKey how many times that the request took.
	BaselineP99Key   attribute.Key = "otelperf.baseline.p99"
	BaselineRatioKey attribute.Key = "otelperf.baseline.ratio"
	// SpikeIDKey names the spike that is open for the endpoint (string).
	SpikeIDKey attribute.Key = "otelperf.spike.id"
	// RescuedKey marks a request that was exported though it was not sampled (bool), RescueReasonKey says why: slow, failed, spike.
	RescuedKey      attribute.Key = "otelperf.rescued"
	RescueReasonKey attribute.Key = "otelperf.rescue.reason"
)
