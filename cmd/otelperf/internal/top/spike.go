// SPDX-License-Identifier: Apache-2.0

package top

import (
	"fmt"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
)

// evidenceOf are lines of what was seen of an endpoint.
func evidenceOf(e *otelperf.SpikeEndpoint) []string {
	switch {
	case e.Share != nil:
		return []string{
			fmt.Sprintf("   %d of %d requests (%s), usually %s", e.Bad, e.Requests, plain.Share(e.Share), plain.Share(e.UsualShare)),
			fmt.Sprintf("   so far %d of %s failed", e.CostFailed, plain.Plural(e.CostRequests, "request")),
		}
	case e.UsualRate != nil:
		return []string{fmt.Sprintf("   %s, %s were to be expected; usually %s a second", plain.Plural(e.Requests, "request"), plain.Number(&e.Expected), plain.Number(e.UsualRate))}
	case e.Objective != "":
		return []string{fmt.Sprintf("   objective %s burns at %s, %s of the budget is left", plain.Clip(e.Objective, 60), plain.Times(e.BurnRate), plain.Share(e.BudgetLeft))}
	}
	return []string{
		fmt.Sprintf("   p50 %s was %s   p90 %s was %s   p99 %s was %s", plain.Ms(&e.P50Ms), plain.Ms(&e.BaselineP50Ms),
			plain.Ms(&e.P90Ms), plain.Ms(&e.BaselineP90Ms), plain.Ms(&e.P99Ms), plain.Ms(&e.BaselineP99Ms)),
		fmt.Sprintf("   %d of %d requests above %s, %s were to be expected", e.Above, e.Requests, plain.Ms(&e.ThresholdMs), plain.Number(&e.Expected)),
		fmt.Sprintf("   %s %s was %s (%s), at its worst %s (%s)", plain.Quantile(e.Quantile), plain.Ms(&e.QuantileMs), plain.Ms(&e.BaselineQuantileMs),
			plain.Times(e.Ratio), plain.Ms(&e.WorstMs), plain.Times(e.WorstRatio)),
		fmt.Sprintf("   so far %d of %s slow, %d failed", e.CostSlow, plain.Plural(e.CostRequests, "request"), e.CostFailed),
	}
}

func (m *Model) spikeDetail(s *fleet.Spike) []string {
	lines := []string{"", " " + spikeText(s, m.view), "",
		fmt.Sprintf(" id %s  instance %s  seen at %s", plain.Clip(s.ID, 60), plain.Clip(s.Instance, 40), s.At.Local().Format(time.TimeOnly)), ""}
	if s.After != nil {
		lines = append(lines, " it "+plain.Clip(s.After.Sentence, 500), "")
	}
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		lines = append(lines, " "+plain.Clip(strings.TrimSpace(e.Method+" "+e.Route), 100)+"  "+plain.Clip(e.State, 12))
		for _, text := range whyOf(&otelperf.Spike{Causes: e.Causes, Cause: e.Cause}, nil) {
			lines = append(lines, m.wrapped("   ", text)...)
		}
		lines = append(lines, evidenceOf(e)...)
		if e.WaitsFor != "" {
			lines = append(lines, "   waiting for "+plain.Clip(e.WaitsFor, 100))
		}
	}
	for i := range s.Errors {
		lines = append(lines, fmt.Sprintf("   %d %s: %s", s.Errors[i].Count, plain.Clip(s.Errors[i].Type, 60), plain.Clip(s.Errors[i].Message, 500)))
	}
	for i := range s.Signals {
		if i == 0 {
			lines = append(lines, "", " what else was unusual then")
		}
		lines = append(lines, "   "+plain.Clip(s.Signals[i].Sentence, 500))
	}
	for i, id := range s.TraceIDs {
		if i == 0 {
			lines = append(lines, "", " slow requests of that time; otelperf slow URL TRACE_ID shows one")
		}
		lines = append(lines, "   "+plain.Clip(id, 40))
	}
	return lines
}
