// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// traffic is a second of an endpoint: twenty requests, times slower, of which a share fails.
func traffic(r *rand.Rand, times, failing float64) *spikeprocessor.Delta {
	d := &spikeprocessor.Delta{Endpoint: conventions.Endpoint{Method: "GET", Route: "/a"}, All: new(latency.Histogram), Failed: new(latency.Histogram)}
	for range 20 {
		took := time.Duration(20e6 * times * math.Exp(0.3*r.NormFloat64()))
		d.All.Record(took)
		if r.Float64() < failing {
			d.Failed.Record(took)
			d.Outcomes[slowlog.OutcomeServerError]++
			continue
		}
		d.Outcomes[slowlog.OutcomeOK]++
	}
	return d
}

// confirmed runs an hour of usual traffic, a fault of some minutes and then usual traffic again; what an engine said, by seconds since the
// fault began.
func confirmed(t *testing.T, confirm func(asked int) bool, times, failing float64, minutes int) (started, ended []int, matters []Matter, asked int) {
	t.Helper()
	seconds := 0
	e, err := New(Options{Confirm: func(ep conventions.Endpoint, m Matter, ev *baseline.Event) bool {
		if ep.Route != "/a" || ev.Kind != baseline.Started || ev.Start.IsZero() || ev.N < ev.Above {
			t.Errorf("asked about %v, %v, %+v", ep, m, ev)
		}
		asked++
		return confirm(asked)
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 8))
	for seconds = -3600; seconds < 60*(minutes+10); seconds++ {
		d := traffic(r, 1, 0)
		if seconds >= 0 && seconds < 60*minutes {
			d = traffic(r, times, failing)
		}
		now := midnight.Add(time.Duration(seconds) * time.Second)
		for _, ev := range e.Advance(now, deltas(d)) {
			switch {
			case ev.Part != nil && ev.Started:
				started, matters = append(started, seconds), append(matters, ev.Part.Matter)
				if !ev.Part.At.Equal(now) || !ev.Part.Start.Before(now) {
					t.Errorf("at %d s: the part began %v, and was found %v", seconds, ev.Part.Start, ev.Part.At)
				}
			case ev.Part != nil:
				ended = append(ended, seconds)
			}
		}
		if row := e.Snapshot(Minute).Rows[0]; (row.Phase == baseline.Spiking) != (row.Spike != nil) {
			t.Fatalf("at %d s: phase %v, spike %v", seconds, row.Phase, row.Spike)
		}
	}
	return started, ended, matters, asked
}

func TestAlarmsWaitUntilTheyAreConfirmed(t *testing.T) {
	always := func(int) bool { return true }
	at, ended, matters, _ := confirmed(t, always, 5, 0, 5)
	if len(at) != 1 || len(ended) != 1 || matters[0] != Latency {
		t.Fatalf("confirmed at once: started %v, ended %v, %v", at, ended, matters)
	}
	later, ended, _, asked := confirmed(t, func(n int) bool { return n > 30 }, 5, 0, 5)
	if len(later) != 1 || later[0] != at[0]+30 || len(ended) != 1 || asked != 31 {
		t.Errorf("confirmed when asked the 31st time: started %v, want %d; ended %v; asked %d times", later, at[0]+30, ended, asked)
	}
	none, ended, _, asked := confirmed(t, func(int) bool { return false }, 5, 0, 5)
	if len(none)+len(ended) != 0 || asked < 200 || asked > 600 {
		t.Errorf("never confirmed: started %v, ended %v; asked %d times", none, ended, asked)
	}
	failing, _, matters, _ := confirmed(t, func(n int) bool { return n > 5 }, 1, 0.5, 5)
	if len(failing) != 1 || matters[0] != Failures {
		t.Errorf("failures: started %v, %v", failing, matters)
	}
}

// What is a sample counts as what it stands for, and is judged as what it is.
func TestSamplesStandForMore(t *testing.T) {
	run := func(times uint64) (row Row, started time.Time) {
		e := newEngine(t)
		r := rand.New(rand.NewPCG(7, 8))
		for s := range 4000 {
			d := traffic(r, 1, 0)
			if s >= 3700 {
				d = traffic(r, 3, 0)
			}
			if times > 1 {
				d.Estimated = new(slowlog.OutcomeCounts)
				for o, n := range d.Outcomes {
					d.Estimated[o] = n * times
				}
			}
			for _, ev := range e.Advance(midnight.Add(time.Duration(s)*time.Second), deltas(d)) {
				if ev.Part != nil && ev.Started {
					started = ev.Time
				}
			}
		}
		rows, _ := e.Rows(Query{Window: FiveMinutes})
		return rows[0], started
	}
	one, at := run(1)
	ten, again := run(10)
	if at.IsZero() || !at.Equal(again) {
		t.Errorf("found at %v, of a sample at %v", at, again)
	}
	if ten.Outcomes.Total() != 10*one.Outcomes.Total() || one.Outcomes.Total() < 20*300 {
		t.Errorf("%d requests, of a sample of a tenth %d", one.Outcomes.Total(), ten.Outcomes.Total())
	}
	if ten.Timed != one.Timed || ten.P99 != one.P99 || one.Weight != 1 || ten.Weight != 10 {
		t.Errorf("timed %d and %d, p99 %v and %v, weights %v and %v", one.Timed, ten.Timed, one.P99, ten.P99, one.Weight, ten.Weight)
	}
	if got, want := ten.Spike.Cost, one.Spike.Cost; got.Slow != 10*want.Slow || got.Requests != 10*want.Requests || ten.Spike.Evidence.N != one.Spike.Evidence.N {
		t.Errorf("cost %+v, of a sample %+v; evidence of %d and %d", want, got, one.Spike.Evidence.N, ten.Spike.Evidence.N)
	}
	if math.Abs(ten.Impact/one.Impact-10) > 1e-6 {
		t.Errorf("impact %v, of a sample %v", one.Impact, ten.Impact)
	}
}
