// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
)

// reason says in a sentence what was seen, by the endpoint that was first.
func (in *Incident) reason() string {
	p := &in.Parts[0]
	ev := &p.Evidence
	ms := func(d time.Duration) string { return units.Short(units.Milliseconds(d)) }
	text := fmt.Sprintf("%s: %d of %d requests above %s ms (%s %s), %s expected; p99 %s ms, usually %s",
		p.Endpoint, ev.Above, ev.N, ms(ev.Threshold), timesUsual(ev), usualName(ev.Level), units.Short(*units.Number(ev.Expected)), ms(ev.Now.P99), ms(ev.Baseline.P99))
	if n := len(in.Parts) - 1; n > 0 {
		text += fmt.Sprintf("; and %d more endpoints", n)
	}
	switch {
	case in.SinceVersion != "":
		text += "; since version " + in.SinceVersion
	case in.SinceRestart:
		text += "; since this start"
	}
	return text
}

// usualName is what a level's threshold is measured by.
func usualName(l baseline.Level) string {
	switch l {
	case baseline.P90:
		return "the usual p90"
	case baseline.P50:
		return "the usual median"
	default:
		return "the usual p99"
	}
}

// timesUsual says how many times its usual quantile a threshold is.
func timesUsual(ev *baseline.Event) string {
	usual := map[baseline.Level]time.Duration{baseline.P90: ev.Baseline.P90, baseline.P50: ev.Baseline.P50}[ev.Level]
	if usual == 0 {
		usual = ev.Baseline.P99
	}
	if usual == 0 {
		return "above"
	}
	return fmt.Sprintf("%.2gx", float64(ev.Threshold)/float64(usual))
}
