// SPDX-License-Identifier: Apache-2.0

// Package format reads recorded requests: CSV, access logs and OTLP/JSON traces.
//
// Open looks at the first bytes of a stream, or is told what it is, and returns a Reader that hands over one Record after
// the other. Lines that are no request are reported with their number and what is wrong with them; reading goes on behind
// them. Memory does not grow with the stream: a line is at most MaxLine bytes, a value in
// JSON at most 16 MiB.
//
// # CSV
//
// The columns timestamp,route,duration_ms,status: a completion time as RFC 3339 has it, any name, milliseconds, an HTTP
// status or nothing. A header that has these names may put them in another order, leave status out and have more of them.
// Fields may be quoted as RFC 4180 has it, but not go over several lines.
//
// # Access logs
//
// A log format as nginx writes it ($request_time) or as Apache does (%D), which must have a time, a duration and a request or
// path. Variables that are not needed may be anything. What a line has after the format, behind a space, is ignored.
// Paths become routes, see AppendRoute.
//
// # OTLP/JSON
//
// ExportTraceServiceRequests, one per line or of any layout. Requests are spans of kind server and consumer,
// unless their flags say that the parent is of the same process; internal spans without a parent are jobs; all other spans
// are what happened inside of a request and left out.
package format
