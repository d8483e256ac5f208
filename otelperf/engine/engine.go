// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"crypto/rand"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/failures"
	"github.com/otelperf/otelperf-go/otelperf/internal/timeline"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Engine keeps, per endpoint, at most 40 KiB of windows, 8 KiB of baseline and 1.7 KiB for failures and traffic; endpoints are as many as its source brings and has not
// forgotten (a processor: at most max endpoints and one overflow row per kind), and the last 50 incidents, 1 KiB for each endpoint
// in one.
//
// All methods are safe for concurrent use.
type Engine struct {
	options Options

	mu        sync.Mutex // guards all below
	detector  baseline.Config
	filled    *baseline.Config // the same with its defaults, once somebody asked; nil before
	endpoints []*endpoint      // by the source's id; nil where it skipped one, or has forgotten it
	serial    int              // of the last endpoint
	now       time.Time        // of the last Advance
	last      time.Time        // the same with its monotonic part
	elapsed   time.Duration    // that has passed since the first Advance, whatever the clock was set to
	began     time.Time        // of the first Advance, or of the last reset
	step      int64            // number of the running step
	buckets   []baseline.Bucket
	scratch   timeline.Scratch
	stats     Stats
	incidents incidents
	followed  int64                             // step in which incidents were last looked at closely
	saved     map[conventions.Endpoint]Baseline // of an earlier process, for endpoints not seen yet
	failing   *failures.Detector                // of which each endpoint has another
	service   *endpoint                         // stands for all of them, for its silence; nil before the first
	heard     time.Duration                     // when the whole service was silent last
	budgets   budgets
}

// Options are what an Engine may have. The zero value is ready to use.
type Options struct {
	// Detector are the knobs of the baselines and of detection; fields of zero have their defaults.
	Detector baseline.Config
	// Objectives are shares of requests that are to be good.
	Objectives []SLO
	// SlowFrom returns from which duration a request of an endpoint is slow, in general. It is called where rows are read, and must return at
	// once and not call the Engine. Nil: it is not known.
	SlowFrom func(conventions.Endpoint) time.Duration
	// Publish is called within Advance and Reset when what the request path must know of an endpoint has changed. It must return at once
	// and not call the Engine. Nil: it is not called.
	Publish func(conventions.Endpoint, spikeprocessor.EndpointState)
	// Requests is asked about single requests of incidents. Nil: nothing is known of them.
	Requests Requests
	// Why is asked why slow requests of an open part of an incident are slow. It is called within Advance: it must return at once, not call
	// the Engine, and leave what it is given as it is. Nil: it is not known.
	Why func(*Incident, *Part) causes.Why
	// Errors is asked which errors a part about failures or panics has, at most 3, the most frequent first. It is called within Advance:
	// it must return at once, not call the Engine, and leave what it is given as it is. Nil: it is not known.
	Errors func(*Part) []ErrorGroup
	// Version returns the version of the service, by which an incident that began soon after a restart is put down to a new one.
	// It is called within Advance and must not call the Engine. Nil: it is not known.
	Version func() string
	// After names what of the service was changed soon before a time at which an incident began, as "began about 40 s after version 1.5.0";
	// "" for nothing. It is called within Advance and must not call the Engine. Nil: nothing is known.
	// where it has come back since, that of its last return, too, which is zero else.
	After func(start, returned time.Time) string
	// Signals names what of the whole process, such as a CPU quota, left its normal clearly when the evidence of a spike began, so
	// long ago, and makes requests slow. It is called within Advance, for a minute from the detection on, and must return at once and not
	// call the Engine. Nil: nothing is known.
	Signals func(ago time.Duration) []string
	// Confirm reports whether an alarm about latency or bad requests is to be reported, of which a detector has just said that it has started,
	// or earlier and it has not ended since: it is asked at once and in each Advance until it says yes. An alarm that ends before
	// was none. It is for sources that do not tell when requests ended, such as metrics, which show a stall of two seconds as
	// a minute in which some are slow. It is called within Advance: it must return at once, not call the Engine, and leave what it is given
	// as it is. Nil: all are.
	Confirm func(conventions.Endpoint, Matter, *baseline.Event) bool
	// MayLeave reports whether the whole service may go on where this engine does not see it, as when another collector has it from now on.
	// When nothing at all comes from it any more, that cannot be told from a service that has stopped: its silence is a warning then, and says so.
	// It is called within Advance and must not call the Engine. Nil: it may not.
	MayLeave func() bool
}

// New returns an engine. The error is that of [baseline.Config.Validate], or says which objectives have a target or a period out of range.
func New(o Options) (*Engine, error) {
	if err := o.Detector.Validate(); err != nil {
		return nil, err
	}
	failing, err := failures.New(failures.Config{})
	if err != nil {
		return nil, err
	}
	budgets, err := newBudgets(o.Objectives)
	if err != nil {
		return nil, err
	}
	return &Engine{options: o, detector: o.Detector, failing: failing, incidents: incidents{tag: strings.ToLower(rand.Text()[:4]) + "-", versionNow: o.Version, after: o.After}, budgets: budgets}, nil
}

