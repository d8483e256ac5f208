// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/slowlog"
)

// arrow is between what waited and what it waited for.
const arrow = " -> "

// maxPaths is how many ways down are told apart, and maxHops how long one is.
const (
	maxPaths = 32
	maxHops  = 8
)

// path is a way down through services to where time was spent, as "checkout -> inventory -> postgresql", and how much of the request it
// was waited for there.
type path struct {
	way   string
	calls string // route of the row of the first call on the way, in the request's own service; "" for none
	at    string // where the time is spent, the same on all ways there: a service, or what it calls, as "inventory -> postgresql"
	ms    float64
}

// paths are those of one request, or means of several; the longest first.
type paths []path

// pathsOf splits the time of the critical path of a request by where it was spent: each node's own time is that of its service, and a call
// to what has no spans of its own is one more step.
func pathsOf(a *slowlog.Anatomy, of map[trace.SpanID]Name, service Name) (all paths) {
	var walk func(n *slowlog.Node, way string, at Name, calls string, hops int)
	walk = func(n *slowlog.Node, way string, at Name, calls string, hops int) {
		svc := serviceOf(n, of)
		if svc != (Name{}) && svc != at && hops < maxHops {
			way, at, hops = way+arrow+svc.Name, svc, hops+1
		}
		if at == service && n != a.Root {
			calls = cmp.Or(calls, n.Dependency)
		}
		here := cmp.Or(svc, at)
		p := path{way: way, calls: calls, at: here.String(), ms: n.SelfMs}
		if n.Category != slowlog.Own {
			if below := calledBelow(n, of, at); below != (Name{}) {
				p.way += arrow + below.Name // the way there and back
				p.at = below.String()
			} else {
				call := arrow + cmp.Or(n.System, n.Peer, string(n.Category))
				p.way += call
				p.at += call
			}
		}
		if here == Other {
			p.at = "" // of several
		}
		if n.Critical {
			all.add(p)
		}
		for _, c := range n.Children {
			walk(c, way, at, calls, hops)
		}
	}
	walk(a.Root, service.Name, service, "", 0)
	slices.SortStableFunc(all, func(a, b path) int { return cmp.Compare(b.ms, a.ms) })
	return all
}

func serviceOf(n *slowlog.Node, of map[trace.SpanID]Name) Name {
	id, err := trace.SpanIDFromHex(n.SpanID)
	if err != nil {
		return Name{}
	}
	return of[id]
}

// calledBelow is the service that a call went to; the zero value if there are no spans of it.
func calledBelow(n *slowlog.Node, of map[trace.SpanID]Name, at Name) Name {
	for _, c := range n.Children {
		if svc := serviceOf(c, of); svc != (Name{}) && svc != at {
			return svc
		}
	}
	return Name{}
}

// add adds to a path, while there is room for it.
func (all *paths) add(p path) {
	for i := range *all {
		if q := &(*all)[i]; q.way == p.way {
			q.ms += p.ms
			q.calls = cmp.Or(q.calls, p.calls)
			return
		}
	}
	if len(*all) < maxPaths {
		*all = append(*all, p)
	}
}

// of is how long was spent on a way.
func (all paths) of(way string) float64 {
	for i := range all {
		if all[i].way == way {
			return all[i].ms
		}
	}
	return 0
}

// leastShare is the share of a request that its longest way down must have to be a finding.
const leastShare = 0.3

// finding names the way on which most of a request was waited for, if it leads out of its service.
func (all paths) finding(a *slowlog.Anatomy) (f slowlog.Finding, ok bool) {
	if len(all) == 0 || !strings.Contains(all[0].way, arrow) || all[0].ms < leastShare*a.Root.DurationMs {
		return f, false
	}
	return slowlog.Finding{
		Kind: slowlog.FindingDominant, Ms: all[0].ms,
		Text: fmt.Sprintf("%s of %s ms on the way %s", units.Short(all[0].ms), units.Short(a.Root.DurationMs), all[0].way),
	}, true
}
