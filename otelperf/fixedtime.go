// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/slowlog"
)

// then returns the incidents that were open in a fixed time, and makes of them what they were in it: open, with the parts of that time
// alone. What is known of how they went on stays.
func then(all []Spike, p companion.Period) []Spike {
	open := []Spike{}
	for _, s := range all {
		s.Endpoints = slices.DeleteFunc(slices.Clone(s.Endpoints), func(e SpikeEndpoint) bool { return !overlaps(p, e.Start, e.End) })
		if len(s.Endpoints) > 0 {
			open = append(open, s)
		}
	}
	return open
}

// overlaps reports whether something that began at start, and ended at end or goes on, was there in a fixed time.
func overlaps(p companion.Period, start time.Time, end *time.Time) bool {
	return start.Before(p.To) && (end == nil || end.After(p.From))
}

// judgeThen gives rows the states that they had in a fixed time, by the incidents of that time. Whether a row is known enough to be judged
// is of now.
func judgeThen(rows []engine.Row, spikes []Spike) {
	matters := map[[3]string][]string{}
	for i := range spikes {
		for _, e := range spikes[i].Endpoints {
			key := [3]string{e.Method, e.Route, e.Kind}
			matters[key] = append(matters[key], e.Matter)
		}
	}
	for i := range rows {
		r := &rows[i]
		had := matters[[3]string{r.Endpoint.Method, r.Endpoint.Route, r.Endpoint.Kind.String()}]
		switch slow := slices.Contains(had, "latency"); {
		case slow:
			r.Phase = baseline.Spiking
		case r.Phase == baseline.Spiking:
			r.Phase = baseline.Normal
			fallthrough
		default:
			r.Spike = nil
		}
		r.Errors = stateThen(r.Errors, "failing", slices.Contains(had, "failures") || slices.Contains(had, "panics"))
		r.Traffic = stateThen(r.Traffic, "silent", slices.Contains(had, "silence"))
	}
}

// stateThen is bad if it was so then, and not bad because it is so now.
func stateThen(now, bad string, was bool) string {
	switch {
	case was:
		return bad
	case now == bad:
		return "normal"
	}
	return now
}

// slowThen are the stored slow requests that began in a fixed time, newest first.
func slowThen(store *slowlog.Store, p companion.Period) (slow []*slowlog.Entry) {
	for e := range store.Recent(0) {
		if !e.Start.Before(p.From) && e.Start.Before(p.To) {
			slow = append(slow, e)
		}
	}
	return slow
}

// verdictThen is the verdict on a fixed time, of which f has the rows and the incidents.
func (f *facts) verdictThen() Verdict {
	f.unseen, f.spikes = nil, slices.Clone(f.spikes)
	for i := range f.spikes {
		s := &f.spikes[i]
		s.State, s.Muted, s.Endpoints = "open", nil, slices.Clone(s.Endpoints)
		for j := range s.Endpoints {
			s.Endpoints[j].State = "open"
		}
	}
	if v, wrong := f.incidents(); wrong {
		return v
	}
	waiting, judged := f.waiting()
	if judged+len(waiting) == 0 {
		return Verdict{verdictUnknown, "No requests then", "There was none in this time that is still stored."}
	}
	return Verdict{verdictOK, "No incident then", sentences(f.above())}
}
