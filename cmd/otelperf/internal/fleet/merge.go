// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// source is an instance that counts.
type source struct {
	name string // unique among the instances
	*Answer
	counted bool // its numbers are: not those of another one, out of the store that they share
}

// Merge puts answers together. It does not change them, but the view shares their memory.
func Merge(answers []Answer) *View {
	v := &View{
		Instances: []Instance{}, Missing: []string{}, OutOfLine: []string{}, Endpoints: []Row{}, Dependencies: []Row{}, Jobs: []Row{},
		Spikes: []Spike{}, Slow: []Slow{}, Hints: []Hint{}, Objectives: []Objective{}, Marks: []Mark{}, Mutes: []Mute{}, Runtime: []Runtime{},
	}
	v.ByOutcome = map[string]uint64{}
	sources := v.identify(answers)
	for i := range sources {
		v.addLists(&sources[i])
	}
	v.onceEach()
	v.NothingStored = !v.To.IsZero() && !slices.ContainsFunc(sources, func(s source) bool { return s.Summary.WindowSeconds > 0 })
	counted := slices.DeleteFunc(sources, func(s source) bool { return !s.counted })
	if len(counted) == 1 {
		v.single(counted[0])
		v.takeShared(counted[0].Summary)
	} else {
		v.several(counted)
	}
	slices.SortStableFunc(v.Spikes, func(a, b Spike) int { return b.Start.Compare(a.Start) })
	slices.SortStableFunc(v.Marks, func(a, b Mark) int { return b.Time.Compare(a.Time) })
	slices.SortStableFunc(v.Slow, func(a, b Slow) int { return b.Time.Compare(a.Time) })
	return v
}

// identify fills Instances and returns those that answered, each once.
func (v *View) identify(answers []Answer) (sources []source) {
	type identity struct{ service, instance string }
	known := map[identity]string{}
	for i := range answers {
		a := &answers[i]
		in := Instance{URL: a.URL}
		if a.Summary == nil {
			in.Error = "no answer"
			if a.Err != nil {
				in.Error = a.Err.Error()
			}
			v.Instances = append(v.Instances, in)
			continue
		}
		s := a.Summary
		in.Service, in.Name, in.Version, in.Time = s.Service, s.Instance, s.Version, s.Time
		in.UptimeSeconds, in.WindowSeconds, in.Requests, in.Disabled = s.UptimeSeconds, s.WindowSeconds, s.Count, s.Diagnostics.Disabled
		in.Stalled, in.Verdict, in.Recorder = s.Diagnostics.Stalled, s.Verdict, s.Diagnostics.Evidence
		id := identity{s.Service, s.Instance}
		if url, twice := known[id]; twice {
			in.SameAs = url
		} else {
			known[id] = a.URL
			in.StoredOf = whose(s)
			first := slices.IndexFunc(sources, func(o source) bool { return o.counted && together(o.Summary, s) })
			if first >= 0 {
				in.StoredAs = sources[first].URL
			}
			sources = append(sources, source{name: s.Instance, Answer: a, counted: first < 0})
			v.Time, v.Window, v.From, v.To = later(v.Time, s.Time), s.Window, s.From, s.To
		}
		v.Instances = append(v.Instances, in)
	}
	return sources
}

// onceEach leaves of each spike and slow request one, where several have the same store.
func (v *View) onceEach() {
	type key struct{ service, id, span string }
	seen := map[key]bool{}
	again := func(k key) bool {
		was := seen[k]
		seen[k] = true
		return was
	}
	if !slices.ContainsFunc(v.Instances, func(in Instance) bool { return in.StoredAs != "" }) {
		return
	}
	v.Spikes = slices.DeleteFunc(v.Spikes, func(s Spike) bool { return again(key{s.Service, s.ID, ""}) })
	v.Slow = slices.DeleteFunc(v.Slow, func(r Slow) bool { return again(key{r.Service, r.TraceID, r.SpanID}) })
}

