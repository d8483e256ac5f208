// SPDX-License-Identifier: Apache-2.0

package failures

import (
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
)

// Counts are the requests of one tick.
type Counts struct {
	Requests     uint64 // whose ending is known
	Failed       uint64 // of them, server errors and panics
	ClientErrors uint64 // of them, those that the caller is to blame for
	Panics       uint64 // of Failed, handlers that panicked
}

// Of counts requests by their outcomes. What a client broke off, and what a handler aborted on purpose, has no ending that would
// say anything: it is left out of Requests, too.
func Of(o *slowlog.OutcomeCounts) Counts {
	return Counts{
		Requests: o.Total() - o[slowlog.OutcomeAborted] - o[slowlog.OutcomeCanceled], Failed: o.Failed(),
		ClientErrors: o[slowlog.OutcomeClientError], Panics: o[slowlog.OutcomePanic],
	}
}

// sound makes impossible counts possible.
func (c Counts) sound() Counts {
	c.Requests = min(c.Requests, mostPerTick)
	c.Failed = min(c.Failed, c.Requests)
	c.ClientErrors = min(c.ClientErrors, c.Requests-c.Failed)
	c.Panics = min(c.Panics, c.Failed)
	return c
}

// mostPerTick is the number of requests of a tick beyond which more count no more.
const mostPerTick = 1e9

// Matter is what is judged.
type Matter uint8

// The matters.
const (
	Failed       Matter = iota // the share of requests that failed
	ClientErrors               // the share that the caller is to blame for: 401, 404, 429; a verdict of lesser weight
	Panics                     // that a handler panics, which is new
	Matters      = iota        // is their number
)

// String returns failed, client_errors or panics.
func (m Matter) String() string {
	return [...]string{"failed", "client_errors", "panics", "unknown"}[min(m, Matters)]
}

// Kind says what an [Event] reports.
type Kind uint8

// The kinds. Started is followed by exactly one of Ended and NewNormal before the next Started of that matter.
const (
	None      Kind = iota // nothing happened
	Started               // the share has left what is usual
	Ended                 // it is back, or there was no request for half an hour
	NewNormal             // it stayed away for half an hour; what it was then is usual now
)

// String returns none, started, ended or new_normal.
func (k Kind) String() string {
	return [...]string{"none", "started", "ended", "new_normal", "unknown"}[min(k, NewNormal+1)]
}

// Event is a verdict on one matter. The zero Event means that nothing happened.
//
// Started can be read aloud: "Bad of Requests since Start failed, usually Usual; Expected were to be expected". Of Ended and NewNormal
// the same fields cover the whole incident.
type Event struct {
	Kind   Kind
	Matter Matter
	// At is the time of the tick, Start when the evidence began.
	At, Start time.Time

	Requests, Bad uint64  // since Start; of Panics, Bad are those that panicked
	Expected      float64 // how many bad ones there would have been as usual
	Usual         float64 // the share that is usual, 0 to 1; 0 while nothing is known
	Share         float64 // Bad / Requests

	// SinceRestart: the detector began with a restored state less than 30 min before Start.
	SinceRestart bool
}

// Events are the verdicts of one tick; the index is the Matter.
type Events [Matters]Event
