// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"strings"
	"time"
)

// What makes two spikes one incident.
// All ages are in the engine's own time.
const (
	rejoin       = 5 * time.Minute  // after its end others may still join an incident,
	comeBack     = 10 * time.Minute // and its endpoints go on with it: a detector has an alarm every five minutes at most
	together     = 20 * time.Second // endpoints whose evidence began so near to each other, or was enough, began together,
	mostTogether = 90 * time.Second // or three times the time between the requests that are evidence, and at most this
	underOne     = 90 * time.Second // what began under one signal of the process: later ones have it that it left its normal once more
)

// manner is how a part came into an incident.
type manner uint8

const (
	asFirst     manner = iota // it opened it
	inConcert                 // it began with the others
	bySameCause               // it waits for the same, or began under the same signal of the process
)

// former finds the part that an endpoint had in an incident a short while ago, or before the restart, if it was slow then already.
func (k *incidents) former(endpoint int, m Matter, now time.Duration, wasOpen bool) (*incident, *part) {
	for _, in := range slices.Backward(k.all) {
		for _, p := range in.parts {
			if p.id == endpoint && p.Matter == m && p.State == Ended && (now-p.over < comeBack || wasOpen && p.Unseen) && !in.sealed {
				return in, p
			}
		}
	}
	return nil, nil
}

// home finds the incident that a new part belongs to; nil for one of its own.
func (k *incidents) home(p *part, now time.Duration) (*incident, manner) {
	for _, in := range slices.Backward(k.all) {
		if in.alive(now) && slices.ContainsFunc(in.parts, func(o *part) bool { return p.joins(o) }) {
			return in, inConcert
		}
	}
	if in := k.sharing(p, nil); in != nil {
		return in, bySameCause
	}
	return nil, asFirst
}

// sharing finds an incident, another than one, of which an open part has the cause of p, or the first began under the same.
func (k *incidents) sharing(p *part, other *incident) *incident {
	for _, in := range slices.Backward(k.all) {
		if in == other || !slices.ContainsFunc(in.parts, isOpen) {
			continue
		}
		if p.beganUnder(in.parts[0]) || slices.ContainsFunc(in.parts, func(o *part) bool { return isOpen(o) && p.sharesCause(o) }) {
			return in
		}
	}
	return nil
}

// sharesCause reports whether two parts wait for the same.
func (p *part) sharesCause(o *part) bool {
	a := p.waitsFor()
	return p.Matter.shared() && o.Matter.shared() && a != "" && a == o.waitsFor()
}

// beganUnder reports whether two parts that wait for no dependency that is known began under the same signal of the process, or wait for
// the same pool since about the same time. It is asked of the first part of an incident alone: what began a little later each time has no
// end.
func (p *part) beganUnder(first *part) bool {
	if !p.Matter.shared() || !first.Matter.shared() || p.waitsFor() != "" || first.waitsFor() != "" || (p.began-first.began).Abs() > underOne {
		return false
	}
	pool := p.Why.About()
	return strings.HasPrefix(pool, "pool ") && pool == first.Why.About() ||
		slices.ContainsFunc(p.signals, func(s string) bool { return slices.Contains(first.signals, s) })
}

// shared reports whether different endpoints may have it for one reason: what callers do wrong, and that they do not call, may come
// together by chance.
func (m Matter) shared() bool { return m == Latency || m == Failures || m == Panics }

// joins reports whether a part belongs to the incident of another: they began together, and are about what endpoints share; or they are of
// one endpoint, and the other is open.
func (p *part) joins(o *part) bool {
	switch {
	case p.Endpoint == o.Endpoint && p.Matter != o.Matter:
		return isOpen(o) && !o.Unseen || p.beganWith(o)
	case p.Matter == Silence && o.Matter == Silence, p.Matter.shared() && o.Matter.shared():
		return p.beganWith(o)
	}
	return false
}

// alive reports whether an incident may still grow.
func (in *incident) alive(now time.Duration) bool {
	return !in.sealed && (in.State == Open || in.State == Ended && now-in.over < rejoin)
}

// beganWith reports whether two parts began at about the same time: their evidence did, or was enough then. By chance there is some
// before an endpoint becomes slow, and by chance what there was of it is lost once more. What became slower over hours did not begin with
// what did at once, and when there was enough evidence of what was open before the restart says nothing.
func (p *part) beganWith(o *part) bool {
	if p.Latest().Gradual != o.Latest().Gradual || p.Before != o.Before {
		return false
	}
	return (p.began-o.began).Abs() <= max(p.precision(), o.precision()) || !p.Before && (p.found-o.found).Abs() <= together
}

// precision is how exactly the time is known at which a part began.
func (p *part) precision() time.Duration {
	if p.Before {
		return mostTogether
	}
	took := p.found - p.began
	if p.Latest().Gradual {
		return took / 4
	}
	return min(mostTogether, together+3*took/time.Duration(max(1, min(p.Latest().Above, 1000))))
}

// admit takes a part in.
func (in *incident) admit(p *part, how manner) {
	in.reopen()
	if p.Before {
		in.SinceRestart, in.SinceVersion = false, ""
	}
	if how == bySameCause && p.sure >= in.worstOpen(p.Matter) || in.worseThanReported(p) || in.outweighs(p) {
		in.messages.grew = true
	}
	p.in = in
	in.parts = append(in.parts, p)
	if p.Start.Before(in.Start) {
		in.Start = p.Start
	}
}

// reopen has it go on, if it had ended.
func (in *incident) reopen() { in.State, in.End = Open, time.Time{} }

// outweighs reports whether a part is of more weight than all that are open.
func (in *incident) outweighs(p *part) bool {
	return !slices.ContainsFunc(in.parts, func(o *part) bool { return isOpen(o) && o.Matter.weight() <= p.Matter.weight() })
}

// worstOpen is the ratio of the worst part that is open and about a matter; 0 for none.
func (in *incident) worstOpen(m Matter) (ratio float64) {
	for _, p := range in.parts {
		if p.ep != nil && p.Matter == m {
			ratio = max(ratio, p.sure)
		}
	}
	return ratio
}

// merge makes an incident that nobody was told of part of another, if it turns out that it has its cause. It reports whether it did.
func (k *incidents) merge(in *incident) bool {
	for _, p := range in.parts {
		other := k.sharing(p, in)
		if other == nil {
			continue
		}
		for _, p := range in.parts {
			other.admit(p, bySameCause)
		}
		other.formerly = append(append(other.formerly, in.ID), in.formerly...)
		k.all = slices.DeleteFunc(k.all, func(x *incident) bool { return x == in })
		return true
	}
	return false
}
