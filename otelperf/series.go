// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Byte caps of what is sealed. A minute or step over its cap is kept at 1.1 % instead of 0.55 %. maxSeriesBytes is
// the most that one endpoint takes in the engine, its detector aside: where durations are spread so widely that their
// live buckets are large, the caps shrink.
const (
	stepCap        = 360
	minuteCap      = 480
	minCap         = 160
	allCap         = 8 << 10
	maxSeriesBytes = 40 << 10
)

// series is everything that is known of one endpoint. The engine's mutex guards it.
type series struct {
	id       int
	endpoint conventions.Endpoint
	set      attribute.Set // of its metric points
	coarse   bool          // durations came from buckets wider than ours

	running  tally  // the running step
	steps    ring   // whole steps before it
	minutes  ring   // whole minutes before the running one
	all      sealed // all whole minutes since the start or reset
	total    slowlog.OutcomeCounts
	standing standing

	detector  *baseline.Detector
	published spikeprocessor.EndpointState
	spikeID   string                // of the open spike
	spikeBase slowlog.OutcomeCounts // total when it was announced
}

func newSeries(id int, ep conventions.Endpoint, d *baseline.Detector) *series {
	return &series{id: id, endpoint: ep, set: attribute.NewSet(ep.Attributes()...), detector: d, steps: newRing(keptSteps), minutes: newRing(keptMinutes)}
}

// view is what the span path must know.
func (s *series) view() (v spikeprocessor.EndpointState) {
	if p99, ok := s.baselineP99(); ok {
		v.BaselineP99 = p99
	}
	v.SpikeID = s.spikeID
	return v
}

func (s *series) add(d *spikeprocessor.Delta) {
	s.running.durations.Merge(d.All)
	s.running.outcomes.Add(&d.Outcomes)
	if s.standing.window != "" {
		s.standing.tally.durations.Merge(d.All)
		s.standing.tally.outcomes.Add(&d.Outcomes)
	}
	s.total.Add(&d.Outcomes)
	s.coarse = s.coarse || d.Coarse
}

// sealStep closes the running step, whose number is step.
func (s *series) sealStep(step int64, x *scratch) {
	if s.running.empty() {
		return
	}
	i := s.steps.index(step)
	s.steps.items[i] = s.running.seal(s.steps.items[i], s.limit(stepCap), &x.buf)
	s.steps.numbers[i] = int32(step)
	s.running.reset()
}

// sealMinute closes a minute, all of whose steps are sealed.
func (s *series) sealMinute(minute int64, x *scratch) {
	x.tally.reset()
	s.steps.addRange(minute*stepsPerMin, (minute+1)*stepsPerMin, &x.tally)
	if x.tally.empty() {
		return
	}
	i := s.minutes.index(minute)
	s.minutes.items[i] = x.tally.seal(s.minutes.items[i], s.limit(minuteCap), &x.buf)
	s.minutes.numbers[i] = int32(minute)
	s.all.addTo(&x.tally)
	s.all = x.tally.seal(s.all, allCap, &x.buf)
}

// limit is the byte cap of a step or minute: the usual one, or an equal part of what the live buckets leave.
func (s *series) limit(usual int) int {
	left := (maxSeriesBytes - s.running.durations.Bytes() - s.standing.bytes() - cap(s.all) - 4<<10) / (keptSteps + keptMinutes)
	return max(minCap, min(usual, left))
}

// collect adds what the endpoint did in window w to t. step is the number of the running step.
func (s *series) collect(w Window, step int64, t *tally) {
	minute := step / stepsPerMin
	switch w {
	case Window1m:
		s.steps.addRange(step-keptSteps, step, t)
	case Window5m:
		s.minutes.addRange(minute-5, minute, t)
		s.steps.addRange(minute*stepsPerMin, step, t)
	case Window1h:
		s.minutes.addRange(minute-keptMinutes, minute, t)
		s.steps.addRange(minute*stepsPerMin, step, t)
	default:
		s.all.addTo(t)
		s.steps.addRange(minute*stepsPerMin, step, t)
	}
	t.merge(&s.running)
}

// reset forgets everything but the baseline.
func (s *series) reset() {
	s.running.reset()
	s.steps.clear()
	s.minutes.clear()
	s.all = s.all[:0]
	s.standing.stale()
	s.total = slowlog.OutcomeCounts{}
}

// bytes is the memory that s holds, its detector aside.
func (s *series) bytes() int {
	return s.running.durations.Bytes() + s.standing.bytes() + s.steps.bytes() + s.minutes.bytes() + cap(s.all) + 300
}
