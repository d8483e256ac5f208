// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"iter"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/involved"
	"github.com/otelperf/otelperf-go/otelperf/internal/runtimesignals"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// then are the incidents that were open in a fixed time, as they were at its end, with the requests and errors of it that are stored.
func (m *Monitor) then(c engine.Covered) []engine.Incident {
	all := m.engine.IncidentsThen(c)
	for i := range all {
		m.requestsThen(&all[i], c)
	}
	return all
}

// requestsThen leaves an incident the requests that had ended at the end of a fixed time, and the failures of those that had begun.
func (m *Monitor) requestsThen(in *engine.Incident, c engine.Covered) {
	until := *in
	until.Parts = slices.Clone(in.Parts)
	for i := range until.Parts {
		p := &until.Parts[i]
		if p.End.IsZero() {
			p.End = c.To.Add(-1)
		}
		if len(p.Errors) > 0 {
			in.Parts[i].Errors = involved.Errors(m.slow, p)
		}
	}
	if found := involved.Examples(m.slow, &until, c.To); len(found) > 0 {
		in.Examples = found
	}
}

// spikesThen is the form of incidents of a fixed time in JSON.
func (m *Monitor) spikesThen(incidents []engine.Incident, c engine.Covered) []Spike {
	spikes := m.spikesOf(incidents)
	for i := range spikes {
		if s := &spikes[i]; s.End == nil {
			s.Signals = append([]runtimesignals.Deviation{}, m.runtime.Deviations(s.Start, c.To)...)
		}
	}
	return spikes
}

// judgeThen gives rows the states that they had in a fixed time, by the spikes of that time, of which those in memory are incidents, too.
// Whether a row is known enough to be judged is of now.
func judgeThen(rows []engine.Row, incidents []engine.Incident, spikes []Spike) {
	slow := map[conventions.Endpoint]*engine.Part{}
	for i := range incidents {
		for j := range incidents[i].Parts {
			if p := &incidents[i].Parts[j]; p.Matter == engine.Latency && slow[p.Endpoint] == nil {
				slow[p.Endpoint] = p
			}
		}
	}
	type row struct{ method, route, kind string }
	matters := map[row][]string{}
	for i := range spikes {
		for _, e := range spikes[i].Endpoints {
			of := row{e.Method, e.Route, e.Kind}
			matters[of] = append(matters[of], e.Matter)
		}
	}
	for i := range rows {
		r := &rows[i]
		of := matters[row{r.Endpoint.Method, r.Endpoint.Route, r.Endpoint.Kind.String()}]
		had := func(m engine.Matter) bool { return slices.Contains(of, string(m)) }
		r.Spike = slow[r.Endpoint]
		switch {
		case had(engine.Latency):
			r.Phase = baseline.Spiking
		case r.Phase == baseline.Spiking:
			r.Phase = baseline.Normal
		}
		r.Errors = stateThen(r.Errors, "failing", had(engine.Failures) || had(engine.Panics))
		r.Traffic = stateThen(r.Traffic, "silent", had(engine.Silence))
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

// begunIn are those of some requests that began in a time.
func begunIn(some iter.Seq[*slowlog.Entry], from, to time.Time) (slow []*slowlog.Entry) {
	for e := range some {
		if !e.Start.Before(from) && e.Start.Before(to) {
			slow = append(slow, e)
		}
	}
	return slow
}

// ofThen leaves out what a row has of now, where it is of a fixed time: how far what is usual is learned, and which calls are repeated.
func (row *EndpointRow) ofThen() {
	row.Needed, row.ReadySeconds, row.ErrorNeeded, row.ErrorReadySeconds, row.RepeatedCalls = 0, nil, 0, nil, nil
}

// verdictThen is the verdict on a fixed time, of which f has the rows and the incidents, if anything of it is stored. lacks says why some of
// them may be missing.
func (f *facts) verdictThen(of fixedTime, stored bool, lacks string) Verdict {
	if !stored && lacks == "" {
		why := "No process ran then, or it could not write to the history."
		if !of.StoredFrom.IsZero() {
			why = "Stored is what was from " + of.StoredFrom.Format(time.DateTime) + " UTC on, and of the last hour alone."
		}
		return Verdict{Status: verdictUnknown, Title: "Nothing of that time is stored", Detail: why}
	}
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
	if lacks != "" {
		return Verdict{Status: verdictUnknown, Title: "Not all of that time can be read", Detail: lacks}
	}
	if !slices.ContainsFunc(f.endpoints, func(r EndpointRow) bool { return r.Count > 0 }) {
		return Verdict{Status: verdictUnknown, Title: "No requests then", Detail: "There was none in this time that is still stored."}
	}
	return Verdict{Status: verdictOK, Title: "No incident then", Detail: sentences(f.above("that time"))}
}
