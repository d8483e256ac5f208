// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
	"github.com/otelperf/otelperf-go/otelperf/internal/runtimesignals"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
)

// Spike is one incident: latency, failures or traffic that left what is usual, at one endpoint or at several for the same reason: they
// began together, or wait for the same dependency.
type Spike struct {
	Instance string `json:"instance,omitzero"` // that it is at: of another one with the same history, and with ?scope=fleet, where at most 20 of its endpoints are listed
	ID       string `json:"id"`                // unique, also among instances: its time, four letters or digits by chance, and a number; it stays over restarts with a state file or a history
	// Matter is that of the first endpoint: latency, failures, panics, client_errors, silence (far fewer requests than usual at this hour) or
	// objective. Severity is critical, or warning where nobody is to be woken: client errors alone; of the endpoints that are open.
	Matter   string     `json:"matter"`
	Severity string     `json:"severity"` // see Matter
	State    string     `json:"state"`    // open, ended, or new_normal: it stayed for half an hour and is the baseline now
	Start    time.Time  `json:"start"`    // when the evidence began
	At       time.Time  `json:"at"`       // when there was enough of it
	End      *time.Time `json:"end"`      // nil while it is open
	// EndedLater is of a fixed time, at the end of which it was open: when it has ended since. In an answer of a fixed time all but Cause, Causes
	// and After is of that time: the costs are those until then, by whole minutes, as far as these are stored.
	EndedLater *time.Time `json:"ended_later,omitzero"`
	// Endpoints are those involved, once for each matter: those that are open first, of these those of most weight (failures, panics, latency,
	// silence, objective, client errors), and of these the worst first; at most max endpoints for each matter.
	Endpoints []SpikeEndpoint `json:"endpoints"`
	// Reason says in a sentence what was seen, by the first endpoint, once it has grown how bad that is, and once it has ended what it has
	// cost, and how, where it has not recovered: there was no request any more, or it was no longer seen after a restart.
	Reason string `json:"reason"`
	// Cause says in a sentence why: how much longer slow requests of the worst endpoint of which it is known take, and the first two of
	// Causes; or with what most have failed. Where the first endpoint fails it is of what fails, or of what is slow at the same endpoint or
	// waits for the same. It may become known some seconds after the alert; empty while fewer than five slow requests were seen.
	Cause   string          `json:"cause"`
	CauseAt *time.Time      `json:"cause_at,omitzero"` // when Cause became known; missing while it is not
	Causes  []causes.Ranked `json:"causes"`            // of that endpoint, the largest first and what is unknown last; at most 6, none of what fails
	// Errors are what fails most, of the first endpoint that is about failures or panics; at most 3.
	Errors []SpikeError `json:"errors"`
	// SlowRequests are three slow or failed requests of it, as soon as there are any: the slowest of what the first endpoint is about, which
	// has failed where that fails, and then the slowest of all.
	SlowRequests []RequestRef `json:"slow_requests"`

	// Since Start, of all its endpoints that are requests, not calls or jobs. Of a spike that was open before a restart all costs go on from
	// what they were when that was saved, as far as it was seen since.
	CostRequests       uint64  `json:"cost_requests"`
	CostSlow           uint64  `json:"cost_slow"`            // of them above the threshold of their endpoint
	CostExpectedSlow   float64 `json:"cost_expected_slow"`   // how many would have been above it anyway
	CostFailed         uint64  `json:"cost_failed"`          // of them failed
	CostExpectedFailed float64 `json:"cost_expected_failed"` // how many would have at the rate of the hour before

	// Signals are what of the runtime, the operating system and the pools had left its normal at that time, since it came back if it has, the
	// farthest first; at most 8.
	Signals []runtimesignals.Deviation `json:"signals"`
	// Recordings are the ids of the recordings of evidence that were made for it in which slow requests of it were seen, or which could
	// not be read, the oldest first: GET evidence lists those that are stored. At most 3.
	Recordings []uint64 `json:"recordings"`
	// After is the mark that it came back soon after, or began soon after: a circumstance, which proves nothing; nil if there is none.
	After *marks.After `json:"after"`
	// SinceRestart marks a spike that began within 30 minutes of the start of the process; SinceVersion names the
	// version that came with it, if it is another than before.
	SinceRestart bool   `json:"since_restart,omitzero"`
	SinceVersion string `json:"since_version,omitzero"` // see SinceRestart
	// Ack says who looks after it: what grows is not reported meanwhile. nil if nobody does.
	Ack *mutes.Ack `json:"ack"`
	// Muted says until when it is not reported; nil if it is. All its endpoints that are open are muted then.
	Muted *mutes.Muted `json:"muted"`

	seen time.Time // of one of a history: Incident.Seen
}

