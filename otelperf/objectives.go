// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/objective"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
)

// ErrorBudget is how one target of an Objective fares.
type ErrorBudget struct {
	Name        string   `json:"name"`         // of the Objective
	Pattern     string   `json:"pattern"`      // of the endpoints that count, all together
	Kind        string   `json:"kind"`         // success or latency
	Target      float64  `json:"target"`       // the share of requests that is to be good
	ThresholdMs *float64 `json:"threshold_ms"` // above it a request is bad; null of success
	PeriodDays  float64  `json:"period_days"`  // that the budget is for
	// State is unknown (no request in the period), ok, burning (an alert is open) or used_up (nothing is left, whether it burns or not).
	State    string  `json:"state"`
	Severity *string `json:"severity"` // of the alerts that are open: critical or warning; null for none
	Reason   string  `json:"reason"`   // the state in a sentence

	Endpoints      int        `json:"endpoints"`               // that match now
	CoveredSeconds float64    `json:"covered_seconds"`         // of the period that something is known of
	Requests       uint64     `json:"requests"`                // of the period
	Bad            uint64     `json:"bad"`                     // of these: failed, or above the threshold
	BadShare       *float64   `json:"bad_share"`               // bad / requests; null without requests
	BudgetLeft     float64    `json:"budget_left"`             // share: 1 if nothing is gone, below 0 if it is overdrawn
	UsedUpAt       *time.Time `json:"used_up_at"`              // when nothing is left if it goes on like this; null if that is never, or has been
	BurnRates      []BurnRate `json:"burn_rates"`              // by pair of windows, the shortest first
	Coarse         bool       `json:"coarse_buckets,omitzero"` // durations came from buckets wider than ours
}

// BurnRate is how fast a budget burns over a long window and a short one. There is an alert when both rates are at the factor, and it is
// not by chance.
type BurnRate struct {
	LongSeconds   float64    `json:"long_seconds"`   // length of the long window
	ShortSeconds  float64    `json:"short_seconds"`  // length of the short one
	LongRate      *float64   `json:"long_rate"`      // 1 uses the budget up in exactly the period; null without requests
	ShortRate     *float64   `json:"short_rate"`     // the same of the short window
	Factor        float64    `json:"factor"`         // from which there is an alert
	Requests      uint64     `json:"requests"`       // of the long window
	Bad           uint64     `json:"bad"`            // of the long window
	ShortRequests uint64     `json:"short_requests"` // of the short window
	ShortBad      uint64     `json:"short_bad"`      // of the short window
	Severity      string     `json:"severity"`       // of its alert: critical or warning
	Open          bool       `json:"open"`           // there is an alert
	Since         *time.Time `json:"since"`          // when it began; null for none
}

// The severities of an alert.
const (
	severityCritical = "critical"
	severityWarning  = "warning"
)

// objectives returns the budgets as of the last evaluation.
func (m *Monitor) objectives() []ErrorBudget {
	list, now := []ErrorBudget{}, time.Now()
	for _, st := range m.engine.Objectives() {
		list = append(list, errorBudgetOf(&st, now))
	}
	return list
}

func errorBudgetOf(st *engine.ObjectiveState, now time.Time) ErrorBudget {
	b := ErrorBudget{
		Name: st.Name, Pattern: st.Pattern.String(), Kind: objectiveKind(st), Target: st.Target, PeriodDays: st.Budget.Period.Hours() / 24,
		Endpoints: st.Endpoints, CoveredSeconds: st.Budget.Covered.Seconds(), Requests: st.Budget.Total, Bad: st.Budget.Bad, BudgetLeft: st.Budget.Left,
		Coarse: st.Coarse && st.Latency > 0,
	}
	if st.Latency > 0 {
		b.ThresholdMs = units.Ms(st.Latency)
	}
	b.BadShare = share(b.Bad, b.Requests)
	if in, ok := st.Budget.UsedUp(); ok {
		b.UsedUpAt = new(now.Add(in).UTC())
	}
	for i, burn := range st.Budget.Burns {
		b.BurnRates = append(b.BurnRates, burnRateOf(&burn, st.Since[i]))
		if r := &b.BurnRates[i]; r.Open && (b.Severity == nil || r.Severity == severityCritical) {
			b.Severity = &r.Severity
		}
	}
	switch {
	case b.Requests == 0:
		b.State = "unknown"
	case b.BudgetLeft <= 0:
		b.State = "used_up"
	case b.Severity != nil:
		b.State = "burning"
	default:
		b.State = "ok"
	}
	b.Reason = b.reason()
	return b
}

func objectiveKind(st *engine.ObjectiveState) string {
	if st.Latency > 0 {
		return "latency"
	}
	return "success"
}

func burnRateOf(b *objective.Burn, since time.Time) BurnRate {
	r := BurnRate{
		LongSeconds: b.Long.Seconds(), ShortSeconds: b.Short.Seconds(), Factor: b.Factor, Requests: b.Total, Bad: b.Bad,
		ShortRequests: b.ShortTotal, ShortBad: b.ShortBad, Severity: severityWarning, Open: b.Open,
	}
	if b.Total > 0 {
		r.LongRate = &b.LongRate
	}
	if b.ShortTotal > 0 {
		r.ShortRate = &b.ShortRate
	}
	if b.Page {
		r.Severity = severityCritical
	}
	if b.Open {
		r.Since = new(since.UTC())
	}
	return r
}

// share is n of all; nil of none.
func share(n, all uint64) *float64 {
	if all == 0 {
		return nil
	}
	return new(float64(n) / float64(all))
}
