// SPDX-License-Identifier: Apache-2.0

package quiet

import "time"

// Kind says what an [Event] reports.
type Kind uint8

// The kinds. Started is followed by exactly one of Ended and NewNormal before the next Started.
const (
	None      Kind = iota // nothing happened
	Started               // requests are missing
	Ended                 // they are back
	NewNormal             // they were missing for a day; that is usual now
)

// String returns none, started, ended or new_normal.
func (k Kind) String() string {
	return [...]string{"none", "started", "ended", "new_normal", "unknown"}[min(k, NewNormal+1)]
}

// Event is the verdict of one tick. The zero Event means that nothing happened.
//
// Started can be read aloud: "Requests since Start, Expected were to be expected; at this hour there usually are Usual a second".
type Event struct {
	Kind Kind
	// Complete: there was no request at all since Start; else far fewer than usual.
	Complete bool
	// At is the time of the tick, Start that of the last request, or when requests became few.
	At, Start time.Time
	Requests  uint64  // since Start
	Expected  float64 // in that time
	Usual     float64 // requests/s at this hour
}