// SpikeError is failed requests with one type of error, of those that the slow log has.
type SpikeError struct {
	Type        string      `json:"type"`         // of the exception or error; the outcome where there was none
	Message     string      `json:"message"`      // of the last one
	Count       uint64      `json:"count"`        // since the failures began
	LastRequest *RequestRef `json:"last_request"` // nil if it had no trace id
}

// SpikeEndpoint is one endpoint's part in a spike. Durations and their ratios are those of latency, and 0 or nil in parts about anything
// else.
type SpikeEndpoint struct {
	Method string     `json:"method"` // of the row; for what is not HTTP its kind or category
	Route  string     `json:"route"`  // of the row
	Kind   string     `json:"kind"`   // of the row: http, rpc, server, consumer, job, dependency
	Matter string     `json:"matter"` // see Spike
	State  string     `json:"state"`  // open, ended, new_normal
	Start  time.Time  `json:"start"`  // when the evidence began
	At     time.Time  `json:"at"`     // when there was enough of it
	End    *time.Time `json:"end"`    // nil while it is open

	EndedLater *time.Time `json:"ended_later,omitzero"` // as of Spike

	// What made it an alarm, from Start to At. It stays as it was, until it comes back: then it is what made it an alarm the last time.
	Level       string  `json:"level"`            // p99, p90, p50, tail or shape: what fired; "" of what is not latency
	Gradual     bool    `json:"gradual,omitzero"` // it became slower over hours; the baseline is that of this hour on the last days
	ThresholdMs float64 `json:"threshold_ms"`     // of that level
	Requests    uint64  `json:"requests"`         // since Start
	Above       uint64  `json:"above"`            // of them above the threshold
	Expected    float64 `json:"expected"`         // how many were to be expected there: above the threshold, bad ones, or of silence requests

	// Of failures, panics and client errors; from Start to At, as all that made it an alarm.
	Bad        uint64   `json:"bad"`         // of Requests
	Share      *float64 `json:"share"`       // Bad / Requests, 0 to 1
	UsualShare *float64 `json:"usual_share"` // 0 to 1
	// Of silence.
	UsualRate *float64 `json:"usual_rate"` // requests a second at this hour
	Complete  bool     `json:"complete"`   // there was none at all
	// Of an objective.
	Objective  string   `json:"objective"`   // its name
	BurnRate   *float64 `json:"burn_rate"`   // how many times as fast as the budget lasts
	BudgetLeft *float64 `json:"budget_left"` // share; below 0 it is overdrawn

	P50Ms              float64  `json:"p50_ms"`               // of these requests
	P90Ms              float64  `json:"p90_ms"`               // of these requests
	P99Ms              float64  `json:"p99_ms"`               // of these requests
	BaselineP50Ms      float64  `json:"baseline_p50_ms"`      // what p50 normally is
	BaselineP90Ms      float64  `json:"baseline_p90_ms"`      // what p90 normally is
	BaselineP99Ms      float64  `json:"baseline_p99_ms"`      // what p99 normally is
	Quantile           float64  `json:"quantile"`             // the one that fired, 0 to 1
	QuantileMs         float64  `json:"quantile_ms"`          // of these requests
	BaselineQuantileMs float64  `json:"baseline_quantile_ms"` // what it normally is
	Ratio              *float64 `json:"ratio"`                // quantile_ms / baseline_quantile_ms

	WaitsFor string `json:"waits_for,omitzero"` // route of the dependency that its slow requests spend their extra time in, if one is known

	Cause  string          `json:"cause"`  // why its slow requests are slow, in a sentence; it stays as it was when the part ends
	Causes []causes.Ranked `json:"causes"` // the largest first, and what is unknown last; at most 6

	// The minute in which it was worst so far, never better than the last one; at first, what made it an alarm.
	WorstAt       time.Time `json:"worst_at"`       // beginning of that minute
	WorstMs       float64   `json:"worst_ms"`       // the quantile that fired
	WorstP99Ms    float64   `json:"worst_p99_ms"`   // p99
	WorstRatio    *float64  `json:"worst_ratio"`    // worst_ms / baseline_quantile_ms
	WorstRequests uint64    `json:"worst_requests"` // in that minute
	WorstFailed   uint64    `json:"worst_failed"`   // in that minute

	// Unseen: it was open before the restart, and not found to be so since. All is of before it then, and LastMs and LastRatio are missing.
	Unseen    bool     `json:"unseen,omitzero"`
	LastMs    float64  `json:"last_ms"`    // the quantile that fired, in the last minute of it; 0 if it is Unseen
	LastRatio *float64 `json:"last_ratio"` // last_ms / baseline_quantile_ms

	CostRequests       uint64  `json:"cost_requests"`        // since Start, or as of Spike
	CostSlow           uint64  `json:"cost_slow"`            // of them above the threshold
	CostExpectedSlow   float64 `json:"cost_expected_slow"`   // how many would have been above it anyway
	CostFailed         uint64  `json:"cost_failed"`          // of them failed
	CostExpectedFailed float64 `json:"cost_expected_failed"` // how many would have at the rate of the hour before

	ErrorRateBefore *float64 `json:"error_rate_before"` // share of failed requests in the hour before, 0 to 1
	ErrorRate       *float64 `json:"error_rate"`        // 0 to 1, since Start
}

