// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"fmt"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
)

// reason says how a budget fares, by the alert that is open over the shortest windows if there is one.
func (b *ErrorBudget) reason() string {
	if b.Requests == 0 {
		return fmt.Sprintf("%s: no request of %s in the period", b.Name, b.Pattern)
	}
	parts := []string{fmt.Sprintf("%.3g %% of the budget is left", b.BudgetLeft*100)}
	switch {
	case b.BudgetLeft < 0:
		parts[0] = fmt.Sprintf("the budget is overdrawn by %.0f %%", -b.BudgetLeft*100)
	case b.BudgetLeft == 0:
		parts[0] = "the budget is used up"
	}
	for i := range b.BurnRates {
		if r := &b.BurnRates[i]; r.Open {
			parts = append([]string{fmt.Sprintf("%d of %d requests of the last %s %s, which is %.3g times what lasts the period",
				r.Bad, r.Requests, windowText(r.LongSeconds), b.fault(), *r.LongRate)}, parts...)
			break
		}
	}
	return fmt.Sprintf("%s: %s (%s)", b.Name, strings.Join(parts, "; "), b.what())
}

// fault is what bad requests did.
func (b *ErrorBudget) fault() string {
	if b.ThresholdMs == nil {
		return "failed"
	}
	return fmt.Sprintf("took longer than %.6g ms", *b.ThresholdMs)
}

// what is the target in words.
func (b *ErrorBudget) what() string {
	good := "not failed"
	if b.ThresholdMs != nil {
		good = fmt.Sprintf("within %.6g ms", *b.ThresholdMs)
	}
	return fmt.Sprintf("%.5g %% of %s %s over %.4g days", b.Target*100, b.Pattern, good, b.PeriodDays)
}

// windowText is the length of a window.
func windowText(seconds float64) string {
	d := time.Duration(seconds) * time.Second
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%.0f days", d.Hours()/24)
	case d >= time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	}
	return fmt.Sprintf("%.0f min", d.Minutes())
}

// The time after which a pattern that matches nothing is a warning; with a budget that an earlier process had requests for, a day.
const (
	matchWithin      = 10 * time.Minute
	matchWithinLater = 24 * time.Hour
)

// objectiveTroubles are what Health warns of: budgets that burn or are used up, and patterns that match nothing.
func (m *Monitor) objectiveTroubles() (troubles []string) {
	now, said := time.Now(), map[string]bool{}
	for _, st := range m.engine.Objectives() {
		if unmatched(&st) && !said[st.Name] {
			said[st.Name] = true
			troubles = append(troubles, fmt.Sprintf("objective %q: no endpoint matches %q, after %.0f min with requests of others", st.Name, st.Pattern, st.Unmatched.Minutes()))
		}
		if b := errorBudgetOf(&st, now); b.State == "burning" || b.State == "used_up" {
			troubles = append(troubles, b.Reason)
		}
	}
	return troubles
}

func unmatched(st *engine.ObjectiveState) bool {
	if st.Budget.Total > 0 {
		return st.Unmatched >= matchWithinLater
	}
	return st.Unmatched >= matchWithin
}
