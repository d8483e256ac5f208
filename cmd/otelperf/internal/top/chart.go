// SPDX-License-Identifier: Apache-2.0

package top

import (
	"math"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

const chartHeight = 6 // lines

// chart draws the trend of an endpoint with a scale at its left, and the baseline as a line where nothing covers it.
func (m *Model) chart(r *fleet.Row) []string {
	values, times := m.detail.minutes()
	title := "P99 BY MINUTE of the last hour"
	if len(values) < fewMinutes {
		values, times, title = m.history.of(rowKey(r)), nil, m.trendTitle()
	}
	cut := max(0, len(values)-max(1, m.width-14))
	values = values[cut:]
	top := scaleOf(values, r.BaselineMaxMs)
	if top == 0 {
		return nil
	}
	normal := -1 // the line of the baseline
	if b := r.BaselineMaxMs; b != nil && *b >= 0 && *b < top {
		normal = int(*b / top * chartHeight)
	}
	lines := []string{" " + title}
	for y := chartHeight - 1; y >= 0; y-- {
		scale := ""
		switch y {
		case chartHeight - 1:
			scale = plain.Ms(&top)
		case normal:
			scale = "usual"
		case 0:
			scale = "0 ms"
		}
		lines = append(lines, " "+pad(scale, 9, true)+" │"+chartLine(values, top, y, y == normal))
	}
	if times != nil {
		lines = append(lines, m.markLine(times[cut:])...)
	}
	return lines
}

// markLine points at the minutes in which something was changed; none if nothing was.
func (m *Model) markLine(times []time.Time) []string {
	var b strings.Builder
	newest := ""
	for _, t := range times {
		sign := " "
		for i := range m.view.Marks {
			if k := &m.view.Marks[i]; !k.Time.Before(t) && k.Time.Before(t.Add(time.Minute)) {
				sign = "^"
				if newest == "" || i == 0 {
					newest = "  ^ " + markText(&k.Mark)
				}
			}
		}
		b.WriteString(sign)
	}
	if newest == "" {
		return nil
	}
	return []string{" " + pad("marks", 9, true) + " │" + b.String(), strings.Repeat(" ", 10) + newest}
}

// chartLine is line y of the chart, 0 the lowest.
func chartLine(values []float64, top float64, y int, baseline bool) string {
	var b strings.Builder
	for _, v := range values {
		eighths := 0
		if !math.IsNaN(v) && v > 0 {
			eighths = int(min(v/top, 1)*chartHeight*8+0.5) - y*8
		}
		switch {
		case eighths >= 8:
			b.WriteRune(levels[7])
		case eighths > 0:
			b.WriteRune(levels[eighths-1])
		case baseline:
			b.WriteRune('┈')
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}
