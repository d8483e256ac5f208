// SPDX-License-Identifier: Apache-2.0

package top

import (
	"math"
	"strings"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

const chartHeight = 6 // lines

// chart draws the trend of an endpoint with a scale at its left, and the baseline as a line where nothing covers it.
func (m *Model) chart(r *fleet.Row) []string {
	values := m.history.of(rowKey(r))
	values = values[max(0, len(values)-max(1, m.width-14)):]
	top := scaleOf(values, r.BaselineMaxMs)
	if top == 0 {
		return nil
	}
	normal := -1 // the line of the baseline
	if b := r.BaselineMaxMs; b != nil && *b >= 0 && *b < top {
		normal = int(*b / top * chartHeight)
	}
	lines := []string{" " + m.trendTitle()}
	for y := chartHeight - 1; y >= 0; y-- {
		scale := ""
		switch y {
		case chartHeight - 1:
			scale = plain.Ms(&top)
		case normal:
			scale = "baseline"
		case 0:
			scale = "0 ms"
		}
		lines = append(lines, " "+pad(scale, 9, true)+" │"+chartLine(values, top, y, y == normal))
	}
	return lines
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
