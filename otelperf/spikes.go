// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"fmt"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/slowlog"
)

// keptSpikes is how many spikes are remembered.
const keptSpikes = 50

// States of a spike and of an endpoint's part in it.
const (
	SpikeOpen      = "open"
	SpikeEnded     = "ended"
	SpikeNewNormal = "new_normal" // it stayed for half an hour and is the baseline now
)

// SpikeEvent is a change of a spike. Each endpoint that starts or ends is one event; Opened and Closed mark those that
// opened or closed the whole spike, Grew those by which its endpoints had doubled: the three kinds that are worth a message.
type SpikeEvent struct {
	Type     string // spike_started or spike_ended
	Time     time.Time
	Endpoint SpikeEndpoint // the one that started or ended
	Spike    Spike         // as it is now
	Opened   bool
	Grew     bool
	Closed   bool
}

// Types of a SpikeEvent.
const (
	EventSpikeStarted = "spike_started"
	EventSpikeEnded   = "spike_ended"
)

// spikes keeps the last keptSpikes incidents, each with at most one part per endpoint. The engine's mutex guards it.
type spikes struct {
	incidents baseline.Incidents[int]
	kept      []*keptSpike // oldest first
	events    []SpikeEvent // of the running Advance
	serial    int          // of this process

	versionBefore string        // of the service in the process before this one
	versionNow    func() string // nil: not known
}

type keptSpike struct {
	incident uint64
	Spike
	parts map[int]int // index in Endpoints, by id of the series
}

// record takes a detector's event in.
func (k *spikes) record(s *series, ev baseline.Event, before, during slowlog.OutcomeCounts) {
	m := k.incidents.Join(s.id, ev)
	if m.Change == baseline.Unchanged {
		return
	}
	sp := k.spike(m, ev)
	if sp == nil {
		return
	}
	part := sp.part(s)
	part.update(ev, before, during)
	event := SpikeEvent{
		Type: EventSpikeEnded, Time: ev.At, Endpoint: *part,
		Opened: m.Change == baseline.Opened, Grew: m.Doubled && m.Change != baseline.Opened || m.Change == baseline.Reopened, Closed: m.Change == baseline.Closed,
	}
	if ev.Kind == baseline.Started {
		event.Type = EventSpikeStarted
		s.spikeID = sp.ID
	} else {
		s.spikeID = ""
	}
	sp.State, sp.End = SpikeOpen, nil
	if event.Closed {
		sp.State, sp.End = part.State, &ev.At
	}
	sp.Reason = sp.reason()
	event.Spike = sp.clone()
	k.events = append(k.events, event)
}

// spike finds the incident of m, or makes it.
func (k *spikes) spike(m baseline.Membership, ev baseline.Event) *keptSpike {
	for _, sp := range slices.Backward(k.kept) {
		if sp.incident == m.ID {
			return sp
		}
	}
	if m.Change != baseline.Opened {
		return nil // older than what is kept
	}
	k.serial++
	sp := &keptSpike{incident: m.ID, parts: map[int]int{}, Spike: Spike{
		ID: fmt.Sprintf("%s-%d", ev.At.UTC().Format("20060102T150405"), k.serial), Start: ev.Start.UTC(), At: ev.At.UTC(),
		TraceIDs: []string{}, SinceRestart: ev.SinceRestart,
	}}
	if ev.SinceRestart {
		sp.SinceVersion = k.newVersion()
	}
	if len(k.kept) >= keptSpikes {
		k.kept = slices.Delete(k.kept, 0, 1)
	}
	k.kept = append(k.kept, sp)
	return sp
}

// newVersion is the service's version if it is another than that of the process before.
func (k *spikes) newVersion() string {
	if k.versionNow == nil || k.versionBefore == "" {
		return ""
	}
	if v := k.versionNow(); v != k.versionBefore {
		return v
	}
	return ""
}

func (sp *keptSpike) part(s *series) *SpikeEndpoint {
	i, ok := sp.parts[s.id]
	if !ok {
		i = len(sp.Endpoints)
		sp.parts[s.id] = i
		sp.Endpoints = append(sp.Endpoints, SpikeEndpoint{Method: s.endpoint.Method, Route: s.endpoint.Route, Kind: s.endpoint.Kind.String(), endpoint: s.endpoint})
	}
	return &sp.Endpoints[i]
}

