// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// late is what an endpoint does after the end of its part, while that of the incident is not reported yet: a stall that raises no alarm,
// since the last one was short of the cooldown ago, belongs to the part.
type late struct {
	part  *part // nil: there is none
	cost  Cost  // since the end, or since the last stall
	stall bool  // there is one, with the last slow request of it at:
	at    time.Time
	then  time.Duration // the same as Engine.elapsed
}

// after takes in what a tick brought after the end of a part, once the detector has seen it. What is no stall in the end counts for
// nothing.
func (e *Engine) after(ep *endpoint, d *spikeprocessor.Delta) {
	l := &ep.late
	p := l.part
	if p == nil {
		return
	}
	if ep.part != nil || p.in.sealed || p.in.messages.closed || e.elapsed-p.over >= comeBack {
		*l = late{}
		return
	}
	suspected := ep.suspicion.Evidence > 0 // half of what an alarm takes
	if d != nil {
		c := p.costOf(d.Represented(), ep.stand(d.All.Count()), ep.stand(p.slow(d.All.Buckets())))
		l.cost.add(&c)
		if suspected && c.Slow > 0 {
			l.stall, l.at, l.then = true, e.now, e.elapsed
		}
	}
	if !l.stall {
		return
	}
	if in := p.in; !suspected || e.elapsed-l.then >= time.Minute {
		p.take(&l.cost)
		p.End, p.over = l.at, l.then
		if in.State != Open && p.over > in.over {
			in.End, in.over = p.End, p.over
		}
		*l = late{part: p}
	}
}
