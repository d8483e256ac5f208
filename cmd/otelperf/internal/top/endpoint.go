// SPDX-License-Identifier: Apache-2.0

package top

import (
	"fmt"
	"maps"
	"slices"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/report"
)

func (m *Model) endpointDetail(r *fleet.Row) []string {
	lines := []string{"", " " + plain.Line(r.Name()) + "  " + plain.Line(report.State(r)), ""}
	for _, s := range m.spikes() {
		if e := partOf(s, r); e != nil && isOpen(s) {
			for _, text := range whyOf(&s.Spike, e) {
				if m.view.Several() {
					text = plain.Clip(s.Instance, 40) + ": " + text
				}
				lines = append(lines, m.wrapped(" ▲ ", text)...)
			}
			lines = append(lines, "")
		}
	}
	lines = append(lines,
		fmt.Sprintf(" %s  %s/s  %s failed", plain.Plural(r.Count, "request"), plain.Number(r.Rate), plain.Share(r.ErrorRate)),
		fmt.Sprintf(" p50 %s  p95 %s  p99 %s  min %s  max %s  mean %s", plain.Ms(r.P50Ms), plain.Ms(r.P95Ms), plain.Ms(r.P99Ms),
			plain.Ms(r.MinMs), plain.Ms(r.MaxMs), plain.Ms(r.AvgMs)),
		fmt.Sprintf(" usual p99 in ms %s  ratio %s  slow above %s", report.Baseline(r), report.Ratio(r), plain.Ms(&r.ThresholdMs)),
		" outcomes"+outcomes(r.ByOutcome))
	lines = append(append(lines, m.usualLines()...), "")
	for _, text := range r.OutOfLine {
		lines = append(lines, " ! "+plain.Line(text))
	}
	if r.RepeatedCalls != nil {
		lines = append(lines, m.wrapped(" × ", report.Repeated(r.RepeatedCalls))...)
	}
	if r.Missing != "" {
		lines = append(lines, " no quantiles: "+plain.Line(r.Missing))
	}
	lines = append(append(lines, m.chart(r)...), m.aboutLines()...)
	if len(r.Parts) > 1 {
		lines = append(lines, "", " instances")
	}
	for i := range r.Parts {
		if p := &r.Parts[i]; len(r.Parts) > 1 {
			lines = append(lines, fmt.Sprintf("   %s %s/s  %s failed  p99 %s  usual %s  %s", pad(plain.Line(p.Instance), 24, false),
				plain.Number(p.Rate), plain.Share(p.ErrorRate), plain.Ms(p.P99Ms), plain.Ms(p.BaselineP99Ms), plain.Clip(p.State, 12)))
		}
	}
	return append(lines, m.slowOf(r)...)
}

// outcomes lists what occurred by name.
func outcomes(by map[string]uint64) (text string) {
	names := slices.Sorted(maps.Keys(by))
	for _, name := range names[:min(len(names), 12)] {
		text += fmt.Sprintf("  %s %d", plain.Clip(name, 20), by[name])
	}
	return text
}

// slowOf are the slow requests of an endpoint that are in the summary.
func (m *Model) slowOf(r *fleet.Row) (lines []string) {
	for i := range m.view.Slow {
		s := &m.view.Slow[i]
		if s.Service != r.Service || s.Method != r.Method || s.Route != r.Route {
			continue
		}
		if len(lines) == 0 {
			lines = append(lines, "", " slow requests")
		}
		lines = append(lines, "  "+m.slowText(s, nil))
	}
	return lines
}
