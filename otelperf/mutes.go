// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
)

// mutedUntil is how the end of a mute is written in a sentence.
const mutedUntil = "2006-01-02 15:04 UTC"

// news is what there is to report of an incident.
type news struct {
	*engine.Event
	muted bool // to the logs alone, as information
}

// announce reports a message of the engine, unless an ack or a mute says otherwise.
func (m *Monitor) announce(ev *engine.Event) {
	sp := spikeOf(&ev.Incident)
	how, kind := m.book.Decide(sp.ID, kindOf(ev), openParts(&sp), time.Now())
	if how != mutes.NotAtAll {
		m.tell(news{asKind(ev, kind), how == mutes.Quietly})
	}
}

// tell passes news on to all receivers; what is muted not to people.
func (m *Monitor) tell(n news) {
	m.alerts.put(n)
	if !n.muted {
		m.couriers.put(n.Event)
	}
}

// unmute reports what a mute that has ended has left unreported of spikes that are still open.
func (m *Monitor) unmute(now time.Time) {
	for _, id := range m.book.Held() {
		in, ok := m.engine.Incident(id)
		if !ok || in.ID != id { // forgotten, or part of another that is reported by itself
			m.book.Drop(id)
			continue
		}
		if in.State != engine.Open || !slices.ContainsFunc(in.Parts, isSeen) {
			continue
		}
		sp := spikeOf(&in)
		if kind := m.book.Release(id, openParts(&sp), time.Now()); kind != mutes.Nothing {
			m.tell(news{asKind(&engine.Event{Time: now, Incident: in}, kind), false})
		}
	}
}

// isSeen is false for what was open before a restart and was not found to be slow since.
func isSeen(p engine.Part) bool { return p.State == engine.Open && !p.Unseen }

// openParts are the endpoints of a spike that are open, as mutes name them.
func openParts(sp *Spike) (open []mutes.Part) {
	for i := range sp.Endpoints {
		if p := &sp.Endpoints[i]; p.State == string(engine.Open) {
			open = append(open, mutes.Part{Endpoint: endpointName(p.Method, p.Route), Matter: p.Matter})
		}
	}
	return open
}

func kindOf(ev *engine.Event) mutes.News {
	switch {
	case ev.Closed:
		return mutes.Closed
	case ev.Opened:
		return mutes.Opened
	case ev.Reopened:
		return mutes.Reopened
	case ev.Resumed:
		return mutes.Resumed
	case ev.Grew:
		return mutes.Grew
	}
	return mutes.Explained
}

// asKind is ev as another kind of message.
func asKind(ev *engine.Event, kind mutes.News) *engine.Event {
	if kindOf(ev) == kind {
		return ev
	}
	as := *ev
	as.Opened, as.Reopened, as.Resumed, as.Grew, as.Explained = kind == mutes.Opened, kind == mutes.Reopened, kind == mutes.Resumed, kind == mutes.Grew, kind == mutes.Explained
	return &as
}

// muteList is the answer of GET mutes.
type muteList struct {
	origin
	Count int          `json:"count"`
	Mutes []mutes.Mute `json:"mutes"` // in the order in which they were set
}

func (s service) Mutes() any {
	o := s.m.origin()
	all := s.m.book.Mutes(o.Time)
	return muteList{origin: o, Count: len(all), Mutes: all}
}

func (s service) Mute(mute mutes.Mute) (set mutes.Mute, err error) {
	set, err = s.m.book.Set(mute)
	if err == nil {
		s.m.showOpenSpikes()
	}
	return set, err
}

func (s service) Unmute(id string) (was mutes.Mute, ok bool) {
	was, ok = s.m.book.End(id, time.Now().UTC())
	if ok {
		s.m.showOpenSpikes()
	}
	return was, ok
}

// showOpenSpikes sends the spikes that are open to those who watch.
func (m *Monitor) showOpenSpikes() {
	for _, sp := range m.spikes() {
		if sp.State == string(engine.Open) {
			m.showSpike(sp)
		}
	}
}

func (m *Monitor) showSpike(sp Spike) {
	change := spikeChange{Type: "spike_updated", Time: time.Now().UTC(), Spike: sp}
	m.companion.Send(companion.TopicSpike, func() any { return change })
}
