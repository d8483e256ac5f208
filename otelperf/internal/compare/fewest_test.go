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

// Where nothing failed few minutes bound the share as well as many, and bounds are shares.
func TestNothingFailed(t *testing.T) {
	for _, minutes := range []int{1, 2, 20} {
		r := Spans(alike(minutes, 1674/minutes), alike(1, 720))
		if b, s := r.Before.Errors, r.Since.Errors; b.Low != 0 || b.High > 0.005 || s.Low != 0 || s.High > 0.01 {
			t.Errorf("%d minutes: %+v and %+v", minutes, b, s)
		}
		if e := r.Errors; e.Real || e.Known || e.Low < -0.005 || e.High > 0.01 {
			t.Errorf("%d minutes: the change is %+v", minutes, e)
		}
	}
	failing := alike(2, 100)
	failing[0].Failed, failing[1].Failed = 100, 99
	if r := Spans(alike(2, 100), failing); r.Errors.Low < -1 || r.Errors.High > 1 || r.Before.Errors.Low != 0 {
		t.Errorf("a share changed by %+v, from %+v", r.Errors, r.Before.Errors)
	}
}
