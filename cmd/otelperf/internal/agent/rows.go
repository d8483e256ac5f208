// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
)

var orders = argument{
	name: "order", description: "What comes first. worst: rows that are not as usual, then those with most total time.",
	accepted: []string{"worst", "total_time", "p99", "requests", "failed", "name"}, usual: "worst",
}

var endpointsTool = tool{
	name: "list_endpoints", title: "Endpoints with state",
	description: `Lists endpoints with requests, failures, latency, what is usual for each, and its state. Use it to find an endpoint by a part of its route, ` +
		`to see which endpoints take most time or repeat calls (N+1), or how one endpoint does now. Several instances of a service are merged truthfully; one that differs is named.`,
	arguments: []argument{windowArgument, atArgument, forArgument, searchArgument, orders, limitArgument(15, 50)},
}

var dependenciesTool = tool{
	name: "list_dependencies", title: "Dependencies",
	description: `Lists what the services call (SQL statements, HTTP, RPC, caches, queues) with calls, failures, latency and what is usual for each. ` +
		`Use it for "which dependency is slow or failing?" and for which call takes most time in total.`,
	arguments: []argument{windowArgument, atArgument, forArgument, searchArgument, orders, limitArgument(15, 50)},
}

// endpoint is a row of endpoints or dependencies.
type endpoint struct {
	Endpoint   string   `json:"endpoint" jsonschema:"METHOD ROUTE; of a dependency its category and what is called"`
	Service    string   `json:"service"`
	State      string   `json:"state" jsonschema:"of latency: learning, normal, elevated (slow in the window, no incident open) or spiking"`
	Errors     string   `json:"error_state,omitempty" jsonschema:"learning, normal, elevated (some fail as usual) or failing"`
	Traffic    string   `json:"traffic_state,omitempty" jsonschema:"learning, normal or silent (far fewer requests than usual)"`
	Requests   uint64   `json:"requests"`
	Failed     uint64   `json:"failed" jsonschema:"server errors and panics"`
	Rate       *float64 `json:"rate,omitempty" jsonschema:"a second"`
	AvgMs      *float64 `json:"avg_ms,omitempty"`
	P50Ms      *float64 `json:"p50_ms,omitempty"`
	P95Ms      *float64 `json:"p95_ms,omitempty"`
	P99Ms      *float64 `json:"p99_ms,omitempty"`
	UsualP99Ms *float64 `json:"usual_p99_ms,omitempty"`
	Ratio      *float64 `json:"ratio,omitempty" jsonschema:"present to usual latency; in an incident of its worst minute"`
	Repeated   *repeats `json:"repeated_calls,omitempty" jsonschema:"a call that most requests make many times (N+1), even if it is fast today"`
	Waiting    string   `json:"waiting,omitempty" jsonschema:"why it is not judged yet"`
	Instances  int      `json:"instances" jsonschema:"that have it"`
	OutOfLine  []string `json:"out_of_line,omitempty" jsonschema:"which instance differs, and in what"`
}

// repeats is a call that most requests of an endpoint make many times.
type repeats struct {
	Dependency string   `json:"dependency"`
	Calls      int      `json:"calls_per_request"`
	Share      float64  `json:"share" jsonschema:"of the requests"`
	Sentence   string   `json:"sentence"`
	Example    *request `json:"example,omitempty" jsonschema:"such a request, for get_slow_request"`
}

type rowsAnswer struct {
	Window string     `json:"window,omitempty"`
	Time   *span      `json:"time,omitempty" jsonschema:"that the answer is of, of a past time"`
	Count  int        `json:"count" jsonschema:"rows that fit, also those that are left out"`
	Rows   []endpoint `json:"rows"`
	ending
}

func endpointOf(r *fleet.Row) endpoint {
	out := endpoint{
		Endpoint: nameOf(r.Method, r.Route), Service: r.Service, State: r.State, Errors: r.ErrorState, Traffic: r.TrafficState, Requests: r.Count, Failed: r.ErrorCount,
		Rate: r.Rate, AvgMs: r.AvgMs, P50Ms: r.P50Ms, P95Ms: r.P95Ms, P99Ms: r.P99Ms, UsualP99Ms: cmp.Or(r.BaselineP99Ms, r.BaselineMaxMs), Ratio: r.Ratio,
		Instances: len(r.Parts), OutOfLine: r.OutOfLine,
	}
	if c := r.RepeatedCalls; c != nil {
		out.Repeated = &repeats{Dependency: c.Dependency, Calls: c.CallsPerRequest, Share: c.Share, Sentence: c.String()}
		if c.Example != nil {
			out.Repeated.Example = new(requestOf(c.Example))
		}
	}
	if p := r.Waiting(); p != nil {
		out.Waiting = p.Wait()
	}
	return out
}

// unusual reports whether it is not as it usually is, or not well.
func (r *endpoint) unusual() bool { return r.weight() > 0 || len(r.OutOfLine) > 0 }

