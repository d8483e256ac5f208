// SPDX-License-Identifier: Apache-2.0

package events

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
)

// Limits of an event. What is over one of them is refused, never cut.
const (
	MaxNameLen    = 128     // bytes of an event name
	MaxIDLen      = 128     // bytes of an event, session or user id
	MaxPageLen    = 200     // bytes of a path template
	MaxKeyLen     = 128     // bytes of a property's key
	MaxProperties = 64      // properties of an event
	MaxValues     = 256     // values in all properties together, nested ones included
	MaxDepth      = 4       // levels of values: 1 is a property with a plain value
	MaxEventSize  = 8 << 10 // bytes of keys and values of an event, with 8 for each number
)

// SourceServer and SourceBrowser say where an event came from.
const (
	SourceServer  = "server"
	SourceBrowser = "browser"
)

// Event is something that happened.
type Event struct {
	// Name says what happened, by OpenTelemetry's naming rules: lower-case words joined by single dots or
	// underscores, beginning with a letter, ending with a letter or digit, such as cart.item_added. At most
	// [MaxNameLen] bytes. Names beginning with otel. are OpenTelemetry's own and are refused.
	Name string

	// ID tells this event from its repetitions: of two with the same ID and session, the second is dropped.
	// Empty means that every event counts. At most [MaxIDLen] printable ASCII characters.
	ID string

	// Time says when it happened. Zero means now. It has to lie between the years 1970 and 2262.
	Time time.Time

	// SessionID groups events of one visit, and decides about sampling. Optional; characters as in ID.
	SessionID string

	// UserID is recorded as user.hash, its HMAC-SHA-256 under a key of the process, unless the
	// Tracker was told otherwise. Optional; at most [MaxIDLen] bytes of UTF-8.
	UserID string

	// Page is the template of the page's path, /users/{id}, never the path itself. It is recorded as url.template.
	// Optional; begins with a slash, has no query and no fragment, at most [MaxPageLen] bytes.
	Page string

	// Properties become attributes of the record under their own keys. See the Max constants for their
	// bounds. Keys have to be unique, and those that this package sets (session.*, user.*, otelperf.*) are refused.
	Properties []attribute.KeyValue

	// Source says what sent it, for example a worker's name. Empty means [SourceServer]. Same form as Name.
	Source string
}

// Recorded is an event as it was accepted. Its slices and values are shared: they must not be changed.
type Recorded struct {
	Name       string
	ID         string
	Time       time.Time // when it happened, after correction of the client's clock
	Observed   time.Time // when the Tracker got it
	Source     string
	SessionID  string // hashed with WithHashedSessionID
	UserID     string // only with WithRawUserID
	UserHash   string
	Page       string
	TraceID    string // hexadecimal, empty without a trace
	SpanID     string
	Attributes []attribute.KeyValue // properties and what this package adds
}