// update writes an event's figures into the endpoint's part.
func (p *SpikeEndpoint) update(ev baseline.Event, before, during slowlog.OutcomeCounts) {
	p.Level, p.ThresholdMs = string(ev.Level), milliseconds(ev.Threshold)
	p.Requests, p.Above, p.Expected = ev.N, ev.Above, *number(ev.Expected)
	p.P50Ms, p.P90Ms, p.P99Ms = milliseconds(ev.Now.P50), milliseconds(ev.Now.P90), milliseconds(ev.Now.P99)
	p.BaselineP50Ms, p.BaselineP90Ms, p.BaselineP99Ms = milliseconds(ev.Baseline.P50), milliseconds(ev.Baseline.P90), milliseconds(ev.Baseline.P99)
	p.Ratio = number(ev.Ratio)
	p.ErrorRate = errorRate(during)
	at := ev.At.UTC()
	switch ev.Kind {
	case baseline.Started:
		p.State, p.Start, p.At, p.End = SpikeOpen, ev.Start.UTC(), at, nil
		p.ErrorRateBefore = errorRate(before)
	case baseline.NewNormal:
		p.State, p.End = SpikeNewNormal, &at
	default:
		p.State, p.End = SpikeEnded, &at
	}
}

func errorRate(o slowlog.OutcomeCounts) *float64 {
	if o.Total() == 0 {
		return nil
	}
	return number(float64(o.Failed()) / float64(o.Total()))
}

// clone is a copy that later events do not change.
func (sp *keptSpike) clone() Spike {
	c := sp.Spike
	c.Endpoints = slices.Clone(c.Endpoints)
	c.TraceIDs = slices.Clone(c.TraceIDs)
	return c
}

// list returns copies of all that are kept, newest first.
func (k *spikes) list() []Spike {
	out := make([]Spike, 0, len(k.kept))
	for _, sp := range slices.Backward(k.kept) {
		out = append(out, sp.clone())
	}
	return out
}

// setTraces notes which slow requests belong to a spike.
func (k *spikes) setTraces(id string, traces []string) {
	for _, sp := range k.kept {
		if sp.ID == id {
			sp.TraceIDs = traces
		}
	}
}

// open counts the spikes that are open.
func (k *spikes) open() (n int) {
	for _, sp := range k.kept {
		if sp.State == SpikeOpen {
			n++
		}
	}
	return n
}

// levelTexts name what a level's threshold is measured by.
var levelTexts = map[baseline.Level]string{
	baseline.P99: "the usual p99", baseline.P90: "the usual p90", baseline.P50: "the usual median",
	baseline.Tail: "the usual p99", baseline.Shape: "the usual p99",
}

// reason says in a sentence what was seen, by the endpoint that was first.
func (sp *keptSpike) reason() string {
	p := &sp.Endpoints[0]
	text := fmt.Sprintf("%s: %d of %d requests above %s ms (%s %s), %s expected; p99 %s ms, usually %s",
		endpointName(p.Method, p.Route), p.Above, p.Requests, short(p.ThresholdMs), timesUsual(p), levelTexts[baseline.Level(p.Level)],
		short(p.Expected), short(p.P99Ms), short(p.BaselineP99Ms))
	if n := len(sp.Endpoints) - 1; n > 0 {
		text += fmt.Sprintf("; and %d more endpoints", n)
	}
	switch {
	case sp.SinceVersion != "":
		text += "; since version " + sp.SinceVersion
	case sp.SinceRestart:
		text += "; since this start"
	}
	return text
}

// timesUsual says how many times its usual quantile a threshold is.
func timesUsual(p *SpikeEndpoint) string {
	usual := map[baseline.Level]float64{baseline.P90: p.BaselineP90Ms, baseline.P50: p.BaselineP50Ms}[baseline.Level(p.Level)]
	if usual == 0 {
		usual = p.BaselineP99Ms
	}
	if usual == 0 {
		return "above"
	}
	return fmt.Sprintf("%.2gx", p.ThresholdMs/usual)
}

// short writes a number with three digits where more would only be noise.
func short(x float64) string {
	switch {
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	default:
		return fmt.Sprintf("%.2g", x)
	}
}
