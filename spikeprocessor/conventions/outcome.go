// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"maps"
	"strings"

	"github.com/otelperf/otelperf-go/slowlog"
)

// serverFaults marks the gRPC codes that a server span reports as errors of the server
// (OpenTelemetry semantic conventions for gRPC): Unknown, DeadlineExceeded, Unimplemented, Internal,
// Unavailable, DataLoss.
const serverFaults = 1<<2 | 1<<4 | 1<<12 | 1<<13 | 1<<14 | 1<<15

const unimplemented = 12

// OutcomeOfCode is the outcome that a gRPC status code tells of a server's request. A code that is none blames the client.
func OutcomeOfCode(code int64) slowlog.Outcome {
	switch {
	case code == 0:
		return slowlog.OutcomeOK
	case code == 1:
		return slowlog.OutcomeCanceled
	case code > 0 && code < 17 && serverFaults>>code&1 == 1:
		return slowlog.OutcomeServerError
	default:
		return slowlog.OutcomeClientError
	}
}

// rpcCodes maps the names of codes, as newer conventions have them, to the numbers of older ones: gRPC writes capitals, Connect
// small letters.
var rpcCodes = func() map[string]int64 {
	codes := map[string]int64{
		"OK": 0, "CANCELLED": 1, "CANCELED": 1, "UNKNOWN": 2, "INVALID_ARGUMENT": 3, "DEADLINE_EXCEEDED": 4, "NOT_FOUND": 5,
		"ALREADY_EXISTS": 6, "PERMISSION_DENIED": 7, "RESOURCE_EXHAUSTED": 8, "FAILED_PRECONDITION": 9, "ABORTED": 10,
		"OUT_OF_RANGE": 11, "UNIMPLEMENTED": 12, "INTERNAL": 13, "UNAVAILABLE": 14, "DATA_LOSS": 15, "UNAUTHENTICATED": 16,
	}
	for name, code := range maps.Clone(codes) {
		codes[strings.ToLower(name)] = code
	}
	return codes
}()

// isUnimplemented reports whether an RPC's status is that of a method which the server does not have.
func isUnimplemented(v Value) bool {
	if v.Type == TypeInteger {
		return v.Number == unimplemented
	}
	name := v.text()
	return digits(name) == unimplemented || rpcCodes[name] == unimplemented
}

// outcomeOfRPC reads the status of an RPC, a number or a name. ok is false for what is none of them.
func outcomeOfRPC(v Value) (o slowlog.Outcome, ok bool) {
	if v.Type == TypeInteger {
		return OutcomeOfCode(v.Number), true
	}
	name := v.text()
	if name == "0" || digits(name) > 0 {
		return OutcomeOfCode(int64(digits(name))), true
	}
	return OutcomeOfCodeName(name)
}

// OutcomeOfCodeName is OutcomeOfCode for the name of a code, in capitals (gRPC) or small letters (Connect). ok is false for what is none of
// them.
func OutcomeOfCodeName(name string) (o slowlog.Outcome, ok bool) {
	code, ok := rpcCodes[name]
	return OutcomeOfCode(code), ok
}
