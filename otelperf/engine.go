// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"iter"
	"sync"
	"time"
	"unsafe"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Engine turns deltas into windows, history, baselines and verdicts. It has no clock and no goroutine: time is what
// Advance is told, so that recorded requests can be run through it as well as live ones. Per endpoint it keeps at most
// 40 KiB of windows and 4 KiB of baseline; endpoints are as many as its source brings (the processor: at most
// max endpoints and one overflow row per kind).
//
// All methods are safe for concurrent use.
type Engine struct {
	mu       sync.Mutex // guards all below
	detector baseline.Config
	series   []*series // by id; nil where the source skipped one
	now      time.Time // of the last Advance
	last     time.Time // the same with its monotonic part, for age
	began    time.Time // of the first Advance, or of the last reset
	step     int64     // number of the running step
	buckets  []baseline.Bucket
	touched  []bool // series that this Advance brought a delta
	scratch  scratch
	stats    EngineStats
	spikes   spikes
	saved    map[conventions.Endpoint]savedBaseline                   // of an earlier process, for endpoints not seen yet
	publish  func(conventions.Endpoint, spikeprocessor.EndpointState) // called under mu when what it says has changed
}

// scratch is memory that methods of an engine share; its mutex guards it.
type scratch struct {
	tally tally
	buf   []byte
}

// EngineStats counts what is worth knowing of an engine's work.
type EngineStats struct {
	Ticks           uint64  `json:"ticks"`
	TickSeconds     float64 `json:"tick_seconds"` // time spent in them; 0 for an Engine that is driven by hand
	ClockJumpsBack  uint64  `json:"clock_jumps_back"`
	FailedCollects  uint64  `json:"failed_collects"`
	Faults          uint64  `json:"faults"`           // panics of ours that a tick survived
	Anomalies       uint64  `json:"anomalies"`        // inputs that a detector found absurd
	Restored        int     `json:"restored"`         // baselines taken over from the state file
	RestoreFailures int     `json:"restore_failures"` // those that the detector refused: too old, too few, damaged
	Bytes           int     `json:"bytes"`
}

// NewEngine returns an engine whose detectors are made with config.
func NewEngine(config baseline.Config) (*Engine, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	return &Engine{detector: config}, nil
}

// Advance moves the engine to now with what came since the previous call. When now is before the previous one by a
// minute or more, somebody set the clock, and the history is moved along with it; by less, it counts as the previous one.
// It returns the spikes that began or ended, nil mostly.
func (e *Engine) Advance(now time.Time, deltas iter.Seq[*spikeprocessor.Delta]) []SpikeEvent {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.advance(now, deltas)
	events := e.spikes.events
	e.spikes.events = nil
	return events
}

func (e *Engine) advance(now time.Time, deltas iter.Seq[*spikeprocessor.Delta]) {
	e.stats.Ticks++
	e.last = now
	now = now.Round(0)
	if now.Before(e.now) {
		now = e.clockSet(now)
	}
	e.rotate(now)
	clear(e.touched)
	for d := range deltas {
		s := e.at(d)
		e.touched[s.id] = true
		s.add(d)
		e.detect(s, d)
	}
	for id, s := range e.series {
		if s != nil && !e.touched[id] {
			e.verdict(s, s.detector.Tick(e.now, nil))
		}
	}
}

// clockSet handles a clock that went back, and returns the time to go on with.
func (e *Engine) clockSet(now time.Time) time.Time {
	e.stats.ClockJumpsBack++
	minutes := int64(e.now.Sub(now) / time.Minute)
	if minutes == 0 {
		return e.now
	}
	for _, s := range e.series {
		if s != nil {
			s.steps.shift(-minutes * stepsPerMin)
			s.minutes.shift(-minutes)
			s.standing.stale()
		}
	}
	back := time.Duration(minutes) * time.Minute
	e.step -= minutes * stepsPerMin
	e.began, e.now = e.began.Add(-back), e.now.Add(-back)
	if now.Before(e.now) {
		return e.now
	}
	return now
}

