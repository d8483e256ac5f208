// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/bundle"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/involved"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/slowlog"
)

// Bounds of what a bundle has, besides bundle.MaxBytes.
const (
	bundledEndpoints = 10  // the worst ones, with their series
	bundledRequests  = 50  // the slowest ones
	bundledActive    = 200 // the longest ones
)

// bundle packs what is known of a spike, one of a history, too; ok is false for one that is not remembered.
func (m *Monitor) bundle(id string) (content []byte, ok bool, err error) {
	in, ok := m.engine.Incident(id)
	if !ok {
		return m.storedBundle(id)
	}
	sp := spikeOf(&in)
	m.beside.add(&sp, &in)
	sp.leaveOutMessages(&in)
	if m.beside.before[sp.ID] != nil {
		sp.leaveOutErrors() // of before the restart
	}
	b := m.beginBundle(&sp, involved.Requests(m.slow, &in))
	add := bundled(b)
	add("series.json", "The last hour of its endpoints by the minute, and of each what its ordinary requests spend their time on (normal_ms).",
		m.bundledSeries(&sp, companion.Period{Window: string(Window1h)}))
	add("runtime.json", "The last hour of the Go runtime, the operating system and the connection pools; unusual is what had left its normal when this was made.",
		m.runtimeSeries(Window1h))
	add("active.json", "What was running when this was made, the longest first; slow requests with their stacks, and in groups by the line that they are at.", m.bundledActive())
	add("errors.json", "What fails, by endpoint and type, the latest first.", m.bundledErrors())
	add("diagnostics.json", "Whether otelperf was wired right, and what it had lost; versions.", m.Diagnostics())
	b.Files = append(b.Files, m.bundledRecordings(&sp)...)
	return zipped(b)
}

// aroundSpike is how much time before and after a spike of a history its bundle has.
const aroundSpike = 15 * time.Minute

// storedBundle is that of a spike that only the history has: what was of then.
func (m *Monitor) storedBundle(id string) (content []byte, ok bool, err error) {
	sp, ok, err := m.storedSpikeOf(id)
	if !ok || err != nil {
		return nil, false, err
	}
	sp.leaveOutErrors()
	b := m.beginBundle(&sp, nil)
	add := bundled(b)
	last := sp.until()
	if sp.State == stateUnknown {
		last = sp.seen
	}
	add("series.json", "Its endpoints from a quarter of an hour before it to a quarter after it, and of each what its ordinary requests spend their time on now (normal_ms).",
		m.bundledSeries(&sp, companion.Period{From: sp.Start.Add(-aroundSpike), To: last.Add(aroundSpike)}))
	add("diagnostics.json", "Whether otelperf was wired right when this was made, and what it had lost; versions.", m.Diagnostics())
	return zipped(b)
}

// beginBundle has a spike and its slowest requests, those of the slow log and of a history.
func (m *Monitor) beginBundle(sp *Spike, requests []*slowlog.Entry) *bundle.Bundle {
	b := &bundle.Bundle{Title: m.bundleTitle(sp), Lines: sp.lines(), Time: time.Now()}
	add := bundled(b)
	add("spike.json", "The spike, as GET spikes/"+sp.ID+" had it: the endpoints with what raised the alarm, the worst minute and what it cost.", *sp)
	add("requests.json", fmt.Sprintf("The slowest requests of it, at most %d, each with the tree of its calls (anatomy): where its time went, and what stands out (findings).",
		bundledRequests), m.bundledRequests(sp, requests))
	return b
}

// bundled adds a file to a bundle.
func bundled(b *bundle.Bundle) func(name, about string, value any) {
	return func(name, about string, value any) {
		b.Files = append(b.Files, bundle.File{Name: name, About: about, Value: value})
	}
}

func zipped(b *bundle.Bundle) (content []byte, ok bool, err error) {
	var zip bytes.Buffer
	err = b.Write(&zip)
	return zip.Bytes(), true, err
}

func (m *Monitor) bundleTitle(sp *Spike) string {
	o := m.origin()
	return fmt.Sprintf("Spike %s of %s, instance %s", sp.ID, cmp.Or(o.Service, "a service without a name"), o.Instance)
}

// lines are a spike in a few sentences.
func (s *Spike) lines() []string {
	until := "is open"
	if s.End != nil {
		until = "ended " + s.End.Format(time.RFC3339)
	}
	var lines []string
	if s.Cause != "" {
		lines = append(lines, s.Cause+".")
	}
	lines = append(lines, s.Reason+".", fmt.Sprintf("It began %s and %s.", s.Start.Format(time.RFC3339), until))
	if s.After != nil {
		lines = append(lines, "It "+s.After.Sentence+": a circumstance, not a proven cause.")
	}
	for _, d := range s.Signals {
		lines = append(lines, "At the same time: "+d.Sentence+".")
	}
	return lines
}

