// SPDX-License-Identifier: Apache-2.0

package report

import (
	"testing"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

// A ratio has the quantile that it is of beside it, unless that is the p99 of the window.
func TestRatio(t *testing.T) {
	for _, tt := range []struct {
		state           string
		ratio, quantile *float64
		want            string
	}{
		{"spiking", new(56.1), new(0.59), "56.1x p59"}, {"spiking", new(3.0), new(0.99), "3.0x p99"}, {"normal", new(1.04), new(0.99), "1.0x"},
		{"normal", new(120.4), nil, "120x"}, {"spiking", new(99.96), new(0.5), "100.0x p50"}, {"learning", nil, new(0.5), plain.None},
	} {
		r := &fleet.Row{}
		r.State, r.Ratio, r.RatioQuantile = tt.state, tt.ratio, tt.quantile
		if got := Ratio(r); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.state, got, tt.want)
		}
	}
}
