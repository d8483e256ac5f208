// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/runtimesignals"
	"github.com/otelperf/otelperf-go/otelperf/internal/why"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// spikeCauses are what the engine asks why endpoints are slow.
type spikeCauses struct {
	link    spikeprocessor.Link
	runtime *runtimesignals.Recorder
	// recordings are those that are kept, in the order of time. Nil: there is no recorder.
	recordings func() []causes.Recording
}

// signalsReach is how far back the signals are looked at that stand beside slow requests.
const signalsReach = time.Minute

// why brings together what is known of a part.
func (c *spikeCauses) why(in *engine.Incident, p *engine.Part) causes.Why {
	now := time.Now()
	spent, _ := c.link.Spent(p.Endpoint, p.Start, p.Evidence.Threshold)
	since := p.Start
	if now.Sub(since) > signalsReach {
		since = now.Add(-signalsReach)
	}
	return why.Find(&why.Part{
		Endpoint: p.Endpoint.String(), Spent: spent, Recorded: c.recorded(p), Recorder: c.recordings != nil,
		Signals: c.runtime.Deviations(since, now), Pools: c.runtime.Pools(now), SlowPerSecond: slowPerSecond(in, now),
	})
}

// recorded is what the last recording of a part's time that has enough of its slow requests has found; nil if there is none.
func (c *spikeCauses) recorded(p *engine.Part) (found *causes.Endpoint) {
	if c.recordings == nil {
		return nil
	}
	name := p.Endpoint.String()
	for _, r := range c.recordings() {
		if r.End.Before(p.Start) {
			continue
		}
		for i := range r.Endpoints {
			if e := &r.Endpoints[i]; e.Name == name && (found == nil || e.Slow >= causes.FewestSlow) {
				found = e
			}
		}
	}
	return found
}

// slowPerSecond is how many more slow requests there are in a second than usual, of all endpoints that spike.
func slowPerSecond(in *engine.Incident, now time.Time) (rate float64) {
	for i := range in.Parts {
		p := &in.Parts[i]
		if seconds := now.Sub(p.Start).Seconds(); p.State == engine.Open && p.Endpoint.Kind != conventions.KindDependency && seconds > 0 {
			rate += max(0, float64(p.Cost.Slow)-p.Cost.ExpectedSlow) / seconds
		}
	}
	return rate
}
