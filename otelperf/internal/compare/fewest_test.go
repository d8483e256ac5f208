// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// alike are minutes with n requests each, of 1 to 100 ms.
func alike(minutes, n int) []Minute {
	out := make([]Minute, minutes)
	for i := range out {
		out[i] = Minute{Requests: uint64(n), Durations: new(latency.Histogram)}
		for k := range n {
			out[i].Durations.Record(time.Duration(1+100*k/n) * time.Millisecond)
		}
	}
	return out
}

// With as many requests as Fewest says a change is known, where minutes are alike; with a tenth fewer it is not.
func TestFewestRequests(t *testing.T) {
	for _, minutes := range []int{5, 10, 30} {
		few := Spans(alike(minutes, 10), alike(minutes, 10)).P99
		if few.Fewest < 200 || few.Fewest > 1000 {
			t.Errorf("%d minutes: it takes %d requests", minutes, few.Fewest)
		}
		enough := (int(few.Fewest) + minutes - 1) / minutes
		lacking := int(few.Fewest) * 9 / 10 / minutes
		if Spans(alike(minutes, lacking), alike(minutes, lacking)).P99.Known {
			t.Errorf("%d minutes: %d requests are enough, said are %d", minutes, lacking*minutes, few.Fewest)
		}
		if !Spans(alike(minutes, enough), alike(minutes, enough)).P99.Known {
			t.Errorf("%d minutes: %d requests are too few, said are %d", minutes, enough*minutes, few.Fewest)
		}
	}
}
