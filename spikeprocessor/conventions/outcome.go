// SPDX-License-Identifier: Apache-2.0

package conventions

import "github.com/otelperf/otelperf-go/slowlog"

// grpcServerFaults marks the gRPC codes that a server span reports as errors of the server
// (OpenTelemetry semantic conventions for gRPC): Unknown, DeadlineExceeded, Unimplemented, Internal,
// Unavailable, DataLoss.
const grpcServerFaults = 1<<2 | 1<<4 | 1<<12 | 1<<13 | 1<<14 | 1<<15

// OutcomeOfGRPC is the outcome that a gRPC status code tells of a server's request.
func OutcomeOfGRPC(code int64) slowlog.Outcome {
	switch {
	case code == 0:
		return slowlog.OutcomeOK
	case code == 1:
		return slowlog.OutcomeCanceled
	case code > 0 && code < 17 && grpcServerFaults>>code&1 == 1:
		return slowlog.OutcomeServerError
	default:
		return slowlog.OutcomeClientError
	}
}

// grpcCodes maps the upper-case names of newer conventions to the numbers of older ones.
var grpcCodes = map[string]int64{
	"OK": 0, "CANCELLED": 1, "UNKNOWN": 2, "INVALID_ARGUMENT": 3, "DEADLINE_EXCEEDED": 4, "NOT_FOUND": 5,
	"ALREADY_EXISTS": 6, "PERMISSION_DENIED": 7, "RESOURCE_EXHAUSTED": 8, "FAILED_PRECONDITION": 9, "ABORTED": 10,
	"OUT_OF_RANGE": 11, "UNIMPLEMENTED": 12, "INTERNAL": 13, "UNAVAILABLE": 14, "DATA_LOSS": 15, "UNAUTHENTICATED": 16,
}

// OutcomeOfGRPCName is OutcomeOfGRPC for a code's name, such as "NOT_FOUND"; ok is false for a name that there is not.
func OutcomeOfGRPCName(name string) (o slowlog.Outcome, ok bool) {
	code, ok := grpcCodes[name]
	return OutcomeOfGRPC(code), ok
}
