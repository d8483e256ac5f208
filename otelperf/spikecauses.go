// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/runtimesignals"
	"github.com/otelperf/otelperf-go/otelperf/internal/stacks"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/otelperf/internal/why"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// spikeCauses are what the engine asks why endpoints are slow.
type spikeCauses struct {
	link    spikeprocessor.Link
	runtime *runtimesignals.Recorder
	// recordings are those that are kept. Nil: there is no recorder.
	recordings func() []causes.Recording
	running    func(now time.Time) []stacks.Request // slow ones
	sampled    func(ep conventions.Endpoint, since time.Time) []stacks.Place
	explained  uint64 // the last of them of which requests have findings; of the digest alone
}

// signalsReach is how far back the signals are looked at that stand beside slow requests.
const signalsReach = time.Minute

// why brings together what is known of a part.
func (c *spikeCauses) why(in *engine.Incident, p *engine.Part) causes.Why {
	now, ev := time.Now(), p.Latest()
	since := ev.Start
	spent, _ := c.link.Spent(p.Endpoint, since, ev.Threshold)
	if now.Sub(since) > signalsReach {
		since = now.Add(-signalsReach)
	}
	its, others := c.runningSlow(p.Endpoint, now)
	return why.Find(&why.Part{
		Endpoint: p.Endpoint.String(), Spent: spent, Recorded: c.recorded(p.Endpoint.String(), ev.Start), Recorder: c.recordings != nil,
		Sampled: c.sampled(p.Endpoint, ev.Start),
		Signals: c.runtime.Deviations(since, now), Pools: c.runtime.Pools(now), Running: its, Alone: others*fewOthers <= its && alone(in, p),
	})
}

// recorded is what the last recording since a time has found that has enough slow requests of an endpoint, or if there is none, any; nil
// without one.
func (c *spikeCauses) recorded(name string, since time.Time) (found *causes.Endpoint) {
	if c.recordings == nil {
		return nil
	}
	end, enough := time.Time{}, false
	for _, r := range c.recordings() {
		if r.End.Before(since) {
			continue
		}
		for i := range r.Endpoints {
			e := &r.Endpoints[i]
			if is := e.Slow >= causes.FewestSlow; e.Name == name && (is && !enough || is == enough && r.End.After(end)) {
				found, end, enough = e, r.End, is
			}
		}
	}
	return found
}

// explainRequests adds what new recordings show of single requests to their findings.
func (c *spikeCauses) explainRequests(slow *slowlog.Store) {
	if c.recordings == nil {
		return
	}
	last := c.explained
	for _, r := range c.recordings() {
		if r.ID <= last {
			continue
		}
		c.explained = max(c.explained, r.ID)
		for i := range r.Endpoints {
			for j := range r.Endpoints[i].Requests {
				explainRequest(slow, &r.Endpoints[i].Requests[j])
			}
		}
	}
}

// recordedShare is the least part of a request that is worth a finding.
const recordedShare = 0.1

func explainRequest(slow *slowlog.Store, r *causes.Request) {
	span, err := trace.SpanIDFromHex(r.SpanID)
	if err != nil {
		return
	}
	var found []slowlog.Finding
	for i := range r.Parts { // the largest come first
		if p := &r.Parts[i]; p.State.Known() && float64(p.Nanos) >= recordedShare*float64(r.Nanos) {
			ms, all := time.Duration(p.Nanos), time.Duration(r.Nanos)
			found = append(found, slowlog.Finding{
				Text: units.Short(units.Milliseconds(ms)) + " of " + units.Short(units.Milliseconds(all)) + " ms " + p.Text(), Ms: units.Milliseconds(ms),
			})
		}
	}
	slow.Explain(span, found)
}

// runningSlow counts the slow requests of an endpoint that run, also those of its method whose route is not known before they end, and
// those of others.
func (c *spikeCauses) runningSlow(ep conventions.Endpoint, now time.Time) (its, others int) {
	if ep.Kind != conventions.KindHTTP || c.running == nil {
		return 0, 0
	}
	for _, r := range c.running(now) {
		if r.Endpoint == ep || r.Endpoint.Route == "" && (r.Endpoint.Method == "" || r.Endpoint.Method == ep.Method) {
			its++
		} else {
			others++
		}
	}
	return its, others
}

// fewOthers is how many times as many slow requests an endpoint must have as all others for it to be the only one.
const fewOthers = 5

// alone reports whether no other endpoint of a spike is slow.
func alone(in *engine.Incident, p *engine.Part) bool {
	return !slices.ContainsFunc(in.Parts, func(o engine.Part) bool {
		return o.State == engine.Open && o.Endpoint.Kind != conventions.KindDependency && o.Endpoint != p.Endpoint
	})
}
