// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"math"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/lab/traffic"
)

func near(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	if !(math.Abs(got-want) <= by) {
		t.Errorf("%s: %.4g, want %.4g", what, got, want)
	}
}

func TestIntervals(t *testing.T) {
	low, high := Wilson(8, 10)
	near(t, "low", low, 0.490, 0.001)
	near(t, "high", high, 0.943, 0.001)
	for _, c := range []struct {
		n         int
		low, high float64
	}{{0, 0, 2.996}, {1, 0.0253, 5.572}, {10, 4.795, 18.39}, {1000, 939, 1064}} {
		low, high := Poisson(c.n)
		near(t, "low", low, c.low, 0.01*c.high)
		near(t, "high", high, c.high, 0.001*c.high)
	}
}

// Everything twice as slow carries ln(2)²/2σ² nats a request of a lognormal endpoint.
func TestDivergence(t *testing.T) {
	r := Seeded(1, 1)
	before, during := make([]int16, samples), make([]int16, samples)
	for i := range before {
		before[i] = traffic.Index(0.01 * math.Exp(r.NormFloat64()))
		during[i] = traffic.Index(0.02 * math.Exp(r.NormFloat64()))
	}
	near(t, "divergence", divergence(before, during), math.Ln2*math.Ln2/2, 0.02)
	if d := divergence(before, before); d > 0.01 {
		t.Errorf("from itself: %g", d)
	}
}

// The classic forgets a lasting step within a few evaluations and never reports an end.
func TestClassic(t *testing.T) {
	c := Classic(10)()
	alerts := 0
	for at := 1; at <= 3600; at++ {
		took := 0.01
		if at > 600 {
			took = 0.03
		}
		switch c.Second(at, []baseline.Bucket{{Index: baseline.Index(took), Count: 100}}).Kind {
		case baseline.Started:
			alerts++
		case baseline.None:
		default:
			t.Fatal("the classic knows no end")
		}
	}
	if alerts != 1 {
		t.Errorf("%d alerts, want 1", alerts)
	}
}

// Each time counts that a fault comes back.
func TestRepeats(t *testing.T) {
	for i, x := range Repeats() {
		if x.Days > 2 {
			continue
		}
		want := map[string]int{
			"3 to 5 min at a random minute of each hour": 18, "stalls of 1 to 5 s once a minute": 1, "stalls of 3 to 6 s every 3 to 5 min": 1,
		}[x.Name]
		once := x.Name != "stalls of 3 to 6 s every 3 to 5 min" // which may end between two of them
		o := x.Try(1, i, 10, 1, NewDetector)
		if o.Of != want || o.Found < o.Of-1 || once && o.Messages != o.Found {
			t.Errorf("%s: %+v, want about %d found and as many alerts", x.Name, o, want)
		}
	}
}

// Faults have the information that they are meant to have, and are found accordingly.
func TestTry(t *testing.T) {
	for number, f := range Faults() {
		if f.Name != "all 10 times slower" && f.Name != "all 1.7 times slower" {
			continue
		}
		rs, all := f.Try(1, number, 1, 4, NewDetector)
		want := 4
		if f.Name == "all 1.7 times slower" {
			want = 0
		}
		if rs[0].Trials != 4 || rs[0].Found != want || len(all) != 4 || all[0].Info < 80 {
			t.Errorf("%s: %+v", f.Name, rs[0])
		}
	}
}
