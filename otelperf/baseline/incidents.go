// SPDX-License-Identifier: Apache-2.0

package baseline

import "time"

// JoinWithin is how long after the last endpoint joined an incident, or after it ended, another one that starts
// still belongs to it.
const JoinWithin = 5 * time.Minute

// Incidents merges the events of several endpoints, named by K, into incidents: a slow database is one incident of
// many endpoints. The zero value is ready. It keeps the open incidents and the one closed last, thus at most twice
// the number of distinct endpoints. Not safe for concurrent use.
type Incidents[K comparable] struct {
	lastID uint64
	open   map[K]*incident[K] // by endpoint that is spiking
	latest *incident[K]       // the one joined or closed last
}

type incident[K comparable] struct {
	id       uint64
	members  map[K]struct{} // all that ever joined
	spiking  int
	touched  time.Time // last join, or the end
	reported int       // members at the last update
}

// Change says what an event meant for the incidents.
type Change uint8

// The changes.
const (
	Unchanged Change = iota
	Opened           // a new incident
	Joined           // one endpoint more in an incident that is open
	Reopened         // an incident that had closed less than JoinWithin ago goes on
	Left             // one endpoint less
	Closed           // the last one has left
)

// String returns the change in lower case.
func (c Change) String() string {
	return [...]string{"unchanged", "opened", "joined", "reopened", "left", "closed"}[min(c, Closed)]
}

// Membership is what Join did with an event.
type Membership struct {
	Change    Change // what became of the incident
	ID        uint64 // of the incident, from 1; 0 if unchanged
	Endpoints int    // that have ever been in it
	Spiking   int    // that are in it now
	// Doubled: the endpoints have doubled since the incident was opened or last doubled: worth one update.
	Doubled bool
}

// Join takes the event of one endpoint. A start joins the latest incident if that is open and was last joined at
// most JoinWithin ago, or ended less than JoinWithin ago; else it opens one. An incident closes when all its
// endpoints have ended. A start of an endpoint that is in an incident already, and an end of one that is not, change
// nothing.
func (g *Incidents[K]) Join(endpoint K, ev Event) Membership {
	switch ev.Kind {
	case Started:
		return g.start(endpoint, ev.At)
	case Ended, NewNormal:
		return g.end(endpoint, ev.At)
	default:
		return Membership{}
	}
}

func (g *Incidents[K]) start(endpoint K, at time.Time) Membership {
	if g.open[endpoint] != nil {
		return Membership{}
	}
	change, in := Joined, g.latest
	switch {
	case in == nil || !in.joinable(at):
		g.lastID++
		in = &incident[K]{id: g.lastID, members: map[K]struct{}{}, reported: 1}
		change = Opened
	case in.spiking == 0:
		change = Reopened
	}
	if g.open == nil {
		g.open = make(map[K]*incident[K])
	}
	g.open[endpoint], g.latest = in, in
	in.members[endpoint] = struct{}{}
	in.spiking++
	in.touched = at
	m := in.membership(change)
	if m.Endpoints >= 2*in.reported {
		in.reported, m.Doubled = m.Endpoints, true
	}
	return m
}

func (g *Incidents[K]) end(endpoint K, at time.Time) Membership {
	in := g.open[endpoint]
	if in == nil {
		return Membership{}
	}
	delete(g.open, endpoint)
	in.spiking--
	if in.spiking > 0 {
		return in.membership(Left)
	}
	in.touched = at
	g.latest = in
	return in.membership(Closed)
}

// Reset forgets every incident, open or not: the next start opens one, with an ID that was not in use.
func (g *Incidents[K]) Reset() { g.open, g.latest = nil, nil }

func (in *incident[K]) joinable(at time.Time) bool {
	since := at.Sub(in.touched)
	return since < JoinWithin || (since == JoinWithin && in.spiking > 0)
}

func (in *incident[K]) membership(c Change) Membership {
	return Membership{Change: c, ID: in.id, Endpoints: len(in.members), Spiking: in.spiking}
}
