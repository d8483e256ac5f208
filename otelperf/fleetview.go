// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/fleet"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/peers"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

const (
	fleetFresh   = time.Second     // for how long what was merged is there for others who ask
	deviantFresh = 5 * time.Second // the same of who is out of line, which changes by the minute
)

// fleetView is all instances together, as this one sees them.
type fleetView struct {
	m      *Monitor
	sync   *peers.Sync
	writer string // of what this process shares

	mu      sync.Mutex // held while a view is made; guards all below
	views   [engine.NumWindows]*fleetWindow
	deviant []peers.OutOfLine
	judged  time.Time // when deviant was
}

// fleetWindow is a window of a fleet. It is not to be changed.
type fleetWindow struct {
	made   time.Time
	total  *peers.Total
	spikes []Spike // open ones, newest first
	said   *peers.Fleet
	slow   uint64
	count  uint64 // requests since the start
}

// window is a window of the fleet, made anew if it is older than a second.
func (f *fleetView) window(w engine.Window) *fleetWindow {
	f.mu.Lock()
	defer f.mu.Unlock()
	if v := f.views[w]; v != nil && time.Since(v.made) < fleetFresh {
		return v
	}
	f.views[w] = f.make(w)
	return f.views[w]
}

// forget drops what was made.
func (f *fleetView) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.views, f.deviant, f.judged = [engine.NumWindows]*fleetWindow{}, nil, time.Time{}
}

func (f *fleetView) make(w engine.Window) *fleetWindow {
	own := f.self()
	others := f.sync.Others(own.Service, own.Head.Instance, f.writer)
	all := []*peers.Instance{own}
	for i := range others.Members {
		if o := &others.Members[i]; o.Counted() && len(all) < fleet.MaxInstances {
			all = append(all, o.Instance)
		}
	}
	if time.Since(f.judged) >= deviantFresh {
		f.deviant, f.judged = peers.Deviations(all), time.Now()
	}
	v := &fleetWindow{made: time.Now(), total: peers.Merge(all, w, f.m.elevated), spikes: []Spike{}}
	for _, in := range all {
		v.slow, v.count = v.slow+in.Slow, v.count+in.Requests
		for _, text := range in.Incidents {
			if s, ok := sharedSpike(text, in.Head.Instance); ok {
				v.spikes = append(v.spikes, s)
			}
		}
	}
	newestFirst(v.spikes)
	v.said = f.listed(own, &others, v.total)
	return v
}

// listed says whose numbers they are.
func (f *fleetView) listed(own *peers.Instance, others *peers.Others, total *peers.Total) *peers.Fleet {
	said := &peers.Fleet{Error: others.Error, More: others.More, Refused: others.Refused, Instances: []peers.Listed{}, OutOfLine: f.deviant}
	if !others.Read.IsZero() {
		said.ReadAt = new(others.Read.UTC())
	}
	add := func(in *peers.Instance, age time.Duration, this, counted bool) {
		l := peers.Listed{
			Instance: in.Head.Instance, Version: in.Version, This: this, Counted: counted, AgeSeconds: age.Seconds(),
			UptimeSeconds: max(0, in.Written.Sub(in.Began).Seconds()), Status: in.Status, Title: in.Title, RowsLeft: in.RowsLeft,
		}
		if counted {
			n := totalsOf(&total.Requests[said.Count].Numbers)
			l.Count, l.Rate, l.ErrorRate, l.P99Ms = n.Count, n.Rate, n.ErrorRate, n.P99Ms
			said.Count++
			said.AgeSeconds = max(said.AgeSeconds, age.Seconds())
		}
		for i := range f.deviant {
			if f.deviant[i].Instance == l.Instance {
				l.OutOfLine++
			}
		}
		said.Instances = append(said.Instances, l)
	}
	add(own, 0, true, true)
	for i := range others.Members {
		o := &others.Members[i]
		add(o.Instance, o.Age(), false, said.Count < len(total.Requests) && o.Counted())
	}
	order.By(said.Instances, func(a, b *peers.Listed) int { return cmp.Compare(a.Instance, b.Instance) })
	return said
}

// sharedSpike reads an open spike of another instance; ok is false for what is none.
func sharedSpike(text []byte, instance string) (s Spike, ok bool) {
	if json.Unmarshal(text, &s) != nil || s.ID == "" || len(s.Endpoints) == 0 || len(s.Endpoints) > maxSharedParts {
		return s, false
	}
	s.Instance, s.State, s.End = instance, string(engine.Open), nil
	s.fill()
	return s, true
}

