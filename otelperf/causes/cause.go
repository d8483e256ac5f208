// SPDX-License-Identifier: Apache-2.0

package causes

import "strconv"

// Place is a line of code. The zero value is no place.
type Place struct {
	Func string `json:"func"` // with the last element of its package's path
	File string `json:"file"` // without its directory
	Line int    `json:"line"`
}

// String returns file and line, as in cart.go:88.
func (p Place) String() string {
	if p == (Place{}) {
		return ""
	}
	return p.File + ":" + strconv.Itoa(p.Line)
}

// Who a part of a request's time is due to, besides endpoints ("GET /report"), "goroutine f" for one that serves no request, and
// "handler f" for a request whose end was not seen.
const (
	Itself    = "itself"
	Several   = "several"
	AndOthers = " and others" // follows who had most of it
	Nobody    = ""            // it is not known, or nobody
)

// Reason is what a part of a request's time is due to.
type Reason struct {
	State State  `json:"state"`               // of the request's own goroutine
	Line  Place  `json:"line,omitzero"`       // of its code
	Who   string `json:"who,omitempty"`       // whose doing it was
	What  State  `json:"what,omitempty"`      // what that one did, most of the time
	Where Place  `json:"where_line,omitzero"` // where it did so
}

// Cause is a reason with its share of the time that slow requests of an endpoint take more than normal ones do.
type Cause struct {
	Reason
	// Share of the extra time, 0.3 to 1; a little more if something else went faster than normal.
	Share float64 `json:"share"`
	// ExtraNanos are nanoseconds a slow request, on average.
	ExtraNanos int64 `json:"extra_ns"`
	// Times is how often a slow request waited so at this line, on average: many short waits are repeated calls. Waits of different
	// lengths count as so many equal ones as come to the same. It is 0 where nothing is waited for.
	Times float64 `json:"times"`
}
