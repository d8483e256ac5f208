// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import "go.opentelemetry.io/otel/attribute"

// Attribute keys of our own. The README lists them; a test compares the two.
const (
	// OutcomeKey says how a request ended where the status code cannot: one of the Outcome names.
	OutcomeKey attribute.Key = "otelperf.outcome"
	// KindKey and EndpointKey identify endpoints that no semantic convention names: consumers, jobs, dependencies.
	KindKey     attribute.Key = "otelperf.kind"
	EndpointKey attribute.Key = "otelperf.endpoint"
)

// Keys that are read from spans; older names follow their successors.
const (
	keyHTTPMethod    = "http.request.method"
	keyHTTPRoute     = "http.route"
	keyHTTPStatus    = "http.response.status_code"
	keyURLPath       = "url.path"
	keyOldHTTPMethod = "http.method"
	keyOldHTTPStatus = "http.status_code"
	keyOldHTTPTarget = "http.target"

	keyRPCSystem    = "rpc.system.name"
	keyOldRPCSystem = "rpc.system"
	keyRPCStatus    = "rpc.response.status_code"
	keyOldRPCStatus = "rpc.grpc.status_code"

	keyDBSystem    = "db.system.name"
	keyOldDBSystem = "db.system"
	keyMessaging   = "messaging.system"

	keyExceptionType    = "exception.type"
	keyExceptionMessage = "exception.message"
	keyExceptionStack   = "exception.stacktrace"
)