// rotate seals the steps and minutes that ended before now. A tick on a boundary still belongs to the step before it,
// since its requests do.
func (e *Engine) rotate(now time.Time) {
	step := now.Add(-1).Unix() / tenSeconds
	if e.began.IsZero() {
		e.began, e.step = now, step
	}
	e.now = now
	if step == e.step {
		return
	}
	minute := e.step / stepsPerMin
	for _, s := range e.series {
		if s == nil {
			continue
		}
		s.slide(step/stepsPerMin != minute)
		s.sealStep(e.step, &e.scratch)
		if step/stepsPerMin != minute {
			s.sealMinute(minute, &e.scratch)
		}
	}
	e.step = step
}

// at returns the series of a delta, which it makes for a new endpoint.
func (e *Engine) at(d *spikeprocessor.Delta) *series {
	for d.ID >= len(e.series) {
		e.series = append(e.series, nil)
		e.touched = append(e.touched, false)
	}
	if e.series[d.ID] == nil {
		det, err := baseline.New(e.detector)
		if err != nil { // cannot be: NewEngine and Configure have validated it
			det, _ = baseline.New(baseline.Config{})
		}
		e.series[d.ID] = newSeries(d.ID, d.Endpoint, det)
		e.restore(e.series[d.ID])
	}
	return e.series[d.ID]
}

// detect feeds the detector of s with the delta.
func (e *Engine) detect(s *series, d *spikeprocessor.Delta) {
	e.buckets = bucketsOf(e.buckets[:0], d)
	e.verdict(s, s.detector.Tick(e.now, e.buckets))
}

func (e *Engine) verdict(s *series, ev baseline.Event) {
	if ev.Kind != baseline.None {
		e.spike(s, ev)
	}
	if e.publish == nil {
		return
	}
	if v := s.view(); v != s.published {
		s.published = v
		e.publish(s.endpoint, v)
	}
}

// spike records a start or an end, with the outcomes of the hour before it and those since.
func (e *Engine) spike(s *series, ev baseline.Event) {
	var before, during slowlog.OutcomeCounts
	if ev.Kind == baseline.Started {
		s.spikeBase = s.total
		minute := e.step / stepsPerMin
		e.scratch.tally.reset()
		s.minutes.addRange(minute-keptMinutes, minute, &e.scratch.tally)
		before = e.scratch.tally.outcomes
		e.scratch.tally.reset()
		s.collect(Window1m, e.step, &e.scratch.tally)
		during = e.scratch.tally.outcomes
	} else {
		during = s.total
		during.Sub(&s.spikeBase)
	}
	e.spikes.record(s, ev, before, during)
}

// bucketsOf translates a delta to what a detector takes.
func bucketsOf(to []baseline.Bucket, d *spikeprocessor.Delta) []baseline.Bucket {
	for b, n := range d.All.Buckets() {
		to = append(to, baseline.Bucket{Index: int32(b + latency.FirstIndex), Count: uint32(min(n, 1<<32-1))})
	}
	if d.Failed == nil {
		return to
	}
	i := 0
	for b, n := range d.Failed.Buckets() {
		for i < len(to) && to[i].Index < int32(b+latency.FirstIndex) {
			i++
		}
		if i < len(to) && to[i].Index == int32(b+latency.FirstIndex) {
			to[i].Failed = uint32(min(n, uint64(to[i].Count)))
		}
	}
	return to
}

// Reset starts counts and windows anew; baselines too if that is asked for.
func (e *Engine) Reset(baselines bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.began = e.now
	for _, s := range e.series {
		if s == nil {
			continue
		}
		s.reset()
		if baselines {
			if det, err := baseline.New(e.detector); err == nil {
				s.detector = det
			}
		}
	}
}

// age is how long ago the last Advance was, in real time; 0 before the first.
func (e *Engine) age() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.last.IsZero() {
		return 0
	}
	return time.Since(e.last)
}

func (e *Engine) setTraces(spikeID string, traces []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.spikes.setTraces(spikeID, traces)
}

// Spikes returns the last 50 spikes, newest first.
func (e *Engine) Spikes() []Spike {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.spikes.list()
}

func (e *Engine) collectFailed() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stats.FailedCollects++
}

func (e *Engine) fault() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stats.Faults++
}

// Stats returns what the engine has done since it was made.
func (e *Engine) Stats() EngineStats {
	e.mu.Lock()
	defer e.mu.Unlock()
	st := e.stats
	for _, s := range e.series {
		if s != nil {
			st.Bytes += s.bytes() + int(unsafe.Sizeof(*s.detector))
			st.Anomalies += s.detector.Anomalies()
		}
	}
	return st
}
