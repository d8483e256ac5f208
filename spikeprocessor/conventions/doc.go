// SPDX-License-Identifier: Apache-2.0

// Package conventions reads what OpenTelemetry's semantic conventions, present and older ones, say of a span or a metric
// point, and gives plain values. It is the one place that knows attribute keys: live spans, metric points and recorded traces
// are read by the same functions, so that one request has one name and one outcome wherever it is seen.
//
//	s := conventions.Span{Kind: trace.SpanKindServer, Name: "GET /users/{id}", Attributes: attrs}
//	r := s.Request()                                     // of a local root: endpoint, status, outcome
//	r = conventions.Point(attrs)                         // of a metric point: the same
//	c, … := conventions.Dependency(kind, attrs)          // of a client or producer span: what was called
//	c := conventions.CallOf(kind, attrs)                 // of any span: all that explains it, for the slow log
//
// Where a span has a field under its present name and under an older one, the present one holds; of several older ones the
// first, but a name before an IP address. The first 128 attributes of a span are looked at. What is read are the conventions of version 1.43
// (https://opentelemetry.io/docs/specs/semconv/) and back to 1.4.
//
// Nothing here logs, locks or panics. Request and the scan of [Layouts] allocate nothing, and neither does Dependency by itself;
// [CallLayouts] does so for each of its layouts. All functions are safe for concurrent use; a Span is for one goroutine.
package conventions
