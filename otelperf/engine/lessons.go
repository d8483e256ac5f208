// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/failures"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Lessons learn what is usual from minutes that are over, of which a history has no more than counts and histograms: latency and shares of
// failures. What takes seconds to learn, how long an endpoint is silent, is not in them. Not safe for concurrent use. In memory are 9 KiB
// for each endpoint.
type Lessons struct {
	config  baseline.Config
	failing *failures.Detector
	most    int // endpoints
	last    time.Time
	all     map[conventions.Endpoint]*lesson
	buckets []baseline.Bucket
}

// lesson is that of an endpoint.
type lesson struct {
	detector *baseline.Detector
	failing  *failures.Detector
	minute   time.Time // it was taught last
}

// NewLessons returns lessons with the knobs of the engine's detectors, of at most so many endpoints.
func (e *Engine) NewLessons(most int) *Lessons {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := &Lessons{config: e.detector, failing: e.failing, most: most, all: map[conventions.Endpoint]*lesson{}}
	l.config.Tick = time.Minute
	return l
}

// Minute teaches what was done in the minute that begins at a time, after all that was taught before. One row for each endpoint.
func (l *Lessons) Minute(at time.Time, rows []MinuteRow) {
	end := at.Add(time.Minute)
	if !end.After(l.last) {
		return
	}
	l.last = end
	for i := range rows {
		if of := l.of(rows[i].Endpoint); of != nil {
			of.minute = end
			of.teach(end, &rows[i], &l.buckets)
		}
	}
	for _, of := range l.all {
		if of.minute.Before(end) {
			of.teach(end, &MinuteRow{}, &l.buckets)
		}
	}
}

func (l *Lessons) of(name conventions.Endpoint) *lesson {
	if of := l.all[name]; of != nil || len(l.all) >= l.most {
		return of
	}
	d, err := baseline.New(l.config)
	if err != nil {
		return nil // cannot be: the engine has it
	}
	l.all[name] = &lesson{detector: d, failing: l.failing.Another()}
	return l.all[name]
}

func (of *lesson) teach(end time.Time, r *MinuteRow, buckets *[]baseline.Bucket) {
	*buckets = (*buckets)[:0]
	if r.Durations != nil {
		*buckets = bucketsOf(*buckets, &spikeprocessor.Delta{All: r.Durations})
	}
	of.detector.Tick(end, *buckets)
	of.failing.Tick(end, failures.Of(&r.Outcomes))
}

// Baselines are what was learned. Nothing is open in them.
func (l *Lessons) Baselines() (out []Baseline) {
	for name, of := range l.all {
		if _, known := of.detector.Quantile(0.5); known {
			out = append(out, Baseline{Endpoint: name, At: l.last, State: of.detector.AppendState(nil), Failures: of.failing.AppendState(nil)})
		}
	}
	return out
}

// Readable reports whether the states of baselines are such as this version reads.
func (e *Engine) Readable(saved []Baseline) bool {
	e.mu.Lock()
	d := e.newDetector()
	e.mu.Unlock()
	for i := range saved {
		if s := saved[i].State; len(s) > 0 && d.Restore(s, 0) != nil {
			return false
		}
	}
	return true
}

// Teach gives the engine baselines that were learned of endpoints of which nothing is known from an earlier process: of those that have
// appeared since the start, too, unless they are in an incident.
func (e *Engine) Teach(learned []Baseline) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.saved == nil {
		e.saved = make(map[conventions.Endpoint]Baseline, len(learned))
	}
	for _, b := range learned {
		if old, ok := e.saved[b.Endpoint]; ok && len(old.State) > 0 && e.newDetector().Restore(old.State, max(0, e.now.Sub(old.At))) == nil {
			continue
		}
		if old, ok := e.saved[b.Endpoint]; ok {
			b.Open, b.Others, b.SpikingSince, b.Traffic = old.Open, old.Others, old.SpikingSince, old.Traffic
		}
		ep := e.find(b.Endpoint.Method, b.Endpoint.Route, b.Endpoint.Kind.String())
		switch {
		case ep == nil:
			e.saved[b.Endpoint] = b
		case ep.detector.State().Restored || ep.part != nil || len(ep.open) > 0:
		default:
			e.saved[b.Endpoint] = b
			e.restore(ep)
			e.publish(ep)
		}
	}
}
