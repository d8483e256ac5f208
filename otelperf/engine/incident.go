// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"math"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// State is that of an incident, or of an endpoint's part in one.
type State string

// The states.
const (
	Open      State = "open"
	Ended     State = "ended"
	NewNormal State = "new_normal" // it stayed for half an hour and is the baseline now
)

// Incident is latency that left its baseline, at one endpoint or at several together.
type Incident struct {
	ID    string    // unique in this process, and by its time among others
	State State     // open until its last part has ended
	Start time.Time // when the evidence began
	At    time.Time // when there was enough of it
	End   time.Time // zero while it is open
	// Parts are the endpoints involved, the first one first; at most one for each endpoint.
	Parts []Part
	// Reason says in a sentence what was seen.
	Reason string
	// TraceIDs are slow requests of that time, by SetTraces.
	TraceIDs []string
	// SinceRestart marks an incident that began within 30 minutes of the start of the process; SinceVersion names the
	// version that came with it, if it is another than before.
	SinceRestart bool
	SinceVersion string // see SinceRestart
}

// Part is one endpoint's part in an incident.
type Part struct {
	Endpoint conventions.Endpoint // it is of
	State    State                // of this endpoint
	Start    time.Time            // when the evidence began
	At       time.Time            // when there was enough of it
	End      time.Time            // zero while it is open
	// Evidence is the detector's latest word on it.
	Evidence baseline.Event
	// FailedBefore and Failed are the shares of failed requests in the hour before and since, 0 to 1; NaN where there was none.
	FailedBefore, Failed float64
}

// update takes in what a detector said.
func (p *Part) update(ev baseline.Event, before, during slowlog.OutcomeCounts) {
	p.Evidence, p.Failed = ev, failedShare(during)
	switch ev.Kind {
	case baseline.Started:
		p.State, p.Start, p.At, p.End = Open, ev.Start, ev.At, time.Time{}
		p.FailedBefore = failedShare(before)
	case baseline.NewNormal:
		p.State, p.End = NewNormal, ev.At
	default:
		p.State, p.End = Ended, ev.At
	}
}

func failedShare(o slowlog.OutcomeCounts) float64 {
	if o.Total() == 0 {
		return math.NaN()
	}
	return float64(o.Failed()) / float64(o.Total())
}

// clone is a copy that later events do not change.
func (in *Incident) clone() Incident {
	c := *in
	c.Parts = slices.Clone(c.Parts)
	c.TraceIDs = slices.Clone(c.TraceIDs)
	return c
}

// Event is a change of an incident. Each endpoint that starts or ends is one event; Opened and Closed mark those that
// opened or closed the whole incident, Grew those by which its endpoints had doubled: the three kinds that are worth a message.
type Event struct {
	Time     time.Time // of the Advance that found it
	Started  bool      // Part began; else it ended
	Part     Part      // the one that began or ended
	Incident Incident  // as it is now
	Opened   bool      // it opened the incident
	Grew     bool      // the endpoints involved have doubled since the last message, or it is open again
	Closed   bool      // it closed the incident
}
