// SPDX-License-Identifier: Apache-2.0

package failures

import (
	"math"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/steady"
)

// shares is the number of matters that are a share.
const shares = int(ClientErrors) + 1

// Detector watches one endpoint. It is at most 640 bytes, and Tick allocates nothing. It is not safe for concurrent use.
type Detector struct {
	config   *Config
	clock    steady.Clock
	minuteAt int32 // when the running minute began
	tenAt    int32
	restored bool
	trust    float32 // factor on what is normal, of a restored state
	shares   [shares]share
	panics   panics
}

// New returns a detector that knows nothing yet. The config is shared by all detectors and must not change; New reports what
// Validate does.
func New(c Config) (*Detector, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	return fresh(&c), nil
}

// Another returns a detector that knows nothing yet and shares d's configuration.
func (d *Detector) Another() *Detector { return fresh(d.config) }

func fresh(c *Config) *Detector {
	d := &Detector{config: c, trust: 1}
	for i := range d.shares {
		d.shares[i].cold = true
	}
	d.refresh()
	return d
}

func (d *Detector) refresh() {
	for i := range d.shares {
		d.shares[i].refresh(&tunings[i], d.config, float64(d.trust))
	}
}

// Tick takes the requests since the last one. It is meant to be called once a second; ticks without a request may be left out, but
// the end of an incident is then found with the next one only. Longer intervals are fine: what a tick may add stays, so that with ten
// seconds an alarm takes five bad ones.
func (d *Detector) Tick(now time.Time, c Counts) (evs Events) {
	step := d.clock.Advance(now)
	at := d.clock.Seconds()
	c = c.sound()
	d.closeMinute(at)
	early := d.restored && at < warmSpan
	for i, k := range [shares]uint64{c.Failed, c.ClientErrors} {
		s := &d.shares[i]
		kind := s.tick(&tunings[i], d.config, c.Requests, k, at, early)
		if kind == None {
			continue
		}
		evs[i] = d.event(Matter(i), kind)
		if kind != Started {
			s.end(kind, at)
			s.refresh(&tunings[i], d.config, float64(d.trust))
		}
	}
	if kind := d.panics.tick(c.Requests, c.Panics, at, step); kind != None {
		evs[Panics] = d.event(Panics, kind)
		d.panics.open = kind == Started
	}
	return evs
}

// closeMinute ends the running minute if it is over, and learns.
func (d *Detector) closeMinute(at int32) {
	if at-d.minuteAt < minuteLength {
		return
	}
	for i := range d.shares {
		d.shares[i].closeMinute(&tunings[i], at)
		d.shares[i].learn(&tunings[i], at)
	}
	if at-d.tenAt >= tenMinutes {
		d.tenAt = at
		for i := range d.shares {
			d.shares[i].marks.closeTen()
			d.shares[i].marks.enter(d.clock.Hour())
		}
	}
	if d.minuteAt = at; d.trust > 1 {
		d.trust = max(1, d.trust*0.98)
	}
	d.refresh()
}

func (d *Detector) event(m Matter, kind Kind) Event {
	ev := Event{Kind: kind, Matter: m, At: d.clock.Time(d.clock.Seconds())}
	r := d.panics.all
	if m != Panics {
		s := &d.shares[m]
		r, ev.Usual = s.incident.all, float64(s.incident.usual)
		if !s.normal.known() {
			ev.Usual = 0
		}
	}
	ev.Start = d.clock.Time(r.since)
	ev.Requests, ev.Bad = uint64(r.n), uint64(r.k)
	ev.Expected = float64(r.n) * ev.Usual
	ev.Share = float64(r.k) / float64(max(r.n, 1))
	ev.SinceRestart = d.restored && r.since < rebaseAfter
	return ev
}

// Open returns what an open incident is by now, with the Kind None; false if there is none.
func (d *Detector) Open(m Matter) (Event, bool) {
	if m >= Matters || m == Panics && !d.panics.open || m < Panics && !d.shares[m].incident.open {
		return Event{}, false
	}
	return d.event(m, None), true
}

// State is what is known of a share.
type State struct {
	Learning bool    // too few requests are known to say what is usual; all that fail from the first on is found nevertheless
	Needed   uint64  // requests missing, while Learning; 0 if there are enough of them, which the end of the minute tells
	Usual    float64 // the usual share, 0 to 1
	Limit    float64 // the share up to which nothing is wrong
	Elevated bool    // the usual share is at or above Config.Elevated: normal for this endpoint, but nothing to be proud of
	Open     bool    // there is an incident
	Evidence float64 // of what an alarm takes, 0 to 1
}

// State returns what is known of the share of Failed or ClientErrors; of Panics, whether there is an incident (Open) and whether they
// are usual (Elevated).
func (d *Detector) State(m Matter) State {
	if m >= Panics {
		return State{Open: d.panics.open, Elevated: d.panics.usual >= panicsUsual}
	}
	s, t := &d.shares[m], &tunings[m]
	st := State{
		Learning: !s.normal.known(), Limit: float64(s.null), Open: s.incident.open,
		Evidence: min(1, max(s.fast(), s.slow())/t.alarm),
	}
	if st.Learning {
		st.Needed = uint64(max(0, math.Ceil(coldLeast-float64(s.normal.n+s.pending.n)-float64(s.minute.n))))
	} else {
		st.Usual = float64(s.normal.k / s.normal.n)
		st.Elevated = st.Usual >= d.config.Elevated
	}
	return st
}
