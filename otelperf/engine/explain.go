// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// When it is asked why endpoints are slow, and when there is a message of it.
const (
	maxExplained = 20          // parts of an incident, the worst that are open
	askAlways    = time.Minute // of a part that is not explained, at each Advance; later and of others, every ten seconds
	forGood      = time.Minute // another cause is worth a message when it has stayed so long
	maxMessages  = 3           // of causes, for an incident
)

// Why is that of the first of Parts with a known cause, of those that SpeakFor the first; else of the first of them of which there is
// anything to say.
func (in *Incident) Why() (w causes.Why) {
	w, _ = in.why()
	return w
}

// WhyAt is when that cause became known; zero while none is.
func (in *Incident) WhyAt() time.Time {
	_, at := in.why()
	return at
}

func (in *Incident) why() (w causes.Why, at time.Time) {
	for i := range in.Parts {
		switch p := &in.Parts[i]; {
		case !p.SpeaksFor(&in.Parts[0]):
		case p.Why.Known():
			return p.Why, p.WhyAt
		case w.Sentence == "":
			w = p.Why
		}
	}
	return w, at
}

// SpeaksFor reports whether the cause of a part may be that of another in its incident. Why one endpoint is slow does not say why another
// fails that only began to at the same time: they are to be of one endpoint, or to wait for the same.
func (p *Part) SpeaksFor(o *Part) bool {
	return p.Matter.fails() == o.Matter.fails() || p.Endpoint == o.Endpoint || p.waitsFor() != "" && p.waitsFor() == o.waitsFor()
}

func (m Matter) fails() bool { return m == Failures || m == Panics }

// explain asks why the endpoints of an incident are slow. What is known of one stays until something else is.
func (e *Engine) explain(in *incident, newStep bool) {
	if e.options.Why == nil || in.State != Open {
		return
	}
	always := e.elapsed-in.found < askAlways
	if !newStep && !always {
		return
	}
	worst := slices.DeleteFunc(slices.Clone(in.parts), func(p *part) bool {
		return p.ep == nil || p.Matter != Latency || p.Endpoint.Kind == conventions.KindDependency
	})
	slices.SortStableFunc(worst, func(a, b *part) int { return cmp.Compare(b.Worst.Ratio, a.Worst.Ratio) })
	c := in.clone()
	for _, p := range worst[:min(len(worst), maxExplained)] {
		if p.Why.Known() && !newStep {
			continue
		}
		if w := e.options.Why(&c, &p.Part); w.Known() || !p.Why.Known() {
			if w.About() != p.Why.About() {
				p.WhyAt = e.now
			}
			p.Why = w
		}
	}
}

// cause is what the causes of an incident are about, as those of Incident.Why; "" while none is known.
func (in *incident) cause() string {
	c := Incident{Parts: in.sorted()}
	if w := c.Why(); w.Known() {
		return w.About()
	}
	return ""
}

// explained reports whether there is to be a message of the cause: once when it has become known, and when it is another for good.
func (e *Engine) explained(in *incident) bool {
	m := &in.messages
	switch cause := in.cause(); {
	case cause == "" || cause == m.cause:
		m.changed = 0
	case m.cause == "":
		return true
	case m.changed == 0:
		m.changed = e.elapsed
	default:
		return e.elapsed-m.changed >= forGood && m.causes < maxMessages
	}
	return false
}
