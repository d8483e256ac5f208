// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
)

// Endpoints began together if their evidence did, as exactly as that is known, or if it was enough at the same time.
func TestBeganTogether(t *testing.T) {
	at := func(start, detected int, above uint64) *part {
		return &part{
			began: time.Duration(start) * time.Second, found: time.Duration(detected) * time.Second, Part: Part{Evidence: baseline.Event{Above: above}},
		}
	}
	first := at(0, 7, 60)
	for _, tt := range []struct {
		name string
		part *part
		want bool
	}{
		{"at once", at(0, 7, 60), true},
		{"a little later", at(18, 26, 60), true},
		{"later", at(45, 52, 60), false},
		{"with some evidence by chance before", at(-140, 9, 20), true},
		{"a rare one", at(45, 200, 10), true},
		{"a rare one, much later", at(120, 300, 10), false},
		{"without a request above", at(80, 400, 0), true},
	} {
		if got := tt.part.beganWith(first); got != tt.want || first.beganWith(tt.part) != got {
			t.Errorf("%s: began together %t, want %t", tt.name, got, tt.want)
		}
	}
}

// What became slower over hours is not what did at once, and what was open before the restart is together with what was open as long.
func TestBeganTogetherOverHours(t *testing.T) {
	at := func(began, found time.Duration, gradual, before bool) *part {
		return &part{began: began, found: found, Part: Part{Before: before, Evidence: baseline.Event{Above: 1000, Gradual: gradual}}}
	}
	sudden, slowly, old := at(0, 10*time.Second, false, false), at(-2*time.Hour, 12*time.Second, true, false), at(-time.Hour, 190*time.Second, false, true)
	for _, tt := range []struct {
		name string
		a, b *part
		want bool
	}{
		{"gradual and sudden", sudden, slowly, false},
		{"both gradual", slowly, at(-100*time.Minute, 15*time.Minute, true, false), true},
		{"both gradual, hours apart", slowly, at(-10*time.Hour, -time.Hour, true, false), false},
		{"open before and not", old, at(185*time.Second, 192*time.Second, false, false), false},
		{"both open before", old, at(-time.Hour+time.Minute, 200*time.Second, false, true), true},
		{"both open before, for other times", old, at(-10*time.Minute, 192*time.Second, false, true), false},
	} {
		if got := tt.a.beganWith(tt.b); got != tt.want || tt.b.beganWith(tt.a) != got {
			t.Errorf("%s: began together %t, want %t", tt.name, got, tt.want)
		}
	}
}

// The quantile of few requests is chance: it is no growth that is worth a message, though it may be the worst minute.
func TestGrowthIsOfEnoughRequests(t *testing.T) {
	for rate, want := range map[float64]bool{0.2: false, 20: true} {
		s := newService(t, nil, load{rate: rate, usual: 20 * time.Millisecond})
		s.slow(6, 0)
		s.pass(8 * time.Minute)
		in := s.Incidents()
		if len(in) != 1 {
			t.Fatalf("at %v/s there are %d incidents", rate, len(in))
		}
		before := in[0].Parts[0].Worst.Ratio
		s.slow(30, 0)
		s.pass(time.Minute) // 12 requests of 0.2/s
		p := s.Incidents()[0].Parts[0]
		if grew := slices.Contains(s.messages(), "grew GET /a"); grew != want || p.Last.Ratio < 1.5*before || p.Worst.Ratio < p.Last.Ratio {
			t.Errorf("at %v/s the worst ratio was %v, is %v, the last one %v; want a message of it: %t%s", rate, before, p.Worst.Ratio, p.Last.Ratio, want, s.story())
		}
	}
}
