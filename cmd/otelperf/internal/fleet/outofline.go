// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// deviations says which instances are out of line with the others.
func deviations(parts []Part, all *latency.Histogram) (out []string) {
	if len(parts) < 2 {
		return nil
	}
	var total otelperf.Totals
	for i := range parts {
		addTotals(&total, &parts[i].Totals)
	}
	for i := range parts {
		p := &parts[i]
		name := plain.Line(p.Instance)
		if text := slower(p, all); text != "" {
			out = append(out, name+" "+text)
		}
		if text := failing(&p.Totals, &total); text != "" {
			out = append(out, name+" "+text)
		}
	}
	return out
}

// What makes an instance out of line: it is compared with the others without itself, since one that is slow and takes
// much of the load moves the whole.
const (
	outRatio     = 2   // times the others' quantile, and times their error rate
	outMs        = 1   // and at least so many milliseconds above it
	enoughForP99 = 100 // durations on both sides; with fewer the median is compared
	enoughForP50 = 20
	outErrors    = 5    // at least so many
	outErrorRate = 0.02 // and such a share
)

func slower(p *Part, all *latency.Histogram) string {
	var own, others latency.Histogram
	if !addHistogram(&own, p.Histogram, &p.Totals) {
		return ""
	}
	others.Merge(all)
	others.Subtract(&own)
	q, level := 0.99, "p99"
	switch n := min(own.Count(), others.Count()); {
	case n < enoughForP50:
		return ""
	case n < enoughForP99:
		q, level = 0.5, "p50"
	}
	mine, _ := own.Quantile(q)
	theirs, _ := others.Quantile(q)
	if mine <= outRatio*theirs || mine-theirs < outMs*time.Millisecond {
		return ""
	}
	return fmt.Sprintf("is out of line: %s %s, the others' is %s", level, plain.Ms(ms(mine)), plain.Ms(ms(theirs)))
}

func failing(p, total *otelperf.Totals) string {
	if p.ErrorCount < outErrors || p.Count == 0 || p.Count >= total.Count || p.ErrorCount > total.ErrorCount {
		return ""
	}
	mine := float64(p.ErrorCount) / float64(p.Count)
	theirs := float64(total.ErrorCount-p.ErrorCount) / float64(total.Count-p.Count)
	if mine < outErrorRate || mine <= outRatio*theirs {
		return ""
	}
	return fmt.Sprintf("is out of line: %s of its requests fail, %s of the others'", plain.Share(&mine), plain.Share(&theirs))
}
