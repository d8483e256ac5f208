// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
)

// seenBad says what raised an alarm of bad requests, such as "37 of 120 failed, usually 0.4 %".
func seenBad(m Matter, ev *baseline.Event) string {
	text := badOf(m, ev)
	_, usual := shares(ev)
	switch {
	case m == Panics:
		return text + ", which is new"
	case ev.Expected == 0:
		return text + "; what is usual is not known yet"
	case usual < 0.0005:
		return text + ", usually none"
	}
	return text + ", usually " + percent(usual)
}

func badOf(m Matter, ev *baseline.Event) string {
	word := map[Matter]string{Failures: "failed", Panics: "panicked", ClientErrors: "were client errors"}[m]
	return fmt.Sprintf("%d of %d %s", ev.Above, ev.N, word)
}

// seenSilent says what raised an alarm of silence, such as "no request for 4m0s; 260 were to be expected".
func seenSilent(ev *baseline.Event) string {
	what := "no request"
	if ev.N > 0 {
		what = "only " + counted(ev.N, "request")
	}
	return fmt.Sprintf("%s for %s; %s were to be expected", what, span(ev.At.Sub(ev.Start)), units.Short(*units.Number(ev.Expected)))
}

// tollOther says what a part that is not about latency has cost.
func (p *Part) tollOther() string {
	ev := &p.Total
	if p.Matter == Silence {
		return fmt.Sprintf("%s; %s were to be expected", counted(ev.N, "request"), units.Short(*units.Number(ev.Expected)))
	}
	if p.Matter == Objective {
		return p.badOfBudget(ev)
	}
	text := badOf(p.Matter, ev)
	if p.Matter != Panics {
		text += fmt.Sprintf(" (%s expected)", units.Short(*units.Number(ev.Expected)))
	}
	if p.Worst.Requests > 0 {
		text += "; " + p.atItsWorst()
	}
	return text
}

// others is what else is in an incident: endpoints, or what else is wrong with the one that it is about.
func (in *Incident) others() string {
	if slices.ContainsFunc(in.Parts, func(p Part) bool { return p.Endpoint != in.Parts[0].Endpoint }) {
		return "endpoint"
	}
	return "matter"
}

// span is a duration as people say it: "40 s", "4 min", "3 h".
func span(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.0f h", d.Hours())
}

// percent is a share, such as "0.4 %".
func percent(share float64) string { return strings.TrimSpace(units.Short(100*share)) + " %" }
