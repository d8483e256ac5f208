// SPDX-License-Identifier: Apache-2.0

package past

import "time"

// Day is one of 24 hours.
const Day = 24 * time.Hour

// Then is the same time of another day.
type Then struct {
	Ago time.Duration // how long before
}

// Thens are yesterday and last week.
var Thens = []Then{{Day}, {7 * Day}}

// Usual returns what was done in the same time so long ago; ok is false if nothing of it is stored.
func (r *Reader) Usual(t Then, from, to time.Time) (total Total, ok bool, err error) {
	total, err = r.Rows(from.Add(-t.Ago), to.Add(-t.Ago))
	return total, err == nil && !total.From.IsZero(), err
}
