// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/failures"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// maxBaselineAge is how old a baseline of an earlier process may become without its endpoint being seen again.
const maxBaselineAge = 7 * 24 * time.Hour

// Baseline is what is normal for an endpoint, to be kept for the next process.
type Baseline struct {
	Endpoint conventions.Endpoint // it is of
	At       time.Time            // when it was taken
	State    []byte               // of baseline.Detector.AppendState
	// SpikingSince is when the spike began that was open then; zero for none.
	SpikingSince time.Time
	// Open is the part of its latency in an incident that has been reported, and whose end has not; nil for none.
	Open *OpenPart
	// Others are its other parts in such incidents; Failures and Traffic are the states of those detectors, nil for none.
	Others            []OpenPart
	Failures, Traffic []byte // see Others
}

// Offer gives the engine the baselines of an earlier process, for endpoints as they appear. What is too old is dropped.
// Incidents that are open in them, the last MaxIncidents, are open: those that go on do so under their ids, and the others end.
// version is that of the service then; incidents that begin soon after the start are put down to a newer one.
func (e *Engine) Offer(saved []Baseline, version string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.saved = make(map[conventions.Endpoint]Baseline, len(saved))
	for _, b := range saved {
		e.saved[b.Endpoint] = b
	}
	e.incidents.versionBefore = version
	e.takeOver(saved)
}

// restore gives a new endpoint the baseline that an earlier process had, if there is one that the detector takes.
func (e *Engine) restore(ep *endpoint) {
	old, ok := e.saved[ep.name]
	if !ok {
		return
	}
	delete(e.saved, ep.name)
	e.restoreOthers(ep, &old)
	if len(old.State) == 0 {
		return
	}
	if err := ep.detector.Restore(old.State, max(0, e.now.Sub(old.At))); err != nil {
		e.stats.RestoreFailures++
		return
	}
	e.stats.Restored++
	if since := old.SpikingSince; !since.IsZero() && since.Before(e.now) && since.Before(old.At) && e.now.Sub(since) < maxBaselineAge {
		ep.before = before{since: since, until: e.elapsed + ep.detector.State().JudgedIn + rejoin}
	}
}

// before is the spike that an endpoint had when the process before this one saved its state: one whose evidence begins as soon as requests
// are judged, or minutes later, is the same.
type before struct {
	since time.Time     // zero: there was none
	until time.Duration // as Engine.elapsed
}

// of reports whether a spike that has just been found was open before.
func (b *before) of(ev *baseline.Event, elapsed time.Duration) bool {
	return !b.since.IsZero() && ev.SinceRestart && elapsed-ev.At.Sub(ev.Start) <= b.until
}

// spikingSince is when an endpoint's open spike began, or the one before the restart of which nobody knows yet whether it still is.
func (e *Engine) spikingSince(ep *endpoint) time.Time {
	switch {
	case ep.part != nil:
		return ep.part.Start
	case e.elapsed <= ep.before.until:
		return ep.before.since
	}
	return time.Time{}
}

// Baselines returns those to keep for the next process as of now, those of an earlier one included that were not needed yet.
func (e *Engine) Baselines(now time.Time) (out []Baseline) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for ep := range e.all() {
		if b, ok := ep.baseline(now); ok {
			b.SpikingSince = e.spikingSince(ep)
			b.Open, b.Others = e.incidents.openParts(ep.name)
			out = append(out, b)
		}
	}
	if s := e.service; s != nil {
		b := Baseline{Endpoint: s.name, At: now, Traffic: s.traffic.AppendState(nil)}
		_, b.Others = e.incidents.openParts(s.name)
		out = append(out, b)
	}
	for _, b := range e.saved {
		if now.Sub(b.At).Abs() < maxBaselineAge {
			was := b.Open
			if b.Open, b.Others = e.incidents.openParts(b.Endpoint); was != nil && b.Open == nil { // it has ended since
				b.SpikingSince = time.Time{}
			}
			out = append(out, b)
		}
	}
	return out
}

// baseline is what is to be kept of an endpoint; ok is false while nothing is known.
func (ep *endpoint) baseline(now time.Time) (b Baseline, ok bool) {
	b = Baseline{Endpoint: ep.name, At: now}
	if _, known := ep.detector.Quantile(0.5); known {
		b.State, ok = ep.detector.AppendState(nil), true
	}
	if ok || len(ep.open) > 0 || !ep.failing.State(failures.Failed).Learning {
		b.Failures, ok = ep.failing.AppendState(nil), true
		if ep.traffic != nil {
			b.Traffic = ep.traffic.AppendState(nil)
		}
	}
	return b, ok
}

// restoreOthers gives a new endpoint what an earlier process knew beside its latency.
func (e *Engine) restoreOthers(ep *endpoint, old *Baseline) {
	age := max(0, e.now.Sub(old.At))
	if len(old.Failures) > 0 && ep.failing != nil && ep.failing.Restore(old.Failures, age) != nil {
		e.stats.RestoreFailures++
	}
	if len(old.Traffic) > 0 && ep.traffic != nil && ep.traffic.Restore(old.Traffic, age) != nil {
		e.stats.RestoreFailures++
	}
}

// restoreService gives the whole service what an earlier process knew of its traffic.
func (e *Engine) restoreService() {
	if old, ok := e.saved[e.service.name]; ok {
		delete(e.saved, e.service.name)
		e.restoreOthers(e.service, &old)
	}
}
