// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelperf/otelperf-go/slowlog"
)

// serverFaults marks the gRPC codes that a server span reports as errors of the server
// (OpenTelemetry semantic conventions for gRPC): Unknown, DeadlineExceeded, Unimplemented, Internal,
// Unavailable, DataLoss.
const serverFaults = 1<<2 | 1<<4 | 1<<12 | 1<<13 | 1<<14 | 1<<15

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

// codes maps the names of codes, as newer conventions have them, to the numbers of older ones. gRPC and Connect spell one of
// them in two ways.
var codes = map[string]int64{
	"ok": 0, "cancelled": 1, "canceled": 1, "unknown": 2, "invalid_argument": 3, "deadline_exceeded": 4, "not_found": 5,
	"already_exists": 6, "permission_denied": 7, "resource_exhausted": 8, "failed_precondition": 9, "aborted": 10,
	"out_of_range": 11, "unimplemented": 12, "internal": 13, "unavailable": 14, "data_loss": 15, "unauthenticated": 16,
}

const longestCode = len("failed_precondition")

// outcomeOfRPC reads the status of an RPC: a number, or a name in capitals (gRPC) or small letters (Connect). ok is false for
// what is none of them.
func outcomeOfRPC(f *fields) (o slowlog.Outcome, ok bool) {
	v := &f.attrs[f.at[rpcStatus]-1].Value
	if v.Type() == attribute.INT64 {
		return OutcomeOfCode(v.AsInt64()), true
	}
	name := v.AsString()
	if name == "" || len(name) > longestCode {
		return 0, false
	}
	if name == "0" || digits(name) > 0 {
		return OutcomeOfCode(int64(digits(name))), true
	}
	return OutcomeOfCodeName(name)
}

// OutcomeOfCodeName is OutcomeOfCode for the name of a code, in capitals (gRPC) or small letters (Connect). ok is false for what is none of
// them.
func OutcomeOfCodeName(name string) (o slowlog.Outcome, ok bool) {
	if len(name) > longestCode {
		return 0, false
	}
	var lower [longestCode]byte
	for i := range len(name) {
		lower[i] = name[i]
		if 'A' <= name[i] && name[i] <= 'Z' {
			lower[i] += 'a' - 'A'
		}
	}
	code, ok := codes[string(lower[:len(name)])]
	return OutcomeOfCode(code), ok
}
