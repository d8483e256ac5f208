// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/causes"
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

// Incident is latency, failures or traffic that left what is usual, at one endpoint or at several for the same reason: they began
// together, or wait for the same dependency.
type Incident struct {
	ID    string    // unique in this process, and by its time among others
	State State     // open until its last part has ended
	Start time.Time // when the evidence began
	At    time.Time // when there was enough of it
	End   time.Time // zero while it is open
	// Returned is when the evidence of its last return began, after all of it had ended; zero if it never has.
	Returned time.Time
	// EndedLater is of Engine.IncidentsThen: when it has ended, after that time; zero if it has not.
	EndedLater time.Time
	// Parts are the endpoints involved, at most one for each and each matter: those that are open first, of these those of most weight, and
	// of these the worst first.
	Parts []Part
	// Reason says in a sentence what was seen, by the first of Parts, after a message of growth how bad that has become, and once it has
	// ended what it has cost.
	Reason string
	// Cost is the sum of those parts that are requests, so that a call is not counted once more with its request.
	Cost Cost
	// Examples are slow requests of it, by Requests.Examples.
	Examples []Request
	// SinceRestart marks an incident that began within 30 minutes of the start of the process, and was not open before; SinceVersion
	// names the version that came with it, if it is another than before.
	SinceRestart bool
	After        string // see Options
	Reported     bool   // the last message that it has opened, closed or come back said that it is open
	SinceVersion string // see SinceRestart
}

// Part is one endpoint's part in an incident.
type Part struct {
	Endpoint conventions.Endpoint // it is of
	Matter   Matter               // it is about; an endpoint has a part for each
	State    State                // of this endpoint
	Start    time.Time            // when the evidence began
	At       time.Time            // when there was enough of it
	End      time.Time            // zero while it is open
	// EndedLater is as of Incident.
	EndedLater time.Time
	// Evidence is what made it an alarm. It stays as it was. Of another matter than latency it has the times, N requests, of which Above are
	// bad, and Expected bad ones would be usual; Ratio is of the shares. Of silence, Expected requests would be, and Ratio is of that to N.
	Evidence baseline.Event
	Total    baseline.Event // as Evidence, from Start until now or the end; not of latency
	Budget   BurningBudget  // of a part about an objective
	Errors   []ErrorGroup   // what failed most, of a part about failures or panics: at most 3, the most frequent first
	Worst    Moment         // when it was farthest from its baseline: what the evidence shows, or a minute since
	Last     Moment         // the last minute; of the evidence at first, and of the last minute of the part once it has ended
	Cost     Cost           // since Start, as far as it is known
	// Before: it was open already when the process before this one saved its state, and Start, Total and Cost go on from there. The
	// Evidence is of this process.
	Before bool
	// Unseen: as Before, and not found to be slow since the restart. Evidence, Worst and Cost are of before it. It ends when the endpoint
	// has been judged for five minutes, or has not appeared for ten.
	Unseen bool
	// MayHaveLeft marks the silence of a service that goes on elsewhere, unless it has stopped: see Options.MayLeave.
	MayHaveLeft bool
	// Ending says how it has ended, such as "no request since 00:42 UTC"; "" where its latency is as usual again.
	Ending string
	// Returns is how often it has become slow again within ten minutes, Away how long it was not, the last time, and Again what
	// made it an alarm then.
	Returns int
	Away    time.Duration  // see Returns
	Again   baseline.Event // see Returns
	// WaitsFor is the route of the dependency that its slow requests spend their extra time in; "" while none is known.
	WaitsFor string
	// Why says why its slow requests are slow, as far as that is known: it may become known later, and stays as it was when the part ends.
	// Of an incident, the 20 worst parts that are open are looked at.
	Why   causes.Why
	WhyAt time.Time // when a cause became known; zero while none is
	// FailedBefore and Failed are the shares of failed requests in the hour before and since, 0 to 1; NaN where there was none.
	FailedBefore, Failed float64
}

