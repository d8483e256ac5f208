// SPDX-License-Identifier: Apache-2.0

package why

import (
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

const (
	absorbs = 0.5  // of a call's share: a cause with that much of its time is what the call waited for
	noise   = 0.25 // by how much the shares of a recording and those of spans may differ
)

// recorded takes in what a recording found.
func (f *finder) recorded(c *causes.Cause) {
	is := familyOf(&c.Reason)
	if is.call() {
		if call := f.callOf(is); call != nil {
			if call.confirm(causes.FromRecording); c.Line != (causes.Place{}) && !strings.Contains(call.text, ", waited for") {
				call.text += ", waited for at " + c.Line.String()
			}
			return
		}
	}
	about := strings.TrimSpace(string(c.State) + " " + c.Line.String())
	found := f.add(causes.FromRecording, is, about, c.Text(), c.Share)
	f.sharpen(found, c)
	f.absorb(found)
}

// callOf is the largest call that a wait of a family may be for; nil for none.
func (f *finder) callOf(is family) (largest *candidate) {
	for i := range f.found {
		if c := &f.found[i]; is.matches(c.family) && c.Source == causes.FromCalls && (largest == nil || c.Share > largest.Share) {
			largest = c
		}
	}
	return largest
}

// absorb takes the time of a candidate from what has no cause yet: from own time, and what is more from the calls in which it was waited.
func (f *finder) absorb(found *candidate) {
	own := min(found.Share, f.left)
	f.left -= own
	rest, least := found.Share-own, noise
	if found.family == pool {
		least = 0
	}
	if rest > least {
		f.found = slices.DeleteFunc(f.found, func(c candidate) bool { return c.Source == causes.FromCalls && rest >= absorbs*c.Share })
	}
}
