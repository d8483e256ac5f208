// SPDX-License-Identifier: Apache-2.0

package events

import "errors"

// Errors that callers act on. A refused event's error is a [*RefusedError], which is ErrRefused.
var (
	ErrConfig    = errors.New("events: bad configuration")
	ErrRefused   = errors.New("events: refused")
	ErrDuplicate = errors.New("events: dropped: this id was seen before")
	ErrQueueFull = errors.New("events: dropped: the queue is full")
	ErrShutdown  = errors.New("events: dropped: shut down")
	ErrLost      = errors.New("events: accepted events were lost on their way out")

	errRateLimited = errors.New("events: dropped: too many events from this client")
)

// Reason says why an event was refused or dropped. Its String is what Stats and the HTTP answers show.
type Reason uint8

// The reasons. Those up to ReasonField refuse an event, the others drop it.
const (
	ReasonNone       Reason = iota
	ReasonName              // not a valid event name, or missing
	ReasonReserved          // a name or key that only this package sets
	ReasonNotAllowed        // not among HandlerOptions.AllowNames
	ReasonID                // event, session or user id
	ReasonTime              // out of range
	ReasonSource            // not a valid source
	ReasonPage              // not a path template
	ReasonProperties        // too many properties or values
	ReasonDepth             // nested too deep
	ReasonSize              // too many bytes
	ReasonKey               // empty, too long, repeated or unprintable key
	ReasonValue             // not finite, not UTF-8, or of a type that records do not have
	ReasonVital             // not a web vital, or its value is out of range
	ReasonField             // a field of the request's item is unknown or has the wrong type
	ReasonDuplicate
	ReasonRateLimited
	ReasonQueueFull
	ReasonShutdown
	reasonCount
)

var reasonNames = [reasonCount]string{
	"", "name", "reserved", "not_allowed", "id", "time", "source", "page", "properties", "depth",
	"size", "key", "value", "vital", "field", "duplicate", "rate_limited", "queue_full", "shutdown",
}

// String returns the reason's name, such as queue_full.
func (r Reason) String() string {
	if r >= reasonCount {
		return "unknown"
	}
	return reasonNames[r]
}

// MarshalText is String, for JSON.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// RefusedError says what is wrong with an event. It never repeats what the client sent.
type RefusedError struct {
	Reason Reason
	Field  string // of the event: name, session_id, properties, ...
	Detail string // a sentence without a full stop
}

func (e *RefusedError) Error() string { return "events: refused: " + e.Field + ": " + e.Detail }

// Is reports that every RefusedError is [ErrRefused].
func (e *RefusedError) Is(target error) bool { return target == ErrRefused }

func refuse(r Reason, field, detail string) *RefusedError {
	return &RefusedError{Reason: r, Field: field, Detail: detail}
}
