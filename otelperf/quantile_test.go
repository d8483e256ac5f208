// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
)

// stream makes durations of one distribution.
type stream struct {
	name string
	draw func(*rand.Rand) time.Duration
}

func ms(x float64) time.Duration { return time.Duration(x * float64(time.Millisecond)) }

func lognormal(median, sigma float64) func(*rand.Rand) time.Duration {
	return func(r *rand.Rand) time.Duration { return ms(median * math.Exp(sigma*r.NormFloat64())) }
}

var streams = []stream{
	{"lognormal", lognormal(20, 0.8)},
	{"lognormal of microseconds", lognormal(0.03, 0.5)},
	{"Pareto", func(r *rand.Rand) time.Duration { return ms(min(5/math.Pow(1-r.Float64(), 1/1.5), 1e6)) }},
	{"bimodal", func(r *rand.Rand) time.Duration {
		if r.Float64() < 0.08 {
			return lognormal(900, 0.2)(r)
		}
		return lognormal(4, 0.2)(r)
	}},
	{"uniform", func(r *rand.Rand) time.Duration { return ms(1 + 99*r.Float64()) }},
	{"constant", func(*rand.Rand) time.Duration { return 33333 * time.Microsecond }},
}

// exactly are the durations of a stream, sorted.
type exactly []time.Duration

// rank is the duration of nearest rank.
func (e exactly) rank(q float64) float64 {
	i := max(int(math.Ceil(q*float64(len(e))))-1, 0)
	return float64(e[i]) / 1e6
}

func (e exactly) mean() float64 {
	sum := 0.0
	for _, d := range e {
		sum += float64(d) / 1e6
	}
	return sum / float64(len(e))
}

// checkNumbers compares what a summary says with the exact durations. bound is the share by which quantiles may be off.
func checkNumbers(t *testing.T, about string, got otelperf.Totals, e exactly, bound float64) {
	t.Helper()
	if got.Count != uint64(len(e)) {
		t.Fatalf("%s: %d requests, want %d", about, got.Count, len(e))
	}
	for _, c := range []struct {
		name  string
		got   *float64
		want  float64
		bound float64
	}{
		{"p50", got.P50Ms, e.rank(0.5), bound}, {"p95", got.P95Ms, e.rank(0.95), bound}, {"p99", got.P99Ms, e.rank(0.99), bound},
		{"min", got.MinMs, float64(e[0]) / 1e6, bound}, {"max", got.MaxMs, float64(e[len(e)-1]) / 1e6, bound},
		{"avg", got.AvgMs, e.mean(), bound},
	} {
		if c.got == nil {
			t.Errorf("%s: %s is null, want %v", about, c.name, c.want)
			continue
		}
		if off := math.Abs(*c.got-c.want) / c.want; !(off <= c.bound) {
			t.Errorf("%s: %s is %v ms, exactly %v: off by %.2f %%, want at most %.2f %%", about, c.name, *c.got, c.want, 100*off, 100*c.bound)
		}
	}
}

// From spans to the summary, live and after steps and minutes were sealed.
func TestQuantilesAgreeWithExactDurations(t *testing.T) {
	t.Parallel()
	const n, bound = 20_000, 0.006
	for _, st := range streams {
		t.Run(st.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rg := newRig(t, plan{alone: true})
				r := rand.New(rand.NewPCG(1, 2))
				var e exactly
				for range n {
					d := st.draw(r)
					e = append(e, d)
					rg.request("GET", "/"+st.name, http.StatusOK, d)
				}
				slices.Sort(e)
				for _, w := range windows {
					s := rg.mon.Summary(w)
					checkNumbers(t, "live, window "+string(w), s.Totals, e, bound)
					checkNumbers(t, "live, endpoint in window "+string(w), s.Endpoints[0].Totals, e, bound)
				}
				for _, moment := range []struct {
					after time.Duration
					w     otelperf.Window
				}{{15 * time.Second, "1m"}, {90 * time.Second, "5m"}, {10 * time.Minute, "1h"}, {time.Hour, "all"}} {
					time.Sleep(moment.after)
					s := rg.mon.Summary(moment.w)
					if *s.ErrorBound > 0.012 {
						t.Errorf("after %v quantile_error is %v, want at most 1.1 %%", moment.after, *s.ErrorBound)
					}
					checkNumbers(t, fmt.Sprintf("%v later, window %s", moment.after, moment.w), s.Totals, e, max(bound, *s.ErrorBound+0.0005))
				}
			})
		})
	}
}

// The totals' quantiles are those of all requests together, not a mean of the endpoints' ones.
func TestQuantilesOverEndpoints(t *testing.T) {
	rg := newRig(t, plan{alone: true})
	r := rand.New(rand.NewPCG(3, 4))
	var all exactly
	for _, st := range streams {
		for range 2000 {
			d := st.draw(r)
			all = append(all, d)
			rg.request("GET", "/"+st.name, http.StatusOK, d)
		}
	}
	slices.Sort(all)
	checkNumbers(t, "all endpoints", rg.mon.Summary(otelperf.Window5m).Totals, all, 0.006)
}

// Failed requests are in the same percentiles as all others.
func TestFailedRequestsCountInPercentiles(t *testing.T) {
	rg := newRig(t, plan{alone: true})
	r := rand.New(rand.NewPCG(5, 6))
	var all exactly
	for i := range 4000 {
		d, status := lognormal(10, 0.5)(r), http.StatusOK
		if i%4 == 0 {
			d, status = lognormal(200, 0.5)(r), http.StatusServiceUnavailable
		}
		all = append(all, d)
		rg.request("GET", "/a", status, d)
	}
	slices.Sort(all)
	s := rg.mon.Summary(otelperf.Window5m)
	checkNumbers(t, "with failures", s.Totals, all, 0.006)
	if s.ErrorCount != 1000 || *s.ErrorRate != 0.25 {
		t.Errorf("%d errors, rate %v, want 1000 and 0.25", s.ErrorCount, *s.ErrorRate)
	}
}