// addLists adds what is a list or a count of its own.
func (v *View) addLists(src *source) {
	s := src.Summary
	v.TotalRequests += s.TotalRequests
	if src.counted || s.To.IsZero() && s.Stored == nil { // that of a fixed time, and of days, is of the store, too
		v.SlowQueriesCount += s.SlowQueriesCount
	}
	if r := runtimeOf(src.name, s); r != nil {
		v.Runtime = append(v.Runtime, *r)
	}
	if src.counted && s.Stored != nil && s.Stored.Note != "" {
		v.Missing = append(v.Missing, plain.Line(src.name+": "+s.Stored.Note))
	}
	v.addObjectives(src)
	for _, sp := range s.Spikes {
		v.Spikes = append(v.Spikes, Spike{s.Service, cmp.Or(sp.Instance, src.name), sp})
	}
	for _, r := range s.SlowQueries {
		v.Slow = append(v.Slow, Slow{s.Service, cmp.Or(r.Instance, src.name), src.URL, r})
	}
	for i := range s.Marks {
		m := &s.Marks[i]
		v.Marks = append(v.Marks, Mark{src.name, client.Mark{ID: m.ID, Time: m.Time, Kind: string(m.Kind), Text: m.Text}})
	}
	for _, m := range s.Mutes {
		v.Mutes = append(v.Mutes, Mute{src.name, client.Mute{ID: m.ID, Endpoint: m.Endpoint, Matter: m.Matter, By: m.By, Why: m.Why, Until: m.Until}})
	}
	for _, h := range s.Diagnostics.Hints {
		v.Hints = append(v.Hints, Hint{src.name, h})
	}
}

// single takes the numbers as the instance gives them.
func (v *View) single(src source) {
	v.Totals = src.Summary.Totals
	if v.ByOutcome == nil {
		v.ByOutcome = map[string]uint64{}
	}
	details := src.details()
	v.Endpoints = singles(src, src.Summary.Endpoints, details)
	v.Dependencies = singles(src, src.Summary.Dependencies, details)
	v.Jobs = singles(src, src.Summary.Jobs, nil)
}

func singles(src source, rows []otelperf.EndpointRow, details map[rowKey]*client.Row) []Row {
	out := make([]Row, 0, len(rows))
	for _, r := range rows {
		part := Part{src.name, client.Row{EndpointRow: r}}
		if d := details[keyOf(src.Summary.Service, &r)]; d != nil {
			part.TrendP99Ms = d.TrendP99Ms
		}
		row := Row{Service: src.Summary.Service, EndpointRow: r, BaselineMinMs: r.BaselineP99Ms, BaselineMaxMs: r.BaselineP99Ms, Parts: []Part{part}}
		if f := r.Fleet; f != nil {
			row.BaselineMinMs, row.BaselineMaxMs = f.BaselineMinMs, f.BaselineMaxMs
		}
		out = append(out, row)
	}
	return out
}

func (src *source) details() map[rowKey]*client.Row {
	out := map[rowKey]*client.Row{}
	add := func(rows []client.Row) {
		for i := range rows {
			out[keyOf(src.Summary.Service, &rows[i].EndpointRow)] = &rows[i]
		}
	}
	if src.Endpoints != nil {
		add(src.Endpoints.Endpoints)
	}
	if src.Dependencies != nil {
		add(src.Dependencies.Dependencies)
	}
	return out
}

// several merges the rows, and from them the totals.
func (v *View) several(sources []source) {
	for _, src := range sources {
		if src.Missing != nil {
			v.Missing = append(v.Missing, fmt.Sprintf("%s gives no histograms (%v): quantiles of what it has are left out", plain.Line(src.name), src.Missing))
		}
	}
	var requests, dependencies, jobs table
	for _, src := range sources {
		requests.add(src, detailed(src.Summary.Endpoints, src.Endpoints != nil, func() []client.Row { return src.Endpoints.Endpoints }))
		dependencies.add(src, detailed(src.Summary.Dependencies, src.Dependencies != nil, func() []client.Row { return src.Dependencies.Dependencies }))
		jobs.add(src, detailed(src.Summary.Jobs, false, nil))
	}
	all, complete := new(latency.Histogram), true
	v.Endpoints = requests.merge(func(r *Row, h *latency.Histogram, whole bool) {
		addTotals(&v.Totals, &r.Totals)
		complete = complete && whole
		all.Merge(h)
	})
	finishTotals(&v.Totals, complete, all)
	v.TotalRequests = max(v.TotalRequests, v.Count) // the rows are from a moment after the summary
	v.Dependencies, v.Jobs = dependencies.merge(nil), jobs.merge(nil)
	for i := range v.Endpoints {
		r := &v.Endpoints[i]
		for _, text := range r.OutOfLine {
			v.OutOfLine = append(v.OutOfLine, r.Name()+": "+text)
		}
	}
}

// detailed is the list with histograms if there is one, and else the summary's.
func detailed(rows []otelperf.EndpointRow, better bool, list func() []client.Row) []client.Row {
	if better {
		return list()
	}
	out := make([]client.Row, 0, len(rows))
	for _, r := range rows {
		out = append(out, client.Row{EndpointRow: r})
	}
	return out
}

func byName(a, b Row) int {
	return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Route, b.Route), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Kind, b.Kind))
}
