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
		if f.asUsual(is, f.recordedMs(c)) {
			return
		}
	}
	found := f.add(causes.FromRecording, is, aboutLine(&c.Reason), c.Text(), c.Share)
	found.extra, found.then = f.recordedMs(c), f.then()
	f.sharpen(found, c)
	f.absorb(found)
}

// recordedMs is how much longer requests took for a cause when they were recorded.
func (f *finder) recordedMs(c *causes.Cause) float64 {
	if c.ExtraNanos > 0 {
		return float64(c.ExtraNanos) / 1e6
	}
	return clamp(c.Share) * recordedExtra(f.Recorded)
}

// recordedExtra is how much longer slow requests took in a recording, in milliseconds.
func recordedExtra(r *causes.Endpoint) float64 {
	return (float64(r.SlowNanos) - float64(r.NormalNanos)) / 1e6
}

// changed is by how much the extra time may differ from what it was in a recording for a share of it to be one of now.
const changed = 1.5

// then is the extra time of the recording, where it is another one now; else 0.
func (f *finder) then() float64 {
	if was := recordedExtra(f.Recorded); was > changed*f.extra || f.extra > changed*was {
		return was
	}
	return 0
}

// asUsual reports whether the calls that a wait of so many milliseconds may be for have spans as long as the wait, which are about as long as usual: then it costs
// nothing more.
func (f *finder) asUsual(is family, ms float64) bool {
	spans := 0.0
	for i := range f.Spent.Calls {
		if call := &f.Spent.Calls[i]; f.spans && is.matches(familyOfCategory[call.Category]) && call.Busy.Slow > 0 {
			spans += call.Busy.Slow
		}
	}
	return spans > 0 && ms <= (1+noise)*spans
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
