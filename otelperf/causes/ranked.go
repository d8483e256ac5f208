// SPDX-License-Identifier: Apache-2.0

package causes

// Source is what a cause is known from.
type Source string

// The sources.
const (
	FromRecording Source = "recording" // the runtime's execution trace
	FromStacks    Source = "stacks"    // goroutine stacks of slow requests that run
	FromCalls     Source = "calls"     // child spans
	FromSelfTime  Source = "self_time" // what child spans leave of a request
	FromRuntime   Source = "runtime"   // signals of the runtime, the operating system and connection pools
)

// Least is the share of the extra time that something must have to be named as a cause, and FewestSlow how many slow requests there
// must be for anything to be named.
const (
	Least      = 0.3
	FewestSlow = 5
)

// Ranked is one of the causes of a spike at an endpoint.
type Ranked struct {
	Source      Source   `json:"source"`       // that says most of it
	ConfirmedBy []Source `json:"confirmed_by"` // others that say the same
	// About names what is the cause without a number in it: a dependency, "lock cart.go:88", "pool main", or a signal's name. It stays the
	// same as long as the cause does; at most 160 bytes.
	About string `json:"about"`
	// At is where among services the time is spent, the same for all who wait for it, such as "inventory -> postgresql" or "inventory" for its
	// own time; at most 160 bytes. It is known where spans of several services come together, and "" in a process.
	At string `json:"at,omitzero"`
	// Unknown marks time of which it is not known what it was spent on.
	Unknown bool `json:"unknown,omitzero"`
	// Share of the time that slow requests take longer than ordinary ones, 0.3 to 1. Calls that run beside each other have it each.
	Share float64 `json:"share"`
	// ExtraMs are milliseconds a slow request, on average: where the cause is known from a recording, those of then.
	ExtraMs float64 `json:"extra_ms"`
	// Sentence says it, such as "96 % waiting for the lock at cart.go:88, held by GET /report (report.go:40)"; at most 320 bytes.
	Sentence string `json:"sentence"`
}

// Why is what is known of why slow requests of an endpoint are slow. The zero value is nothing: fewer than 5 were seen.
type Why struct {
	// Sentence has the endpoint, how much longer its slow requests take, and the first two causes; at most 1 KiB.
	Sentence string
	// ExtraMs is how many milliseconds longer slow requests take than ordinary ones, on average; 0 where that is not known. The average of
	// all requests has risen by less where not all are slow.
	ExtraMs float64
	// Causes that are known, the largest first, and after them what is unknown; at most 6.
	Causes []Ranked
}

// Known reports whether a cause is.
func (w *Why) Known() bool { return len(w.Causes) > 0 && !w.Causes[0].Unknown }

// About is that of the first cause, if it is known; else "".
func (w *Why) About() string {
	if !w.Known() {
		return ""
	}
	return w.Causes[0].About
}
