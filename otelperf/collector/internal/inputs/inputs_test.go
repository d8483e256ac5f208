// SPDX-License-Identifier: Apache-2.0

package inputs

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

const http = conventions.KindHTTP

func at(seconds float64) time.Time {
	return time.Unix(1_700_000_000, 0).Add(time.Duration(seconds * 1e9))
}

func TestTheBestInputCounts(t *testing.T) {
	var r Rule
	for i, tt := range []struct {
		from       Input
		ended, now float64
		kind       conventions.Kind
		want       bool
	}{
		{Metric, 10, 10, http, true},
		{OldMetric, 10, 10, http, false},
		{Metric, 70, 70, http, true},
		{Spans, 69, 72, http, false}, // it was in the point
		{Spans, 71, 72, http, true},  // it was not
		{Metric, 130, 130, http, false},
		{Metric, 130, 130, conventions.KindRPC, true}, // another kind of work
		{Spans, 140, 142, http, true},
		{Metric, 190, 190, http, false}, // spans are absent from here on
		{Metric, 430, 430, http, false},
		{Metric, 490, 490, http, true},
		{OwnMetric, 495, 495, http, true}, // better, and of after the last point
		{Metric, 550, 550, http, false},
		{Spans, 560, 563, http, true},
		{99, 600, 600, http, false},
		{Spans, 600, 600, conventions.NumKinds, false},
	} {
		if got := r.Counts(tt.kind, tt.from, at(tt.ended).UnixNano(), at(tt.now)); got != tt.want {
			t.Errorf("%d: %v at %v s: counts %v, want %v", i, tt.from, tt.now, got, tt.want)
		}
	}
	if in, ok := r.Of(http); in != Spans || !ok {
		t.Errorf("%v counts, %v", in, ok)
	}
	if _, ok := r.Of(conventions.KindJob); ok {
		t.Error("there was a job")
	}
}

// Whatever comes and goes, no request counts twice.
func TestNothingCountsTwice(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var r Rule
		type request struct{ ended float64 }
		var inPoint []request
		type batch struct {
			at   float64
			take func()
		}
		var batches []batch
		counted := map[float64]int{}
		spans := rng.IntN(2) == 0
		for second, next := 0.0, 60.0; second < 7200; second += rng.ExpFloat64() * []float64{1, 60, 600}[seed%3] {
			for next < second { // metrics, once a minute
				taken, when := slices.Clone(inPoint), next
				batches = append(batches, batch{when, func() {
					if len(taken) > 0 && r.Counts(http, Metric, at(when).UnixNano(), at(when)) {
						for _, q := range taken {
							counted[q.ended]++
						}
					}
				}})
				inPoint, next = nil, next+60
			}
			if rng.IntN(500) == 0 {
				spans = !spans
			}
			q := request{second}
			inPoint = append(inPoint, q)
			if spans { // in batches of up to ten seconds
				late := q.ended + 10*rng.Float64()
				batches = append(batches, batch{late, func() {
					if r.Counts(http, Spans, at(q.ended).UnixNano(), at(late)) {
						counted[q.ended]++
					}
				}})
			}
		}
		slices.SortStableFunc(batches, func(a, b batch) int {
			if a.at < b.at {
				return -1
			}
			return 1
		})
		for _, b := range batches {
			b.take()
		}
		for ended, n := range counted {
			if n > 1 {
				t.Fatalf("seed %d: the request of second %v counts %d times", seed, ended, n)
			}
		}
		if seed%3 == 0 && len(counted) < 1000 {
			t.Errorf("seed %d: %d requests count", seed, len(counted))
		}
	}
}
