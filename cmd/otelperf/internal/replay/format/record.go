// SPDX-License-Identifier: Apache-2.0

package format

import (
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Record is one request. Its byte slices are valid until the sink returns.
type Record struct {
	Time     int64         // of its completion: ns since 1970, 1970 to 2261
	Duration time.Duration // 0 to MaxDuration
	Kind     conventions.Kind
	Service  string // of a trace; else ""
	Method   []byte // empty where the route is the whole name
	Route    []byte // never empty
	Outcome  slowlog.Outcome
	// Unproven marks a Route that may be the client's own words, a path say: see conventions.Guesses.
	Unproven bool
	// Unmatched marks a request that no route may have matched (404, 405): on its own it is no proof that Route exists.
	Unmatched bool
}

// MaxDuration is the longest duration that is believed.
const MaxDuration = 24 * time.Hour

// MaxLine is the most bytes that a line of CSV or of an access log may have.
const MaxLine = 64 << 10

// Sink takes what a Reader finds, with the number of its line, from 1. An error that it returns ends the reading.
type Sink interface {
	Request(line int, rec *Record) error
	Bad(line int, reason error) error
}

// Reader reads a stream to its end.
type Reader interface {
	// About tells as what the stream is read.
	About() About
	// Run hands all requests to the sink. It returns the sink's error or that of the stream, nil at its end.
	Run(to Sink) error
}