// Advance moves the engine to now with what came since the previous call. When now is before the previous one by a
// minute or more, somebody set the clock, and the history is moved along with it; by less, it counts as the previous one. How long ago
// things were is by the monotonic part of the times, where they have one.
// It returns the changes of incidents, nil mostly. A delta has an ID from 0 on, the same for an endpoint in all calls until it is
// forgotten, and a histogram.
func (e *Engine) Advance(now time.Time, deltas iter.Seq[*spikeprocessor.Delta]) []Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.advance(now, e.pass(now), deltas)
	return e.incidents.take()
}

func (e *Engine) advance(now time.Time, passed time.Duration, deltas iter.Seq[*spikeprocessor.Delta]) {
	e.stats.Ticks++
	e.elapsed += passed
	now = now.Round(0)
	if now.Before(e.now) {
		now = e.setBack(now)
	} else {
		e.setForward(now.Sub(e.now) - passed)
	}
	e.rotate(now)
	for d := range e.budgeting(deltas) {
		if d.Forgotten {
			e.forget(d)
			continue
		}
		ep := e.at(d)
		ep.touched = true
		ep.add(d)
		if ep.part != nil {
			e.count(ep.part, d)
		}
		e.buckets = bucketsOf(e.buckets[:0], d)
		e.verdict(ep, ep.detector.Tick(e.now, e.buckets))
		e.after(ep, d)
		e.judge(ep, d)
		e.confirm(ep)
	}
	for ep := range e.all() {
		if !ep.touched {
			e.verdict(ep, ep.detector.Tick(e.now, nil))
			e.after(ep, nil)
			e.judge(ep, nil)
			e.confirm(ep)
		}
		ep.touched = false
	}
	e.listen()
	e.follow()
}

// all are the endpoints that there are.
func (e *Engine) all() iter.Seq[*endpoint] {
	return func(yield func(*endpoint) bool) {
		for _, ep := range e.endpoints {
			if ep != nil && !yield(ep) {
				return
			}
		}
	}
}

// rotate seals the steps and minutes that ended before now. A tick on a boundary still belongs to the step before it,
// since its requests do.
func (e *Engine) rotate(now time.Time) {
	step := now.Add(-1).Unix() / timeline.StepSeconds
	if e.began.IsZero() {
		e.began, e.step = now, step
	}
	e.now = now
	if step == e.step {
		return
	}
	endMinute := step/timeline.StepsPerMinute != e.step/timeline.StepsPerMinute
	for ep := range e.all() {
		ep.line.EndStep(e.step, endMinute, &e.scratch)
	}
	e.step = step
}

// at returns the endpoint of a delta, which it makes if it is new.
func (e *Engine) at(d *spikeprocessor.Delta) *endpoint {
	for d.ID >= len(e.endpoints) {
		e.endpoints = append(e.endpoints, nil)
	}
	if e.endpoints[d.ID] == nil {
		e.serial++
		ep := &endpoint{id: e.serial, name: d.Endpoint, line: timeline.NewLine(), detector: e.newDetector(), others: e.newOthers(d.Endpoint)}
		e.endpoints[d.ID] = ep
		e.restore(ep)
		e.await(ep)
	}
	return e.endpoints[d.ID]
}

func (e *Engine) newDetector() *baseline.Detector {
	d, err := baseline.New(e.detector)
	if err != nil { // cannot be: New and Configure have validated it
		d, _ = baseline.New(baseline.Config{})
	}
	return d
}

// verdict passes on what a detector found.
func (e *Engine) verdict(ep *endpoint, ev baseline.Event) {
	if ev.Kind != baseline.None {
		e.record(ep, Latency, ev)
	}
	ep.suspicion = ep.detector.Suspicion(onTheWay)
	e.publish(ep)
}

// publish passes on what the request path must know, if that has changed.
func (e *Engine) publish(ep *endpoint) {
	if v := ep.state(); e.options.Publish != nil && v != ep.published {
		ep.published = v
		e.options.Publish(ep.name, v)
	}
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

// Configure changes the knobs of all detectors; what they have learned stays. config.Tick of zero keeps the one in
// force. On an error, that of [baseline.Config.Validate], nothing is changed.
func (e *Engine) Configure(config baseline.Config) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if config.Tick == 0 {
		config.Tick = e.detector.Tick
	}
	if err := config.Validate(); err != nil {
		return err
	}
	e.detector, e.filled = config, nil
	for ep := range e.all() {
		if err := ep.detector.SetConfig(config); err != nil {
			return err // cannot be: it was validated
		}
	}
	return nil
}

// Config returns the detectors' configuration with its defaults filled in.
func (e *Engine) Config() baseline.Config {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.filled == nil {
		e.filled = new(e.newDetector().Config())
	}
	return *e.filled
}
