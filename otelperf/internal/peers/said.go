// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/outofline"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// MaxOutOfLine is how many deviations are listed, the farthest first.
const MaxOutOfLine = 100

// Fleet says in JSON of whom the numbers of a fleet are.
type Fleet struct {
	Count      int         `json:"count"`          // instances whose numbers are in the answer, this one included
	AgeSeconds float64     `json:"age_seconds"`    // of the oldest of these numbers
	ReadAt     *time.Time  `json:"read_at"`        // when the other instances were read last; nil: never
	Error      string      `json:"error,omitzero"` // why they could not be read since
	More       int         `json:"more"`           // instances beyond the 500 that are read at once
	Refused    int         `json:"refused"`        // entries of the store that are no instances of this service
	Instances  []Listed    `json:"instances"`      // by name
	OutOfLine  []OutOfLine `json:"out_of_line"`    // who differs from the others, and where, the farthest first; at most 100
}

// Listed is an instance.
type Listed struct {
	Instance      string   `json:"instance"`
	Version       string   `json:"version"`
	This          bool     `json:"this,omitzero"`      // it is the one that answers
	Counted       bool     `json:"counted"`            // its numbers are in the answer; those of one that was not heard of for 35 s are not
	AgeSeconds    float64  `json:"age_seconds"`        // of its numbers
	UptimeSeconds float64  `json:"uptime_seconds"`     // at the time of its numbers
	Count         uint64   `json:"count"`              // requests in the window
	Rate          *float64 `json:"rate"`               // requests a second
	ErrorRate     *float64 `json:"error_rate"`         // 0 to 1
	P99Ms         *float64 `json:"p99_ms"`             // of all its requests in the window
	Status        string   `json:"status"`             // of its own verdict
	Title         string   `json:"title"`              // of its own verdict
	OutOfLine     int      `json:"out_of_line"`        // endpoints at which it differs from the others
	RowsLeft      int      `json:"rows_left,omitzero"` // endpoints that did not fit into what it shares
}

// OutOfLine is an endpoint at which an instance differs from the others, by the last ten whole minutes.
type OutOfLine struct {
	Instance    string   `json:"instance"`
	Method      string   `json:"method"`
	Route       string   `json:"route"`
	Kind        string   `json:"kind"`
	Matter      string   `json:"matter"`       // latency or failures
	Quantile    *float64 `json:"quantile"`     // that was compared, 0.99 or 0.5; nil of failures
	OwnMs       *float64 `json:"own_ms"`       // that quantile; nil of failures
	OthersMs    *float64 `json:"others_ms"`    // the same of all others together
	OwnShare    *float64 `json:"own_share"`    // of failed requests, 0 to 1; nil of latency
	OthersShare *float64 `json:"others_share"` // the same of all others together
	Text        string   `json:"text"`         // all that in words
}

// Deviations returns who is out of line where, among instances of which each has a name; see package outofline.
func Deviations(all []*Instance) []OutOfLine {
	of := map[conventions.Endpoint][]int{} // instance and row, by turns
	for i, in := range all {
		for k := range in.Rows {
			e := in.Rows[k].Endpoint
			of[e] = append(of[e], i, k)
		}
	}
	type far struct {
		OutOfLine
		times float64
	}
	var found []far
	for e, places := range of {
		if len(places) < 4 || e.Route == conventions.OverflowRoute || e.Route == conventions.UnmatchedRoute {
			continue // what is in such a row at one instance is not what is in it at another
		}
		var did []*outofline.Instance
		for p := range slices.Chunk(places, 2) {
			in := new(outofline.Instance)
			for m := range in {
				span := &all[p[0]].Rows[p[1]].Minutes[m]
				in[m] = outofline.Minute{Requests: span.Outcomes.Total(), Failed: span.Outcomes.Failed(), Durations: span.Durations}
			}
			did = append(did, in)
		}
		for _, d := range outofline.Find(did) {
			found = append(found, far{outOfLine(all[places[2*d.Index]].Head.Instance, e, &d), d.Own / max(d.Others, 1e-6)})
		}
	}
	order.By(found, func(a, b *far) int {
		return cmp.Or(cmp.Compare(b.times, a.times), cmp.Compare(a.Instance, b.Instance), cmp.Compare(a.Route, b.Route), cmp.Compare(a.Method, b.Method))
	})
	out := []OutOfLine{}
	for _, f := range found[:min(len(found), MaxOutOfLine)] {
		out = append(out, f.OutOfLine)
	}
	return out
}

func outOfLine(instance string, e conventions.Endpoint, d *outofline.Deviation) OutOfLine {
	o := OutOfLine{Instance: instance, Method: e.Method, Route: e.Route, Kind: e.Kind.String(), Matter: d.Matter}
	where := instance + " is out of line at " + units.Middle(e.String(), 60)
	if d.Matter == outofline.Failures {
		o.OwnShare, o.OthersShare = units.Number(d.Own), units.Number(d.Others)
		o.Text = fmt.Sprintf("%s: %s %% of its requests fail, %s %% of the others'", where, units.Short(100*d.Own), units.Short(100*d.Others))
		return o
	}
	o.Quantile, o.OwnMs, o.OthersMs = units.Number(d.Quantile), units.Number(1e3*d.Own), units.Number(1e3*d.Others)
	o.Text = fmt.Sprintf("%s: its p%.0f is %s ms, that of the others %s ms", where, 100*d.Quantile, units.Short(1e3*d.Own), units.Short(1e3*d.Others))
	return o
}

// Shared says in JSON of a fleet's row what its instances have.
type Shared struct {
	Instances     int      `json:"instances"`           // that have it
	BaselineMinMs *float64 `json:"baseline_p99_min_ms"` // the least of what their p99 normally is; nil while that is not known
	BaselineMaxMs *float64 `json:"baseline_p99_max_ms"` // the most
}
