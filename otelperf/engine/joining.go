// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"time"
)

// What makes two spikes one incident.
const (
	rejoin       = 5 * time.Minute  // an endpoint that spikes again so soon goes on with its incident
	together     = 20 * time.Second // endpoints whose evidence began so near to each other, or was enough, began together,
	mostTogether = 90 * time.Second // or three times the time between the requests that are evidence, and at most this
)

// manner is how a part came into an incident.
type manner uint8

const (
	asFirst    manner = iota // it opened it
	inConcert                // it began with the others
	bySameWait               // it waits for the same
)

// former finds the part that an endpoint had in an incident a short while ago.
func (k *incidents) former(endpoint int, at time.Time) (*incident, *part) {
	for _, in := range slices.Backward(k.all) {
		for _, p := range in.parts {
			if p.id == endpoint && p.State == Ended && at.Sub(p.End) < rejoin && !in.sealed {
				return in, p
			}
		}
	}
	return nil, nil
}

// home finds the incident that a new part belongs to; nil for one of its own.
func (k *incidents) home(p *part) (*incident, manner) {
	for _, in := range slices.Backward(k.all) {
		if in.alive(p.At) && slices.ContainsFunc(in.parts, func(o *part) bool { return p.beganWith(o) }) {
			return in, inConcert
		}
	}
	if in := k.sharing(p, nil); in != nil {
		return in, bySameWait
	}
	return nil, asFirst
}

// sharing finds an incident, another than one, of which an open part waits for the same as p.
func (k *incidents) sharing(p *part, other *incident) *incident {
	cause := p.waitsFor()
	if cause == "" {
		return nil
	}
	for _, in := range slices.Backward(k.all) {
		if in != other && slices.ContainsFunc(in.parts, func(o *part) bool { return isOpen(o) && o.waitsFor() == cause }) {
			return in
		}
	}
	return nil
}

// alive reports whether an incident may still grow.
func (in *incident) alive(at time.Time) bool {
	return !in.sealed && (in.State == Open || in.State == Ended && at.Sub(in.End) < rejoin)
}

// beganWith reports whether two parts began at about the same time: their evidence did, or was enough then. By chance there is some
// before an endpoint becomes slow, and by chance what there was of it is lost once more.
func (p *part) beganWith(o *part) bool {
	return p.Start.Sub(o.Start).Abs() <= max(p.precision(), o.precision()) || p.At.Sub(o.At).Abs() <= together
}

// precision is how exactly the time is known at which a part began.
func (p *part) precision() time.Duration {
	took := p.At.Sub(p.Start)
	return min(mostTogether, together+3*took/time.Duration(max(1, min(p.Evidence.Above, 1000))))
}

// admit takes a part in.
func (in *incident) admit(p *part, how manner) {
	if in.State != Open {
		in.State, in.End = Open, time.Time{}
		in.messages.reopened()
	}
	if how == bySameWait && p.Worst.Ratio >= in.worstOpen() || in.worseThanReported(p) {
		in.messages.grew = true
	}
	p.in = in
	in.parts = append(in.parts, p)
	if p.Start.Before(in.Start) {
		in.Start = p.Start
	}
}

// reopen has a part that had ended go on.
func (in *incident) reopen(p *part) {
	p.in = in
	if in.State != Open {
		in.State, in.End = Open, time.Time{}
		in.messages.reopened()
	}
}

// worstOpen is the ratio of the worst part that is open; 0 for none.
func (in *incident) worstOpen() (ratio float64) {
	for _, p := range in.parts {
		if isOpen(p) {
			ratio = max(ratio, p.Worst.Ratio)
		}
	}
	return ratio
}

// merge makes an incident that nobody was told of part of another, if it turns out that it waits for the same. It reports whether it did.
func (k *incidents) merge(in *incident) bool {
	for _, p := range in.parts {
		other := k.sharing(p, in)
		if other == nil {
			continue
		}
		for _, p := range in.parts {
			other.admit(p, bySameWait)
		}
		other.formerly = append(append(other.formerly, in.ID), in.formerly...)
		k.all = slices.DeleteFunc(k.all, func(x *incident) bool { return x == in })
		return true
	}
	return false
}