// spikeOf is the form of an incident in JSON.
func spikeOf(in *engine.Incident) Spike {
	s := Spike{
		ID: in.ID, Matter: string(in.Parts[0].Matter), Severity: string(in.Severity()), State: string(in.State), Start: in.Start.UTC(), At: in.At.UTC(), End: ended(in.End), EndedLater: ended(in.EndedLater),
		Reason: in.Reason, CauseAt: ended(in.WhyAt()),
		SlowRequests: []RequestRef{}, SinceRestart: in.SinceRestart, SinceVersion: in.SinceVersion,
		CostRequests: in.Cost.Requests, CostSlow: in.Cost.Slow, CostExpectedSlow: *units.Number(in.Cost.ExpectedSlow),
		CostFailed: in.Cost.Failed, CostExpectedFailed: *units.Number(in.Cost.ExpectedFailed),
	}
	for _, r := range in.Examples {
		s.SlowRequests = append(s.SlowRequests, refOf(r))
	}
	s.explain(in)
	s.Errors = []SpikeError{}
	for i := range in.Parts {
		s.addErrors(&in.Parts[i])
		s.Endpoints = append(s.Endpoints, spikeEndpointOf(&in.Parts[i]))
	}
	return s
}

// explain says why: by what its first endpoint waits for, or what fails there. A panic is its own cause.
func (s *Spike) explain(in *engine.Incident) {
	w := in.Why()
	s.Cause, s.Causes = causesOf(w)
	first := &in.Parts[0]
	if first.Matter != engine.Panics && (w.Known() || first.Matter == engine.Latency && s.Cause != "") {
		return
	}
	for i := range in.Parts {
		if cause := errorCause(&in.Parts[i], true); cause != "" && in.Parts[i].SpeaksFor(first) {
			s.Cause, s.Causes = cause, []causes.Ranked{}
			return
		}
	}
}

