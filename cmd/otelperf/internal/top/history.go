// SPDX-License-Identifier: Apache-2.0

package top

import (
	"math"
	"slices"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
)

const (
	maxSamples   = 60
	maxSeries    = 1000
	fewMinutes   = 3 // that are known, from which the minutes say more than the polls
	trendMinutes = 30
)

// history is the p99 over time of each endpoint: of each poll as it was shown, and of each minute as the services have it.
type history struct {
	samples map[string][]float64 // NaN is no data
	minutes map[string][]float64 // of several instances the highest: the p99 of all together is not above it
	known   int                  // minutes of the series that has most
}

// add takes a view. Endpoints that are gone are forgotten.
func (h *history) add(v *fleet.View) {
	samples := make(map[string][]float64, len(v.Endpoints)+len(v.Dependencies))
	minutes := map[string][]float64{}
	known := 0
	for _, rows := range [][]fleet.Row{v.Endpoints, v.Dependencies} {
		for i := range rows[:min(len(rows), maxSeries)] {
			r := &rows[i]
			key := rowKey(r)
			old := h.samples[key]
			samples[key] = append(old[max(0, len(old)+1-maxSamples):], value(r.P99Ms))
			if m := highest(r.Parts); m != nil {
				minutes[key] = m
				if first := slices.IndexFunc(m, func(x float64) bool { return !math.IsNaN(x) }); first >= 0 {
					known = max(known, len(m)-first)
				}
			}
		}
	}
	h.samples = samples
	if len(minutes) > 0 {
		h.minutes, h.known = minutes, known
	}
}

// byMinute tells which of the two is shown.
func (h *history) byMinute() bool { return h.known >= fewMinutes }

func (h *history) of(key string) []float64 {
	if h.byMinute() {
		return h.minutes[key]
	}
	return h.samples[key]
}

// highest is the largest p99 of each minute, the latest last; nil if no part has its minutes.
func highest(parts []fleet.Part) []float64 {
	var out []float64
	for i := range parts {
		trend := parts[i].TrendP99Ms
		trend = trend[max(0, len(trend)-trendMinutes):]
		for len(out) < len(trend) {
			out = append([]float64{math.NaN()}, out...)
		}
		for j, p := range trend {
			at := len(out) - len(trend) + j
			if x := value(p); !math.IsNaN(x) && !(out[at] >= x) {
				out[at] = x
			}
		}
	}
	return out
}

func value(p *float64) float64 {
	if p == nil {
		return math.NaN()
	}
	return *p
}

func rowKey(r *fleet.Row) string { return r.Service + "\x00" + r.Kind + "\x00" + r.Name() }
