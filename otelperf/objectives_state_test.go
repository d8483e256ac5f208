// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/objective"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// What is said of a budget follows from what it has counted.
func TestStatesOfABudget(t *testing.T) {
	pattern, err := spikeprocessor.ParsePattern("GET /pay")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	burns := func(open ...int) (b [objective.Pairs]objective.Burn) {
		b = [objective.Pairs]objective.Burn{
			{Long: time.Hour, Short: 5 * time.Minute, Page: true}, {Long: 6 * time.Hour, Short: 30 * time.Minute, Page: true}, {Long: 3 * day, Short: 6 * time.Hour},
		}
		for i := range b {
			b[i].Total, b[i].Bad, b[i].ShortTotal, b[i].LongRate = 1000, 10, 100, 0.5
		}
		for _, i := range open {
			b[i].Open, b[i].Bad, b[i].LongRate = true, 300, 20
		}
		return b
	}
	for _, tt := range []struct {
		left            float64
		total           uint64
		burns           [objective.Pairs]objective.Burn
		state, severity string
		usedUp          time.Duration
		reason          string
	}{
		{1, 0, [objective.Pairs]objective.Burn{}, "unknown", "", 0, "pay: no request of GET /pay in the period"},
		{0.41, 5000, burns(), "ok", "", 0, "pay: 41 % of the budget is left (99.9 % of GET /pay within 300 ms over 30 days)"},
		{0.5, 5000, burns(0, 2), "burning", "critical", 18*time.Hour + 27*time.Minute, "pay: 300 of 1000 requests of the last 1 h took longer than 300 ms, which is 20 times what lasts the period; 50 % of the budget is left ("},
		{0.5, 5000, burns(2), "burning", "warning", 18*time.Hour + 27*time.Minute, "pay: 300 of 1000 requests of the last 3 days took longer"},
		{0, 5000, burns(), "used_up", "", 0, "pay: the budget is used up ("},
		{-1.25, 5000, burns(0), "used_up", "critical", 0, "; the budget is overdrawn by 125 % ("},
	} {
		st := engine.ObjectiveState{
			SLO:    engine.SLO{Name: "pay", Pattern: pattern, Latency: 300 * time.Millisecond, Target: 0.999, Period: 30 * day},
			Budget: objective.State{Target: 0.999, Period: 30 * day, Total: tt.total, Left: tt.left, Covered: 30 * day, Burns: tt.burns},
		}
		b := errorBudgetOf(&st, now)
		severity := ""
		if b.Severity != nil {
			severity = *b.Severity
		}
		usedUp := time.Duration(0)
		if b.UsedUpAt != nil {
			usedUp = b.UsedUpAt.Sub(now).Truncate(time.Minute)
		}
		if b.State != tt.state || severity != tt.severity || !strings.Contains(b.Reason, tt.reason) || usedUp != tt.usedUp {
			t.Errorf("%v left of %d: %s, %q, used up in %v, %q; want %+v", tt.left, tt.total, b.State, severity, usedUp, b.Reason, tt)
		}
	}
}
