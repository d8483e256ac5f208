// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"slices"
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
	"github.com/otelperf/otelperf-go/otelperf/internal/runtimesignals"
	"github.com/otelperf/otelperf-go/slowlog"
)

// runtimeAnswer is the answer of GET runtime: the signals over time.
type runtimeAnswer struct {
	origin
	Window      Window                     `json:"window,omitzero"` // missing for a fixed time
	From        time.Time                  `json:"from,omitzero"`   // of a fixed time and of days, of which it is what is stored
	To          time.Time                  `json:"to,omitzero"`
	Start       time.Time                  `json:"start"`               // of the first value
	StepSeconds int                        `json:"step_seconds"`        // what a value covers
	Gomaxprocs  int                        `json:"gomaxprocs,omitzero"` // how many CPUs the Go scheduler uses; missing for a past time, of which it is not stored
	CPUQuota    *float64                   `json:"cpu_quota"`           // CPUs that the control group allows; null of a past time, too
	Unusual     []runtimesignals.Deviation `json:"unusual"`             // what has left its normal now, the farthest first
	Signals     []runtimesignals.Line      `json:"signals"`
	Pools       []runtimesignals.PoolState `json:"pools"` // those of WithDB
	Notes       []string                   `json:"notes"` // what cannot be told here, and what does not fit together
}

// notOfProcess is said of the runtime of a service that runs elsewhere.
const notOfProcess = "The runtime of the service is not known here: its numbers are received from elsewhere."

// runtimeReport is how the process that serves the requests is.
func (m *Monitor) runtimeReport(now time.Time) *runtimesignals.Report {
	if m.cfg.feed == nil {
		return m.runtime.Report(now)
	}
	return &runtimesignals.Report{Unusual: []runtimesignals.Deviation{}, Signals: []runtimesignals.Reading{}, Pools: []runtimesignals.PoolState{}, Notes: []string{notOfProcess}}
}

// runtimeSeries is the last minute or five by the second, or the last hour in steps of ten.
func (m *Monitor) runtimeSeries(w Window) runtimeAnswer {
	now, seconds, step := time.Now(), runtimesignals.Seconds, 10
	switch w {
	case Window1m:
		seconds, step = 60, 1
	case Window5m:
		seconds, step = 300, 1
	}
	rep, series := m.runtimeReport(now), m.runtime.Series(now, seconds, step)
	if m.cfg.feed != nil {
		series.Signals = []runtimesignals.Line{}
	}
	return runtimeAnswer{
		origin: m.origin(), Window: w, Start: series.Start.UTC(), StepSeconds: series.StepSeconds, Gomaxprocs: rep.Gomaxprocs, CPUQuota: rep.CPUQuota,
		Unusual: rep.Unusual, Signals: series.Signals, Pools: rep.Pools, Notes: rep.Notes,
	}
}

// spikeSignals notes which of the runtime's signals had left their normal during each of the last spikes: at most as many as the engine
// remembers, eight signals each.
type spikeSignals struct {
	recorder *runtimesignals.Recorder
	arming   *armer // knows the recordings
	book     *mutes.Book
	marks    *marker
	slow     *slowlog.Store
	past     archive           // knows which requests the history has; nil without one
	before   map[string]*Spike // id -> one that was open before the restart, as the history had it; not changed after New

	mu   sync.Mutex // guards all below
	last []*spikeTime
}

// spikeTime is a spike and what was seen beside it.
type spikeTime struct {
	id    string
	open  bool
	since time.Time // Incident.Returned
	until time.Time // up to which the signals were looked at
	seen  []runtimesignals.Deviation
}

// lookEvery is how much of a spike's time is looked at together.
const lookEvery = 10 * time.Second

// note takes a change of an incident in. While any is open that is about latency, the recorder does not learn: what fails from the start on
// says nothing of the process.
func (s *spikeSignals) note(in *engine.Incident, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.last, func(t *spikeTime) bool { return t.id == in.ID })
	if i < 0 {
		if len(s.last) >= engine.MaxIncidents {
			s.last = slices.Delete(s.last, 0, 1)
		}
		i = len(s.last)
		s.last = append(s.last, &spikeTime{id: in.ID, until: in.Start})
	}
	t := s.last[i]
	if !t.since.Equal(in.Returned) { // what was seen is of then
		t.since, t.until, t.seen = in.Returned, in.Returned, nil
	}
	if now.Sub(t.until) >= lookEvery || t.seen == nil {
		s.look(t, now)
	}
	if t.open = slices.ContainsFunc(in.Parts, isSlow); t.open {
		s.recorder.Freeze(in.Start)
	} else if !slices.ContainsFunc(s.last, func(t *spikeTime) bool { return t.open }) {
		s.recorder.Thaw()
	}
}

func isSlow(p engine.Part) bool { return p.State == engine.Open && p.Matter == engine.Latency }

// look adds what was to be seen since the last look.
func (s *spikeSignals) look(t *spikeTime, now time.Time) {
	t.seen, t.until = runtimesignals.Worst(t.seen, s.recorder.Deviations(t.until, now)), now
}

// add says of the spike that an incident is what was seen beside it, after which mark it began, which recordings were made of it, which of its requests are
// stored, who looks after it and until when it is muted.
func (s *spikeSignals) add(sp *Spike, in *engine.Incident) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	sp.After = s.marks.After(in.Start, in.Returned)
	sp.Signals, sp.Recordings = []runtimesignals.Deviation{}, s.arming.ofSpike(sp)
	sp.Ack, sp.Muted = s.book.Acked(sp.ID), s.book.Muted(openParts(sp), now)
	sp.look(s.slow, in)
	for _, t := range s.last {
		if t.id != sp.ID {
			continue
		}
		if t.open && now.Sub(t.until) >= lookEvery {
			s.look(t, now)
		}
		sp.Signals = append(sp.Signals, t.seen...)
	}
	if b := s.before[sp.ID]; b != nil {
		before := b.clone()
		sp.goOn(&before)
	}
	if s.past == nil {
		return
	}
	for _, r := range sp.named() {
		r.Stored = r.Stored || s.past.has(r)
	}
}

// spikesOf are incidents as spikes, with what was seen beside each.
func (m *Monitor) spikesOf(incidents []engine.Incident) []Spike { return m.beside.of(incidents) }

func (s *spikeSignals) of(incidents []engine.Incident) []Spike {
	out := make([]Spike, 0, len(incidents))
	for i := range incidents {
		sp := spikeOf(&incidents[i])
		s.add(&sp, &incidents[i])
		out = append(out, sp)
	}
	return out
}
