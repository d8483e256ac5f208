// SPDX-License-Identifier: Apache-2.0

package why

import (
	"fmt"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/stacks"
)

// sampled takes in where the endpoint's slow requests were seen to wait while they ran: what else says the same is confirmed, and of own
// time that has no cause yet, they are one.
func (f *finder) sampled(p *stacks.Place) {
	reason := p.Reason
	is := familyOf(&reason)
	if p.Requests < causes.FewestSlow || p.Share < causes.Least || !waits(reason.State) {
		return
	}
	about := aboutLine(&reason)
	for i := range f.found {
		c := &f.found[i]
		if c.About == about || is != unlike && c.family == is || c.Source == causes.FromCalls && is.matches(c.family) {
			c.confirm(causes.FromStacks)
			return
		}
	}
	if is.call() && f.asUsual(is, p.Share*f.extra) {
		return
	}
	text := fmt.Sprintf("%s, by the stacks of %d requests", reason, p.Requests)
	found := f.add(causes.FromStacks, is, about, text, min(p.Share, f.left))
	f.sharpen(found, &causes.Cause{Reason: reason})
	f.absorb(found)
}

// waits reports whether a request in that state waits for something that has a name; of work, stacks do not tell why it takes longer.
func waits(s causes.State) bool {
	return s.Known() && !slices.Contains([]causes.State{causes.Running, causes.Runnable, causes.GC, causes.NotScheduled, causes.Syscall, causes.Waiting}, s)
}

func aboutLine(r *causes.Reason) string {
	return Clean(strings.TrimSpace(string(r.State)+" "+r.Line.String()), maxAbout)
}