func spikeEndpointOf(p *engine.Part) SpikeEndpoint {
	ev, ms := p.Latest(), units.Milliseconds
	cause, all := causesOf(p.Why)
	if cause == "" {
		cause = errorCause(p, true)
	}
	e := SpikeEndpoint{
		Matter: string(p.Matter),
		Method: p.Endpoint.Method, Route: p.Endpoint.Route, Kind: p.Endpoint.Kind.String(),
		State: string(p.State), Start: p.Start.UTC(), At: p.At.UTC(), End: ended(p.End), EndedLater: ended(p.EndedLater),
		Level: string(ev.Level), Gradual: ev.Gradual, ThresholdMs: ms(ev.Threshold), Requests: ev.N, Above: ev.Above, Expected: *units.Number(ev.Expected),
		P50Ms: ms(ev.Now.P50), P90Ms: ms(ev.Now.P90), P99Ms: ms(ev.Now.P99),
		BaselineP50Ms: ms(ev.Baseline.P50), BaselineP90Ms: ms(ev.Baseline.P90), BaselineP99Ms: ms(ev.Baseline.P99),
		Quantile: *units.Number(ev.Quantile), QuantileMs: ms(ev.QuantileNow), BaselineQuantileMs: ms(ev.QuantileBaseline), Ratio: known(ev.Ratio), WaitsFor: p.WaitsFor,
		Cause: cause, Causes: all,
		WorstAt: p.Worst.Time.UTC(), WorstMs: ms(p.Worst.Quantile), WorstP99Ms: ms(p.Worst.P99), WorstRatio: known(p.Worst.Ratio),
		WorstRequests: p.Worst.Requests, WorstFailed: p.Worst.Failed, LastMs: ms(p.Last.Quantile), LastRatio: known(p.Last.Ratio),
		CostRequests: p.Cost.Requests, CostSlow: p.Cost.Slow, CostExpectedSlow: *units.Number(p.Cost.ExpectedSlow),
		CostFailed: p.Cost.Failed, CostExpectedFailed: *units.Number(p.Cost.ExpectedFailed), ErrorRateBefore: units.Number(p.FailedBefore), ErrorRate: units.Number(p.Failed),
	}
	switch {
	case p.Matter.Counted():
		share, usual := p.Share()
		e.Bad, e.Share, e.UsualShare = ev.Above, units.Number(share), units.Number(usual)
	case p.Matter == engine.Objective:
		e.Objective, e.Bad, e.BurnRate, e.BudgetLeft = p.Budget.Name, ev.Above, units.Number(p.Budget.Rate), units.Number(p.Budget.Left)
	case p.Matter == engine.Silence:
		e.UsualRate, e.Complete = units.Number(p.UsualRate()), ev.N == 0
	}
	if e.Unseen = p.Unseen; p.Unseen {
		e.LastMs, e.LastRatio = 0, nil
	}
	if p.Matter != engine.Latency {
		e.Above, e.Ratio, e.WorstRatio, e.LastRatio = 0, nil, nil, nil
	}
	return e
}

// causesOf is the form of causes in JSON, the receiver's to keep.
func causesOf(w causes.Why) (sentence string, all []causes.Ranked) {
	all = append([]causes.Ranked{}, w.Causes...)
	for i := range all {
		all[i].ConfirmedBy = append([]causes.Source{}, all[i].ConfirmedBy...)
	}
	return w.Sentence, all
}

// known is nil for a ratio of 0, which stands for "not known".
func known(ratio float64) *float64 {
	if ratio == 0 {
		return nil
	}
	return units.Number(ratio)
}

// ended is nil for a time that has not come.
func ended(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}

// spikeChange is the data of the stream's event "spike".
type spikeChange struct {
	Type  string    `json:"type"` // spike_started, spike_updated, spike_ended or spike_reopened, of the whole spike
	Time  time.Time `json:"time"`
	Spike Spike     `json:"spike"`
}

func spikeChangeOf(ev *engine.Event) spikeChange {
	change := spikeChange{Type: "spike_updated", Time: ev.Time.UTC(), Spike: spikeOf(&ev.Incident)}
	switch {
	case ev.Opened:
		change.Type = "spike_started"
	case ev.Closed:
		change.Type = "spike_ended"
	case ev.Reopened:
		change.Type = "spike_reopened"
	}
	return change
}

// spikes are the incidents that are remembered, newest first.
func (m *Monitor) spikes() []Spike { return m.spikesOf(m.engine.Incidents()) }