// Latest is what made it an alarm the last time: its Evidence, or Again once it has come back.
func (p *Part) Latest() *baseline.Event {
	if p.Returns > 0 {
		return &p.Again
	}
	return &p.Evidence
}

// Since is when it began the last time.
func (p *Part) Since() time.Time {
	if p.Returns > 0 {
		return p.Again.Start
	}
	return p.Start
}

// Moment is a minute of a part, looked at every ten seconds.
type Moment struct {
	Time             time.Time     // of its beginning
	Requests, Failed uint64        // in it
	Rank             float64       // which quantile Quantile is, 0 to 1: that of Part.Latest, or of another alarm before
	Quantile, P99    time.Duration // that one, and p99
	Ratio            float64       // Quantile over its baseline
}

// Cost is what an incident has cost by now.
type Cost struct {
	Requests       uint64  // of any outcome
	Slow           uint64  // of them, how many took longer than the threshold of the evidence
	ExpectedSlow   float64 // how many would have anyway
	Failed         uint64  // of them, how many failed
	ExpectedFailed float64 // how many would have at the rate of the hour before
}

// raise makes every number at least that of another, and less takes another off.
func (c *Cost) raise(o *Cost) {
	*c = Cost{
		max(c.Requests, o.Requests), max(c.Slow, o.Slow), max(c.ExpectedSlow, o.ExpectedSlow), max(c.Failed, o.Failed), max(c.ExpectedFailed, o.ExpectedFailed),
	}
}

func (c *Cost) less(o *Cost) { // see raise
	*c = Cost{c.Requests - o.Requests, c.Slow - o.Slow, c.ExpectedSlow - o.ExpectedSlow, c.Failed - o.Failed, c.ExpectedFailed - o.ExpectedFailed}
}

func (c *Cost) add(o *Cost) {
	c.Requests += o.Requests
	c.Slow += o.Slow
	c.ExpectedSlow += o.ExpectedSlow
	c.Failed += o.Failed
	c.ExpectedFailed += o.ExpectedFailed
}

// ErrorGroup are failed requests of an endpoint with one kind of error.
type ErrorGroup struct {
	Type, Message string  // as of the slow log
	Count         uint64  // of those that the slow log has, since the part began the last time
	Last          Request // its trace id is not valid where there is none
}

// Request is a request of the slow log.
type Request struct {
	TraceID  trace.TraceID // trace that it belongs to
	SpanID   trace.SpanID  // of the local root
	Start    time.Time     // of the local root
	Duration time.Duration // of the local root
}

// Event is something new about an incident: a part that began or ended, or that it is time for a message. There is one message when it
// has opened, one when it has closed, one when its cause has become known, one now and then as it grows, and one if it
// has come back: what comes and goes has no message each time.
type Event struct {
	Time     time.Time      // of the Advance that found it
	Part     *Part          // that began or ended; nil for a message
	Started  bool           // Part began; else it ended
	Detector baseline.Event // what the detector said of Part
	Incident Incident       // as it is now
	Opened   bool           // message: the first, a few seconds after the detection at most
	// Grew: message that an endpoint has joined that is slow for the same reason and as bad or worse, or that one is or has joined that is
	// twice as bad as reported.
	Grew     bool
	Reopened bool // message: it is open again, after Closed; there is one of an incident
	Resumed  bool // message: reported by the process before this one, it goes on; there is one of an incident in a process
	// Explained: message that the cause has become known, or has been another for a minute; at most 3 of an incident.
	Explained bool
	// Closed: message that all parts have ended. After Reopened it comes when none has been slow again for ten minutes.
	Closed bool
}

// Requests is what single requests show of an incident. An Engine calls the methods within Advance: they must return at once and not
// call the Engine.
type Requests interface {
	// Examples returns slow or failed requests of an incident: the slowest of its first part, and then the slowest of all.
	Examples(*Incident) []Request
	// WaitsFor names the dependency, by the route of its row, that slow requests of an endpoint have spent their extra time in since
	// a time; "" if there is none. It is asked for a minute from an alarm on.
	WaitsFor(ep conventions.Endpoint, since time.Time) string
}
