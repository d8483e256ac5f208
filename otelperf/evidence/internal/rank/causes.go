// SPDX-License-Identifier: Apache-2.0

package rank

import (
	"cmp"
	"slices"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/follow"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/history"
)

// sums are the pieces of several requests.
type sums struct {
	requests int
	total    history.Time
	pieces   follow.Pieces
	waits    map[follow.Wait]float64 // their numbers
}

func (s *sums) add(m *history.Mark, r follow.Result) {
	if s.pieces == nil {
		s.pieces, s.waits = follow.Pieces{}, map[follow.Wait]float64{}
	}
	s.requests++
	s.total += m.To - m.From
	for reason, d := range r.Pieces {
		s.pieces[reason] += d
	}
	for k, w := range r.Waits {
		s.waits[k] += w.Number()
	}
}

func (s *sums) mean() int64 { return int64(s.total) / int64(max(s.requests, 1)) }

// explained is the share of the time of which it is known what it was spent on and due to whom.
func (s *sums) explained() float64 {
	known := s.total
	for r, d := range s.pieces {
		if !r.State.Known() || r.What == causes.Unknown || r.Who == causes.Nobody && waitsForHolder(r) {
			known -= d
		}
	}
	if s.total == 0 {
		return 0
	}
	return float64(known) / float64(s.total)
}

func waitsForHolder(r causes.Reason) bool {
	return r.State != causes.GC && r.State != causes.NotScheduled
}

// extra is what a slow request has more of one reason than a normal one.
type extra struct {
	causes.Reason
	nanos float64
}

// causesOf names what at least LeastShare of the extra time is due to: one state at one line by one holder, or where none of these is
// enough, by several, or at several lines.
func causesOf(slow, normal *sums) (named []causes.Cause) {
	more := float64(slow.mean() - normal.mean())
	if slow.requests < FewestSlow || more <= 0 {
		return nil
	}
	rest := extras(slow, normal)
	for _, same := range []func(causes.Reason) causes.Reason{sameHolder, sameLine, sameState} {
		var found []extra
		found, rest = split(rest, same, LeastShare*more)
		for _, x := range found {
			times := slow.waits[follow.Wait{State: x.State, Line: x.Line}] / float64(slow.requests)
			named = append(named, causes.Cause{Reason: x.Reason, Share: x.nanos / more, ExtraNanos: int64(x.nanos), Times: times})
		}
	}
	slices.SortStableFunc(named, func(a, b causes.Cause) int { return cmp.Compare(b.Share, a.Share) })
	return named
}

// What of a reason is the same in those that are one cause.
func sameHolder(r causes.Reason) causes.Reason {
	return causes.Reason{State: r.State, Line: r.Line, Who: r.Who}
}
func sameLine(r causes.Reason) causes.Reason  { return causes.Reason{State: r.State, Line: r.Line} }
func sameState(r causes.Reason) causes.Reason { return causes.Reason{State: r.State} }

// extras subtracts the mean of the normal requests from that of the slow ones.
func extras(slow, normal *sums) (all []extra) {
	nanos := follow.Pieces{}
	for r, d := range slow.pieces {
		nanos[r] += d / history.Time(max(slow.requests, 1))
	}
	for r, d := range normal.pieces {
		nanos[r] -= d / history.Time(max(normal.requests, 1))
	}
	for r, d := range nanos {
		all = append(all, extra{r, float64(d)})
	}
	slices.SortFunc(all, func(a, b extra) int { return cmp.Or(cmp.Compare(b.nanos, a.nanos), compare(a.Reason, b.Reason)) })
	return all
}

// split joins reasons that are the same in some way, and takes those out that have at least this much. What is unknown is never one.
func split(all []extra, same func(causes.Reason) causes.Reason, least float64) (found, rest []extra) {
	groups := map[causes.Reason][]extra{}
	var order []causes.Reason
	for _, x := range all {
		k := same(x.Reason)
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], x)
	}
	for _, k := range order {
		x := join(groups[k])
		if x.nanos >= least && k.State.Known() && (k.State != causes.Waiting || k.Line != (causes.Place{})) {
			found = append(found, x)
		} else {
			rest = append(rest, groups[k]...)
		}
	}
	return found, rest
}

// join adds up. all is sorted, the largest first: what the holder did, and where, is that of the largest of which it is known, unless
// that is too little to go by; a wait that is older than the recording has no stack and is taken for the same.
func join(all []extra) extra {
	sum, first := all[0], all[0]
	for _, x := range all[1:] {
		sum.nanos += x.nanos
		switch {
		case x.Line != sum.Line:
			sum.Line, sum.What, sum.Where = causes.Place{}, "", causes.Place{}
		case x.Who != first.Who:
			sum.What, sum.Where = "", causes.Place{}
		}
	}
	if !told(sum.What) && sum.What != "" {
		if i := slices.IndexFunc(all, func(x extra) bool { return told(x.What) && x.nanos >= sum.nanos/10 }); i >= 0 {
			sum.What, sum.Where = all[i].What, all[i].Where
		}
	}
	sum.Who = holder(all, first.Who, sum.nanos)
	return sum
}

// told reports whether a state of whoever is behind a reason says anything.
func told(what causes.State) bool { return what.Known() && what != causes.Waiting }

// holder is who has all of it, or most, or nobody in particular.
func holder(all []extra, largest string, total float64) string {
	own := 0.0
	for _, x := range all {
		if x.Who == largest {
			own += x.nanos
		}
	}
	switch {
	case !slices.ContainsFunc(all, func(x extra) bool { return x.Who != largest }):
		return largest
	case own >= total/2 && largest != causes.Itself && largest != causes.Nobody:
		return largest + causes.AndOthers
	default:
		return causes.Several
	}
}