// bundledRequests are the slowest requests of a spike: those that were found, and then those of a history.
func (m *Monitor) bundledRequests(sp *Spike, found []*slowlog.Entry) []*slowlog.Entry {
	if m.past != nil && len(found) < bundledRequests {
		stored, _ := m.past.Requests(sp.Start.Add(-time.Minute), sp.until()) // without it the bundle has what the slow log has
		longest := slices.DeleteFunc(slices.Clone(stored.List), func(e *slowlog.Entry) bool {
			return !sp.about(e) || slices.ContainsFunc(found, func(x *slowlog.Entry) bool { return x.SpanID == e.SpanID })
		})
		slices.SortStableFunc(longest, func(a, b *slowlog.Entry) int { return cmp.Compare(b.Duration, a.Duration) })
		found = append(found, longest...)
	}
	out := make([]*slowlog.Entry, 0, bundledRequests)
	for _, e := range found[:min(len(found), bundledRequests)] {
		out = append(out, bundle.Request(e))
	}
	return out
}

// about reports whether a stored request is of one of the endpoints of a spike, at its time, and slow or failed as those that it is about.
func (s *Spike) about(e *slowlog.Entry) bool {
	return slices.ContainsFunc(s.Endpoints, func(p SpikeEndpoint) bool {
		if p.Method != e.Method || p.Route != e.Route || e.End().Before(p.Start) || p.End != nil && e.Start.After(*p.End) {
			return false
		}
		if p.Matter == string(engine.Latency) {
			return units.Milliseconds(e.Duration) > p.ThresholdMs
		}
		return e.Failed()
	})
}

// bundledEndpoint is an endpoint over time.
type bundledEndpoint struct {
	Series seriesAnswer      `json:"series"`
	Normal slowlog.Breakdown `json:"normal_ms"`
}

func (m *Monitor) bundledSeries(sp *Spike, of companion.Period) []bundledEndpoint {
	out := []bundledEndpoint{}
	for _, p := range sp.Endpoints[:min(len(sp.Endpoints), bundledEndpoints)] {
		q := companion.EndpointQuery{Method: p.Method, Route: p.Route, Kind: p.Kind}
		s, ok, _ := m.series(q, of)
		if !ok {
			continue // it was forgotten
		}
		s.Spikes = []Spike{}
		d, _ := m.detail(q)
		out = append(out, bundledEndpoint{Series: s, Normal: d.NormalMs})
	}
	return out
}

// bundledRecordings are the recordings that were made of a spike, the requests in them, and the last execution trace.
func (m *Monitor) bundledRecordings(sp *Spike) (files []bundle.File) {
	if m.arming == nil {
		return nil
	}
	files = append(files, bundle.File{
		Name: "recordings.json", Value: append([]causes.Recording{}, m.arming.made.of(sp.Start, sp.until())...),
		About: "What was found in the recordings of the runtime's execution trace: causes by endpoint, with their shares of the extra time.",
	})
	for _, id := range slices.Backward(sp.Recordings) {
		if trace := m.cfg.evidence.Trace(id); trace != nil {
			return append(files, bundle.File{
				Name: "trace.out", Content: trace, About: fmt.Sprintf("The runtime's execution trace of recording %d: go tool trace trace.out.", id),
			})
		}
	}
	return files
}

// until is when a spike ended; now if it has not.
func (s *Spike) until() time.Time {
	if s.End != nil {
		return *s.End
	}
	return time.Now()
}

// bundledActive is GET active, without what identifies somebody.
func (m *Monitor) bundledActive() activeList {
	list := m.active(bundledActive)
	for i := range list.Active {
		r := &list.Active[i]
		r.Path, r.In = "", bundle.Mask(r.In)
		if r.Route != "" {
			r.Route = bundle.Mask(r.Route) // a name of a span, so far
		}
	}
	for i := range list.Leaked {
		list.Leaked[i].Name = bundle.Mask(list.Leaked[i].Name)
	}
	return list
}

func (m *Monitor) bundledErrors() []errorGroup {
	list := m.errorGroups()
	for i := range list {
		list[i].Message = ""
		list[i].Stack = bundle.Stack(list[i].Stack)
	}
	return list
}
