// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/announce"
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
	if told, quietly := announce.Decide(m.book, ev, time.Now()); told != nil {
		m.tell(news{told, quietly})
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
	announce.Due(m.book, m.engine, now, func(ev *engine.Event) { m.tell(news{ev, false}) })
}

// openParts are the endpoints of a spike that are open, as mutes name them.
func openParts(sp *Spike) (open []mutes.Part) {
	for i := range sp.Endpoints {
		if p := &sp.Endpoints[i]; p.State == string(engine.Open) {
			open = append(open, mutes.Part{Endpoint: endpointName(p.Method, p.Route), Matter: p.Matter})
		}
	}
	return open
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
