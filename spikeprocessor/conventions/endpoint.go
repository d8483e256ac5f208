// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"strings"
	"unicode/utf8"
)

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
	// UnmatchedRoute is the route of HTTP requests that no route matched, and of RPCs to methods that the server does not have.
	UnmatchedRoute = "(unmatched)"
	// unnamedRoute is the route of spans that have no name.
	unnamedRoute = "(no name)"

	// MaxNameBytes bounds each of the strings of an Endpoint.
	MaxNameBytes = 256
)

// Endpoint is the identity of a row: never a raw path, at most 256 bytes of valid UTF-8 in each string. The Route of a
// dependency has two names and a port in it, and 520 bytes at most.
type Endpoint struct {
	Kind   Kind   // what sort of work it does
	Method string // the first word of its name; what it is depends on Kind, see there
	Route  string // the rest of its name
}

// String returns "METHOD ROUTE", the key that summaries use.
func (e Endpoint) String() string {
	if e.Method == "" {
		return e.Route
	}
	return e.Method + " " + e.Route
}

// Clip returns the first MaxNameBytes bytes of a name that a client may have had a hand in, less a rune that does not fit. It
// allocates nothing.
func Clip(s string) string { return cut(s, MaxNameBytes) }

// Text returns the first limit bytes of s as valid UTF-8, less a rune that does not fit. What was invalid becomes U+FFFD, one for
// each run.
func Text(s string, limit int) string {
	return cut(strings.ToValidUTF8(cut(s, limit), "\uFFFD"), limit)
}

// cut returns at most limit bytes of s, and not a part of a rune at their end.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	at := limit
	for at > max(limit-utf8.UTFMax, 0) && !utf8.RuneStart(s[at]) {
		at--
	}
	return s[:at]
}
