// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/failures"
	"github.com/otelperf/otelperf-go/otelperf/internal/quiet"
)

// Matter is what a part of an incident is about.
type Matter string

// The matters.
const (
	Latency      Matter = "latency"       // requests are slow
	Failures     Matter = "failures"      // more fail than usual
	Panics       Matter = "panics"        // a handler panics, which is new
	ClientErrors Matter = "client_errors" // more than usual are refused for what the caller did: 401, 404, 429
	Silence      Matter = "silence"       // there are far fewer requests than usual at this hour, or none
	Objective    Matter = "objective"     // the budget of an objective burns
)

// matters are all of them, those of most weight first. What is called fails, and is silent for a reason that others name.
var matters = [...]Matter{Failures, Panics, Latency, Silence, Objective, ClientErrors}

// weight is the smaller, the more a matter matters.
func (m Matter) weight() int {
	for i := range matters {
		if matters[i] == m {
			return i
		}
	}
	return len(matters)
}

// Counted reports whether the matter is a share of bad requests.
func (m Matter) Counted() bool { return m == Failures || m == Panics || m == ClientErrors }

// Severity says how urgent an incident, or a part of one, is.
type Severity string

// The severities.
const (
	Critical Severity = "critical"
	Warning  Severity = "warning" // it is to be looked at, but nobody is to be woken
)

// Severity is that of a part.
func (p *Part) Severity() Severity {
	if p.MayHaveLeft || p.Matter == ClientErrors || p.Matter == Objective && !p.Budget.Page {
		return Warning
	}
	return Critical
}

// Severity is the highest of the parts that are open, or of all once it has ended.
func (in *Incident) Severity() Severity {
	for i := range in.Parts {
		if p := &in.Parts[i]; p.Severity() == Critical && (p.State == Open || in.State != Open) {
			return Critical
		}
	}
	return Warning
}

// leastUsual is the usual share that a share is compared with where it is less, so that there is always a ratio.
const leastUsual = 0.002

// matterOf and evidenceOf are a verdict on failures in the terms of an incident.
func matterOf(m failures.Matter) Matter { return [...]Matter{Failures, ClientErrors, Panics}[m] }

func evidenceOf(ev *failures.Event) baseline.Event {
	return baseline.Event{
		Kind: baseline.Kind(ev.Kind), At: ev.At, Start: ev.Start, N: ev.Requests, Above: ev.Bad, Expected: ev.Expected,
		Ratio: ev.Share / max(ev.Usual, leastUsual), SinceRestart: ev.SinceRestart,
	}
}

// silenceOf is a verdict on the traffic in the terms of an incident.
func silenceOf(ev *quiet.Event) baseline.Event {
	return baseline.Event{
		Kind: baseline.Kind(ev.Kind), At: ev.At, Start: ev.Start, N: ev.Requests, Expected: ev.Expected,
		Ratio: ev.Expected / float64(max(1, ev.Requests)),
	}
}

// Share is the share of bad requests in what made it an alarm the last time, and Usual what it usually is, 0 to 1.
func (p *Part) Share() (share, usual float64) { return shares(p.Latest()) }

func shares(ev *baseline.Event) (share, usual float64) {
	if ev.N == 0 {
		return 0, 0
	}
	return float64(ev.Above) / float64(ev.N), ev.Expected / float64(ev.N)
}

// UsualRate is how many requests a second a silent endpoint usually has at this hour.
func (p *Part) UsualRate() float64 {
	ev := p.Latest()
	if s := ev.At.Sub(ev.Start).Seconds(); s > 0 {
		return ev.Expected / s
	}
	return 0
}
