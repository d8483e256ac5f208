// SPDX-License-Identifier: Apache-2.0

package events

import "errors"

// Errors that callers act on. That of a refused event is a [*RefusedError].
var (
	// ErrConfig is wrapped by each fault that New, Validate and SetSampling report.
	ErrConfig = errors.New("events: invalid configuration")
	// ErrDuplicate is returned for an event whose ID and session were seen before.
	ErrDuplicate = errors.New("events: dropped: this id was seen before")
	// ErrQueueFull is returned while the log provider is slower than events come in. The event can be sent again.
	ErrQueueFull = errors.New("events: dropped: the queue is full")
	// ErrShutdown is returned after Tracker.Shutdown.
	ErrShutdown = errors.New("events: dropped: shut down")
	// ErrLost is wrapped by the error of a Flush that found accepted events to be lost.
	ErrLost = errors.New("events: accepted events were lost on their way out")

	errRateLimited = errors.New("events: dropped: too many events from this client")
)

// RefusedError says what is wrong with an event. It never repeats what the client sent.
type RefusedError struct {
	// Reason is one of the refusals of the package comment, such as name.
	Reason string
	// Field is the field at fault by its JSON name: name, session_id, properties, ...; empty if it is the event as a whole.
	Field string
	// Detail is a sentence for people, without a full stop.
	Detail string

	reason reason
}

// Error returns field and detail.
func (e *RefusedError) Error() string { return "events: refused: " + e.Field + ": " + e.Detail }

func refuse(r reason, field, detail string) *RefusedError {
	return &RefusedError{Reason: r.String(), Field: field, Detail: detail, reason: r}
}
