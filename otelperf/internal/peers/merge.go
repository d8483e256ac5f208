// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"cmp"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Row is an endpoint of all instances that have it: its numbers are of all their requests, its states the worst.
type Row struct {
	engine.Row
	Instances                   []int         // that have it, by their place among those that were merged
	BaselineLeast, BaselineMost time.Duration // of the instances; 0 while no one knows it
	// Elevated are the instances at which p99 in the window is above what Elevated says, and no incident is open.
	Elevated int
}

// Total is what several instances did in a window.
type Total struct {
	Rows     []Row        // in the order of their names
	Requests []engine.Row // of each instance, all of its requests together, without a name
	All      engine.Row   // the same of all instances
	Seconds  float64      // that the window covers at the instance that has most of it
}

// Merge puts a window of several instances together: histograms are added, so that quantiles are those of all requests. Rates are sums of
// those of the instances, each over what its window covers: Seconds of a row is what its count has to be divided by for that. elevated says
// whether a p99 is above what is usual.
func Merge(all []*Instance, w engine.Window, elevated func(p99, usual time.Duration) bool) *Total {
	m := merging{window: w, elevated: elevated, rows: map[conventions.Endpoint]*sum{}}
	total := &Total{}
	var everything sum
	for i, in := range all {
		total.Seconds = max(total.Seconds, in.Seconds[w])
		requests := m.add(i, in)
		total.Requests = append(total.Requests, requests.row(in.Seconds[w]))
		everything.add(requests.part())
	}
	total.All = everything.row(total.Seconds)
	for _, s := range m.rows {
		r := Row{Row: s.row(total.Seconds), Instances: s.instances, BaselineLeast: s.least, BaselineMost: s.most, Elevated: s.elevated}
		r.takeStates(&s.states)
		total.Rows = append(total.Rows, r)
	}
	order.By(total.Rows, func(a, b *Row) int {
		x, y := a.Endpoint, b.Endpoint
		return cmp.Or(cmp.Compare(x.Route, y.Route), cmp.Compare(x.Method, y.Method), cmp.Compare(x.Kind, y.Kind))
	})
	return total
}

// sum is what was done at an endpoint.
type sum struct {
	name      conventions.Endpoint
	durations latency.Histogram
	outcomes  slowlog.OutcomeCounts
	rate      float64 // requests a second
	coarse    bool
	beyond    time.Duration
	states    engine.Row
	instances []int
	elevated  int

	least, most time.Duration // baselines
}

// part is what is added to a sum.
type part struct {
	durations *latency.Histogram
	outcomes  *slowlog.OutcomeCounts
	rate      float64
	coarse    bool
	beyond    time.Duration
	unknown   bool // outcomes
}

func (s *sum) part() part {
	return part{&s.durations, &s.outcomes, s.rate, s.coarse, s.beyond, s.states.OutcomesUnknown}
}

func (s *sum) add(p part) {
	s.durations.Merge(p.durations)
	s.outcomes.Add(p.outcomes)
	s.rate += p.rate
	s.coarse, s.states.OutcomesUnknown = s.coarse || p.coarse, s.states.OutcomesUnknown || p.unknown
	if s.beyond == 0 || p.beyond != 0 && p.beyond < s.beyond {
		s.beyond = p.beyond
	}
}

func (s *sum) row(seconds float64) engine.Row {
	if n := s.outcomes.Total(); n > 0 && s.rate > 0 {
		seconds = float64(n) / s.rate
	}
	r := engine.Merged(s.name, &s.durations, &s.outcomes, seconds, s.coarse, s.beyond)
	r.OutcomesUnknown = s.states.OutcomesUnknown
	return r
}

// takeStates gives a row what is not a number of its requests.
func (r *Row) takeStates(s *engine.Row) {
	r.Phase, r.Errors, r.Traffic, r.UsualErrors = s.Phase, s.Errors, s.Traffic, s.UsualErrors
	r.Needed, r.ErrorsNeeded, r.GraceLeft, r.JudgedIn = s.Needed, s.ErrorsNeeded, s.GraceLeft, s.JudgedIn
	r.SlowFrom, r.Impact = s.SlowFrom, s.Impact
	if r.Phase == baseline.Spiking {
		r.Spike = &engine.Part{} // of the instances' incidents none is that of all
	}
	if r.BaselineLeast == r.BaselineMost && len(r.Instances) == 1 {
		r.BaselineP99 = r.BaselineMost
	}
}

type merging struct {
	window   engine.Window
	elevated func(p99, usual time.Duration) bool
	rows     map[conventions.Endpoint]*sum
	scratch  latency.Histogram
}

// add adds an instance and returns its requests.
func (m *merging) add(number int, in *Instance) (requests sum) {
	for i := range in.Rows {
		r := &in.Rows[i]
		span := &r.Windows[m.window]
		s := m.rows[r.Endpoint]
		if s == nil {
			s = &sum{name: r.Endpoint, states: r.Row}
			s.states.Impact = 0
			m.rows[r.Endpoint] = s
		}
		if n := len(s.instances); n > 0 && s.instances[n-1] == number {
			continue // the same row twice
		}
		m.scratch.Reset()
		outcomes := slowlog.OutcomeCounts{}
		span.Merge(&m.scratch, &outcomes)
		one := part{&m.scratch, &outcomes, 0, r.Coarse, r.Beyond, r.OutcomesUnknown}
		if seconds := in.Seconds[m.window]; seconds > 0 {
			one.rate = float64(outcomes.Total()) / seconds
		}
		s.add(one)
		if r.Endpoint.Kind.Request() {
			requests.add(one)
		}
		if p99, ok := m.scratch.Quantile(0.99); ok && r.Phase == baseline.Normal && m.elevated(p99, r.BaselineP99) {
			s.elevated++
		}
		s.worst(r, number, span.Impact)
	}
	return requests
}

// worst takes over the states of another instance where they are worse, and what is missing where more of it is.
func (s *sum) worst(r *engine.SharedRow, number int, impact float64) {
	t := &s.states
	t.Phase = max(t.Phase, r.Phase)
	if slices.Index(errorStates, r.Errors) > slices.Index(errorStates, t.Errors) {
		t.Errors = r.Errors
	}
	if slices.Index(trafficStates, r.Traffic) > slices.Index(trafficStates, t.Traffic) {
		t.Traffic = r.Traffic
	}
	if !(r.UsualErrors <= t.UsualErrors) {
		t.UsualErrors = r.UsualErrors // the largest, or not known
	}
	t.Needed, t.ErrorsNeeded = max(t.Needed, r.Needed), max(t.ErrorsNeeded, r.ErrorsNeeded)
	t.GraceLeft, t.JudgedIn, t.SlowFrom = max(t.GraceLeft, r.GraceLeft), max(t.JudgedIn, r.JudgedIn), max(t.SlowFrom, r.SlowFrom)
	t.Impact = min(t.Impact+impact, 1e300)
	if b := r.BaselineP99; b > 0 {
		if s.least == 0 || b < s.least {
			s.least = b
		}
		s.most = max(s.most, b)
	}
	s.instances = append(s.instances, number)
}
