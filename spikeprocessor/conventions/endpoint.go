// SPDX-License-Identifier: Apache-2.0

// Package conventions reads what OpenTelemetry's semantic conventions, present and older ones, say of a span or a metric point,
// and gives plain values: which endpoint it belongs to and how it ended. Live spans, metric points and recorded traces are read by
// the same functions, so that one request has one name wherever it is seen.
package conventions

// Kind tells what sort of work an endpoint does.
type Kind uint8

const (
	// KindHTTP is an HTTP server endpoint: Method is the HTTP method, Route the route template.
	KindHTTP Kind = iota
	// KindRPC is a gRPC or other RPC server method: Method is the RPC system, Route the full method.
	KindRPC
	// KindServer is a server span of another sort: Method is "server", Route the span name.
	KindServer
	// KindConsumer is a message consumer: Method is "consumer", Route the span name.
	KindConsumer
	// KindJob is a parentless internal span: Method is "job", Route the span name. Jobs are not requests.
	KindJob
	// KindDependency is a client or producer span: Method is its category ("http", "db", "rpc", "messaging",
	// "client"), Route what was called. Dependencies are not requests.
	KindDependency

	// NumKinds is the number of kinds.
	NumKinds = iota
)

var kindNames = [NumKinds]string{"http", "rpc", "server", "consumer", "job", "dependency"}

// String returns the kind in lower case.
func (k Kind) String() string {
	if k >= NumKinds {
		return "unknown"
	}
	return kindNames[k]
}

// Request reports whether work of this kind counts as a request of the service.
func (k Kind) Request() bool { return k < KindJob }

const (
	// OverflowRoute is the route that endpoints share once the table is full.
	OverflowRoute = "(other)"
	// UnmatchedRoute is the route of HTTP requests that no route matched.
	UnmatchedRoute = "(unmatched)"

	// MaxNameBytes bounds each of the strings of an Endpoint.
	MaxNameBytes = 256
)

// Endpoint is the identity of a row: never a raw path, at most 256 bytes in each string.
type Endpoint struct {
	Kind   Kind
	Method string
	Route  string
}

// String returns "METHOD ROUTE", the key that summaries use.
func (e Endpoint) String() string {
	if e.Method == "" {
		return e.Route
	}
	return e.Method + " " + e.Route
}
