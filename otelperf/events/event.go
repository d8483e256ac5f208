// SPDX-License-Identifier: Apache-2.0

package events

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
)

// Limits of an event. What is over one of them is refused, never cut.
const (
	maxNameLen    = 128     // bytes of an event name
	maxIDLen      = 128     // bytes of an event, session or user id
	maxPageLen    = 200     // bytes of a path template
	maxKeyLen     = 128     // bytes of a property's key
	maxProperties = 64      // properties of an event
	maxValues     = 256     // values in all properties together, nested ones included
	maxDepth      = 4       // levels of values: 1 is a property with a plain value
	maxEventSize  = 8 << 10 // bytes of keys and values of an event, with 8 for each number
)

// Where an event came from, as in Event.Source.
const (
	sourceServer  = "server"
	sourceBrowser = "browser"
)

// Event is something that happened. What is over one of its limits is refused, never cut.
type Event struct {
	// Name says what happened, by OpenTelemetry's naming rules: lower-case words joined by single dots or
	// underscores, beginning with a letter, ending with a letter or digit, such as cart.item_added. At most
	// 128 bytes. Names beginning with otel. are OpenTelemetry's own and are refused.
	Name string

	// ID tells this event from its repetitions: of two with the same ID and session, the second is dropped.
	// Empty means that every event counts. At most 128 printable ASCII characters without spaces.
	ID string

	// Time says when it happened. Zero means now. It has to lie between the years 1970 and 2261.
	Time time.Time

	// SessionID groups events of one visit, and decides about sampling. Optional; characters as in ID.
	SessionID string

	// UserID is recorded as user.hash, its HMAC-SHA-256 under a key of the process, unless WithRawUserID
	// was given. Optional; at most 128 bytes of UTF-8.
	UserID string

	// Page is the template of the page's path, /users/{id}, never the path itself. It is recorded as url.template.
	// Optional; begins with a slash, has no query and no fragment, at most 200 bytes.
	Page string

	// Properties become attributes of the record under their own keys: at most 64, with at most 256 values in all,
	// nested at most 4 levels deep, 8 KiB of keys and values together (8 bytes for a number). A key is 1 to 128
	// printable ASCII characters without spaces, and occurs once; those that this package sets (session.*, user.*,
	// otelperf.*, url.template) are refused, and so are numbers that are not finite and strings that are not UTF-8.
	Properties []attribute.KeyValue

	// Source says what sent it, for example a worker's name. Empty means server; what comes through Tracker.Handler has
	// browser. Same form as Name.
	Source string
}

// RecentEvent is an event as it was accepted. Its slices and values are shared: they must not be changed.
// As JSON its attributes are an object, and empty fields are left out.
type RecentEvent struct {
	// Name is the event's.
	Name string
	// ID is the event's, empty if it has none.
	ID string
	// Time says when it happened; that of a browser is corrected by what its clock said when it sent the event.
	Time time.Time
	// Observed says when the Tracker got it.
	Observed time.Time
	// Source is the event's; server if it had none.
	Source string
	// SessionID is the event's, or its hash with WithHashedSessionID.
	SessionID string
	// UserID is empty without WithRawUserID.
	UserID string
	// UserHash is the keyed hash of the user id, 32 hexadecimal digits; empty with WithRawUserID.
	UserHash string
	// Page is the event's path template.
	Page string
	// TraceID is hexadecimal, empty without a trace.
	TraceID string
	// SpanID is hexadecimal, empty without a span.
	SpanID string
	// Attributes are all of the record: the properties, and what this package adds.
	Attributes []attribute.KeyValue
}