// elevated reports whether a p99 is above the ratio of an alert.
func (m *Monitor) elevated(p99, usual time.Duration) bool {
	b := &m.settings.now.Load().baseline
	return usual > 0 && p99 >= b.Floor && float64(p99) >= b.Ratio*float64(usual)
}

// row is the form of a fleet's row in JSON.
func (f *fleetView) row(r *peers.Row) EndpointRow {
	row := f.m.row(&r.Row)
	row.RepeatedCalls = nil // is known of this instance alone
	if r.Elevated > 0 && r.Phase == baseline.Normal {
		row.State = stateElevated
	}
	row.Fleet = &peers.Shared{Instances: len(r.Instances), BaselineMinMs: units.KnownMs(r.BaselineLeast), BaselineMaxMs: units.KnownMs(r.BaselineMost)}
	return row
}

// summary is the Summary of all instances. What is neither a number of requests, a spike nor the verdict is of this instance.
func (f *fleetView) summary(window Window) *Summary {
	v := f.window(window.of())
	own := &view{snapshot: &engine.Snapshot{}, spikes: v.spikes, slow: f.m.recentSlow()}
	s := f.m.summaryOf(companion.Period{Window: string(window)}, own)
	t := &v.total.All
	s.Fleet, s.Totals, s.WindowSeconds, s.TotalRequests, s.SlowQueriesCount = v.said, totalsOf(&t.Numbers), v.total.Seconds, v.count, v.slow
	s.Coarse, s.OutcomesUnknown = t.Coarse, t.OutcomesUnknown
	s.AvgResponseTime, s.P50, s.P95, s.P99 = s.AvgMs, s.P50Ms, s.P95Ms, s.P99Ms
	rows := make([]EndpointRow, len(v.total.Rows))
	for i := range rows {
		rows[i] = f.row(&v.total.Rows[i])
	}
	s.setRows(rows)
	s.Verdict = v.verdict(s)
	return s
}

// verdict is that on all instances.
func (v *fleetWindow) verdict(s *Summary) Verdict {
	f := facts{now: s.Time, from: s.Time.Add(-time.Duration(s.WindowSeconds * float64(time.Second))), endpoints: s.Endpoints, spikes: v.spikes, budgets: s.Objectives}
	verdict := f.verdict()
	at := []string{}
	for i := range v.spikes {
		if name := v.spikes[i].Instance; !slices.Contains(at, name) {
			at = append(at, name)
		}
	}
	slices.Sort(at)
	where := ""
	switch n := len(at); {
	case v.said.Count == 1 || n == 0:
	case n == v.said.Count:
		where = fmt.Sprintf("At all %d instances.", n)
	case n == 1:
		where = fmt.Sprintf("At one of %d instances: %s.", v.said.Count, at[0])
	default:
		where = fmt.Sprintf("At %d of %d instances, first %s.", n, v.said.Count, at[0])
	}
	out := ""
	if n := len(v.said.OutOfLine); n > 0 {
		if out = v.said.OutOfLine[0].Text; n > 1 {
			out += fmt.Sprintf(" (and %d more)", n-1)
		}
	}
	verdict.Detail = sentences(verdict.Detail, where, out)
	return verdict
}

// rows are the rows of a fleet that a query wants; list gets what there is to say of them.
func (f *fleetView) rows(q *companion.RowsQuery, list *rowList) []detailedRow {
	v, wants := f.window(Window(q.Window).of()), wantsOf(q)
	var found []engine.Row
	of := map[conventions.Endpoint]*peers.Row{}
	for i := range v.total.Rows {
		if r := &v.total.Rows[i]; wants(r.Endpoint.Kind) {
			found = append(found, r.Row)
			of[r.Endpoint] = r
		}
	}
	sortRows(found, q.Sort)
	rows := []detailedRow{}
	for i := range found[:min(len(found), q.Limit)] {
		r := found[i]
		if !q.Histogram {
			r.Histogram = nil
		}
		row := f.m.detailedRow(&r)
		row.EndpointRow = f.row(of[r.Endpoint])
		rows = append(rows, row)
	}
	list.Fleet, list.Count, list.WindowSeconds = v.said, len(found), v.total.Seconds
	return rows
}

// spikes are the open spikes of all instances.
func (f *fleetView) spikes(limit int) spikeList {
	v := f.window(engine.FiveMinutes)
	return spikeList{origin: f.m.origin(), Count: len(v.spikes), Open: len(v.spikes), Fleet: v.said, Spikes: v.spikes[:min(limit, len(v.spikes))]}
}
