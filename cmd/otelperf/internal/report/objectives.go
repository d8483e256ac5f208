// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
)

// maxObjectives is how many a summary lists, those in trouble first.
const maxObjectives = 20

func writeObjectives(b *strings.Builder, v *fleet.View) {
	if len(v.Objectives) == 0 {
		return
	}
	b.WriteString("\nobjectives\n")
	list := v.Troubled()
	for _, o := range v.Objectives {
		if o.State != "used_up" && o.Severity == nil {
			list = append(list, o)
		}
	}
	for i := range list[:min(len(list), maxObjectives)] {
		b.WriteString("  " + ObjectiveLine(&list[i]) + "\n")
	}
	if more := len(list) - maxObjectives; more > 0 {
		fmt.Fprintf(b, "  and %d more\n", more)
	}
}

// ObjectiveLine says how an error budget fares, what is wrong first.
func ObjectiveLine(o *fleet.Objective) string {
	var parts []string
	if o.State == "used_up" {
		parts = append(parts, "BUDGET USED UP")
	}
	for i := range o.BurnRates {
		if r := &o.BurnRates[i]; r.Open {
			parts = append(parts, strings.ToUpper(plain.Clip(r.Severity, 12))+" "+burn(r))
			break
		}
	}
	if o.State == "unknown" {
		parts = append(parts, "no request in the period")
	} else {
		parts = append(parts, fmt.Sprintf("%s of the budget left", signed(o.BudgetLeft)), fmt.Sprintf("%d of %s bad", o.Bad, plain.Plural(o.Requests, "request")))
	}
	if at := o.UsedUpAt; at != nil {
		parts = append(parts, "used up "+at.Local().Format(time.RFC3339)+" at this rate")
	}
	return fmt.Sprintf("%s: %s (%s)", plain.Clip(o.Name, 80), strings.Join(parts, ", "), goal(o))
}

// burn says how fast a budget burns over a pair of windows.
func burn(r *otelperf.BurnRate) string {
	return fmt.Sprintf("burn rate %s over %s, alert from %s", plain.Number(r.LongRate), plain.Seconds(r.LongSeconds), plain.Number(&r.Factor))
}

// signed is a share of a budget, which may be below 0.
func signed(share float64) string {
	if share < 0 {
		return "-" + plain.Share(new(-share))
	}
	return plain.Share(&share)
}

func goal(o *fleet.Objective) string {
	good := "not failed"
	if o.ThresholdMs != nil {
		good = "within " + plain.Ms(o.ThresholdMs)
	}
	return fmt.Sprintf("%.6g %% of %s %s in %.4g days", o.Target*100, plain.Clip(o.Pattern, 80), good, o.PeriodDays)
}
