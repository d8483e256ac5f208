// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

// Outcome is how a request ended.
type Outcome uint8

const (
	// OK is every ending that is none of the others.
	OK Outcome = iota
	// ClientError is a 4xx, or an RPC status that blames the caller.
	ClientError
	// ServerError is a 5xx, an RPC status that blames the server, or a span with status Error.
	ServerError
	// Panic is a handler that panicked.
	Panic
	// Aborted is a handler that panicked with http.ErrAbortHandler on purpose.
	Aborted
	// Canceled is a client that went away before its reply was complete.
	Canceled
	// Stream is a websocket, a server-sent event stream or a hijacked connection: counted, never timed.
	Stream

	// NumOutcomes is the number of outcomes.
	NumOutcomes = 7
)

var outcomeNames = [NumOutcomes]string{"ok", "client_error", "server_error", "panic", "aborted", "canceled", "stream"}

// String returns the value that attribute otelperf.outcome has for o.
func (o Outcome) String() string {
	if int(o) >= len(outcomeNames) {
		return "unknown"
	}
	return outcomeNames[o]
}

// Failed reports whether the service is to blame: a server error or a panic.
func (o Outcome) Failed() bool { return o == ServerError || o == Panic }

// Timed reports whether the request's duration counts in percentiles.
func (o Outcome) Timed() bool { return o != Stream }

// ParseOutcome is the inverse of String.
func ParseOutcome(s string) (Outcome, bool) {
	for i, name := range outcomeNames {
		if s == name {
			return Outcome(i), true
		}
	}
	return OK, false
}

// httpOutcome is the outcome that an HTTP status code alone tells.
func httpOutcome(status int) Outcome {
	switch {
	case status >= 500:
		return ServerError
	case status >= 400:
		return ClientError
	default:
		return OK
	}
}

// grpcServerFaults marks the gRPC codes that a server span reports as errors of the server
// (OpenTelemetry semantic conventions for gRPC): Unknown, DeadlineExceeded, Unimplemented, Internal,
// Unavailable, DataLoss.
const grpcServerFaults = 1<<2 | 1<<4 | 1<<12 | 1<<13 | 1<<14 | 1<<15

func grpcOutcome(code int64) Outcome {
	switch {
	case code == 0:
		return OK
	case code == 1:
		return Canceled
	case code > 0 && code < 17 && grpcServerFaults>>code&1 == 1:
		return ServerError
	default:
		return ClientError
	}
}

// grpcCodes maps the upper-case names of newer conventions to the numbers of older ones.
var grpcCodes = map[string]int64{
	"OK": 0, "CANCELLED": 1, "UNKNOWN": 2, "INVALID_ARGUMENT": 3, "DEADLINE_EXCEEDED": 4, "NOT_FOUND": 5,
	"ALREADY_EXISTS": 6, "PERMISSION_DENIED": 7, "RESOURCE_EXHAUSTED": 8, "FAILED_PRECONDITION": 9, "ABORTED": 10,
	"OUT_OF_RANGE": 11, "UNIMPLEMENTED": 12, "INTERNAL": 13, "UNAVAILABLE": 14, "DATA_LOSS": 15, "UNAUTHENTICATED": 16,
}
