// SPDX-License-Identifier: Apache-2.0

// Package format reads recorded requests: CSV, access logs of servers and proxies, lines of JSON, and traces as JSON.
//
// Open looks at the first bytes of a stream, or is told what it is, and returns a Reader that says as what it reads the stream and hands
// over one Record after the other. The table in formats.go has all formats: it drives what is recognised, the names of
// --format and the help. Lines that are no request are reported with their number and what is wrong with them; reading goes on behind
// them. Memory does not grow with the stream: a line is at most MaxLine bytes, a value in JSON at most 16 MiB.
//
// # Units
//
// No duration is guessed at. A format is recognised by whole lines, which end where it ends, or by keys; its durations have the unit that its
// server writes. A number that could be of any unit is an error until Options.Unit tells. What is below 0, longer
// than MaxDuration or more than an int64 of ns has room for is refused.
//
// # CSV
//
// The columns timestamp,route,duration_ms,status: a completion time as RFC 3339 has it, any name, milliseconds, an HTTP
// status or nothing. A header that has these names may put them in another order, leave status out and have more of them.
// Fields may be quoted as RFC 4180 has it, but not go over several lines.
//
// # Access logs
//
// A log format as nginx writes it ($request_time) or as Apache does (%T), which must have a time, a duration and a request or
// path. Variables that are not needed may be anything, the last one the rest of the line. Paths become routes, see AppendRoute.
//
// # Lines of JSON
//
// Those of Caddy and Traefik, and any others by the keys of Options.Fields. Times are RFC 3339, or numbers since 1970 in s, ms, µs or ns.
//
// # Traces
//
// OTLP/JSON, of any layout, and what Tempo, Jaeger, Zipkin and the exporter stdouttrace give. All are read by package conventions, so that
// a request has the name that it has in the service. Requests are spans of kind server and consumer,
// unless it is said that the parent is of the same process; internal spans without a parent are jobs; all other spans
// are what happened inside of a request and left out.
package format
