// SPDX-License-Identifier: Apache-2.0

package engine

import "github.com/otelperf/otelperf-go/otelperf/baseline"

// holds reports whether an alarm waits until Options.Confirm lets it pass. Neither silence nor an objective does: both look at minutes.
func (e *Engine) holds(ep *endpoint, m Matter, ev *baseline.Event) bool {
	if e.options.Confirm == nil || m != Latency && !m.Counted() || ep.partOf(m) != nil {
		return false
	}
	if ep.unconfirmed == nil {
		ep.unconfirmed = map[Matter]baseline.Event{}
	}
	ep.unconfirmed[m] = *ev
	return true
}

// confirm has the alarms of an endpoint that wait begin, if they may by now: then is when there was enough evidence.
func (e *Engine) confirm(ep *endpoint) {
	if len(ep.unconfirmed) == 0 {
		return
	}
	for _, m := range matters {
		ev, waits := ep.unconfirmed[m]
		if waits && e.options.Confirm(ep.name, m, &ev) {
			delete(ep.unconfirmed, m)
			ev.At = e.now
			e.started(ep, m, ev)
		}
	}
}