// weight orders states: what is worst has most.
func (r *endpoint) weight() int {
	switch {
	case r.Errors == "failing":
		return 4
	case r.State == "spiking":
		return 3
	case r.Traffic == "silent":
		return 2
	case r.State == "elevated" || r.Errors == "elevated":
		return 1
	}
	return 0
}

func value(x *float64) float64 {
	if x == nil {
		return 0
	}
	return *x
}

// rowsOf are the rows with search in their name that wants is true of; wants may be nil.
func rowsOf(rows []fleet.Row, search, order string, wants func(*endpoint) bool) []endpoint {
	out := []endpoint{}
	for i := range rows {
		r := endpointOf(&rows[i])
		if strings.Contains(strings.ToLower(r.Endpoint), strings.ToLower(search)) && (wants == nil || wants(&r)) {
			out = append(out, r)
		}
	}
	total := func(r *endpoint) float64 { return value(r.AvgMs) * float64(r.Requests) }
	slices.SortStableFunc(out, func(x, y endpoint) int {
		switch order {
		case "worst":
			return cmp.Or(cmp.Compare(y.weight(), x.weight()), cmp.Compare(total(&y), total(&x)))
		case "total_time":
			return cmp.Compare(total(&y), total(&x))
		case "p99":
			return cmp.Compare(value(y.P99Ms), value(x.P99Ms))
		case "requests":
			return cmp.Compare(y.Requests, x.Requests)
		case "failed":
			return cmp.Compare(y.Failed, x.Failed)
		}
		return cmp.Compare(x.Endpoint, y.Endpoint)
	})
	return out
}

func (s *server) listEndpoints(ctx context.Context, v values) (*rowsAnswer, error) {
	a, err := s.rows(ctx, v, func(view *fleet.View) []fleet.Row { return view.Endpoints })
	if err == nil && len(a.Rows) > 0 {
		a.then("list_slow_requests", "slow and failed requests of the first", "endpoint", a.Rows[0].Endpoint)
		if i := slices.IndexFunc(a.Rows, func(r endpoint) bool { return r.Repeated != nil && r.Repeated.Example != nil }); i >= 0 {
			example := a.Rows[i].Repeated.Example
			a.then("get_slow_request", "the calls that "+quoted(a.Rows[i].Endpoint)+" repeats, in its request of "+example.text(), "trace_id", example.TraceID)
		}
	}
	return a, err
}

func (s *server) listDependencies(ctx context.Context, v values) (*rowsAnswer, error) {
	a, err := s.rows(ctx, v, func(view *fleet.View) []fleet.Row { return view.Dependencies })
	if err == nil && len(a.Rows) > 0 && a.Rows[0].unusual() {
		a.then("list_incidents", "incidents of the first", "search", a.Rows[0].Endpoint)
	}
	return a, err
}

func (s *server) rows(ctx context.Context, v values, list func(*fleet.View) []fleet.Row) (*rowsAnswer, error) {
	p, err := periodOf(v, otelperf.Window(v.text("window")))
	if err != nil {
		return nil, err
	}
	view, e, err := s.poll(ctx, v, p)
	if err != nil {
		return nil, err
	}
	found := rowsOf(list(view), v.text("search"), v.text("order"), nil)
	a := &rowsAnswer{Window: string(p.Window), Time: spanOf(p, view), Count: len(found), Rows: found[:min(len(found), v.limit())], ending: *e}
	if n := a.Count - len(a.Rows); n > 0 {
		a.leaveOut("%d more rows: raise limit, at most 50, or give search", n)
	}
	return a, nil
}

func (a *rowsAnswer) text() string {
	var b strings.Builder
	of := "window " + a.Window
	if a.Time != nil {
		of = a.Time.text()
	}
	fmt.Fprintf(&b, "%s, %s\n", plain.Plural(a.Count, "row"), of)
	for i := range a.Rows {
		b.WriteString(a.Rows[i].text())
	}
	return b.String()
}

func (r *endpoint) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s [%s", quoted(r.Endpoint), prose(r.State))
	if r.Errors == "failing" || r.Errors == "elevated" {
		fmt.Fprintf(&b, ", errors %s", r.Errors)
	}
	if r.Traffic == "silent" {
		b.WriteString(", silent")
	}
	fmt.Fprintf(&b, "] %s, %d failed, p50 %s, p99 %s, usual p99 %s", plain.Plural(r.Requests, "request"), r.Failed, plain.Ms(r.P50Ms), plain.Ms(r.P99Ms), plain.Ms(r.UsualP99Ms))
	if r.Repeated != nil {
		b.WriteString("; " + prose(r.Repeated.Sentence))
	}
	for _, text := range append(slices.Clone(r.OutOfLine), r.Waiting) {
		if text != "" {
			b.WriteString("; " + prose(text))
		}
	}
	return b.String() + "\n"
}
