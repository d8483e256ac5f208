// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
)

var incidentsTool = tool{
	name: "list_incidents", title: "Incidents with their causes",
	description: `Lists the last incidents (spikes of latency, failures, panics, missing traffic, burning error budgets) with the cause of each, newest first. ` +
		`Use it for what happened earlier, or to find the incident of an endpoint; for what is wrong now whats_wrong is enough.`,
	arguments: []argument{
		{name: "state", description: "Which ones.", accepted: []string{"any", "open", "ended"}, usual: "any"},
		atArgument, forArgument, searchArgument, limitArgument(10, 30),
	},
}

var incidentTool = tool{
	name: "get_incident", title: "One incident in full",
	description: `Tells all of one incident: every endpoint in it with usual and present latency, the ranked causes with their share of the extra time and the line of code, ` +
		`errors with messages, signals of the runtime at that time, what it has cost, the change that came just before it, and trace ids of slow requests. ` +
		`Use it with an id of whats_wrong or list_incidents.`,
	arguments: []argument{{name: "id", description: "The incident, such as 20260302T021000-1.", required: true}},
}

// incident is a spike; its lists are filled by get_incident alone.
type incident struct {
	ID        string     `json:"id"`
	URL       string     `json:"url"`
	Service   string     `json:"service"`
	Instance  string     `json:"instance"`
	Matter    string     `json:"matter" jsonschema:"latency, failures, panics, client_errors, silence or objective"`
	Severity  string     `json:"severity" jsonschema:"critical or warning"`
	State     string     `json:"state" jsonschema:"open, ended or new_normal"`
	Start     time.Time  `json:"start"`
	End       *time.Time `json:"end,omitempty"`
	Endpoints []string   `json:"endpoints" jsonschema:"the worst first"`
	Reason    string     `json:"reason" jsonschema:"what was seen"`
	Cause     string     `json:"cause,omitempty" jsonschema:"why, as far as it is known; it may come some seconds after the start"`
	Code      []string   `json:"code,omitempty" jsonschema:"lines of code that slow requests wait at or spend their time in, as far as they are known"`
	NoCode    string     `json:"no_code,omitempty" jsonschema:"why no line of code is known, and what to ask"`
	After     string     `json:"after,omitempty" jsonschema:"the change that it began soon after: a circumstance, no proof"`
	Handled   string     `json:"handled,omitempty" jsonschema:"who looks after it, or that it is muted"`
	Requests  []request  `json:"slow_requests" jsonschema:"slow or failed requests of it, for get_slow_request"`
}

type incidentList struct {
	Incidents []incident `json:"incidents"`
	ending
}

type incidentAnswer struct {
	Incident incident        `json:"incident"`
	Parts    []part          `json:"parts" jsonschema:"one for each endpoint and matter, the worst first"`
	Causes   []rankedCause   `json:"causes" jsonschema:"of the worst endpoint of which any is known, the largest first"`
	Errors   []incidentError `json:"errors"`
	Signals  []signal        `json:"signals" jsonschema:"of the runtime, the operating system and connection pools that were unusual then"`
	Cost     cost            `json:"cost"`
	Recorded []recorded      `json:"recorded" jsonschema:"slow requests of which the runtime was recorded: what they did and waited for"`
	ending
}

type part struct {
	Endpoint   string   `json:"endpoint"`
	Matter     string   `json:"matter"`
	State      string   `json:"state"`
	P50Ms      float64  `json:"p50_ms,omitzero"`
	P99Ms      float64  `json:"p99_ms,omitzero"`
	UsualP50Ms float64  `json:"usual_p50_ms,omitzero"`
	UsualP99Ms float64  `json:"usual_p99_ms,omitzero"`
	WorstRatio *float64 `json:"worst_ratio,omitempty" jsonschema:"how many times as slow as usual in its worst minute"`
	ErrorRate  *float64 `json:"error_rate,omitempty"`
	WaitsFor   string   `json:"waits_for,omitempty" jsonschema:"the dependency that the extra time is spent in"`
	Cause      string   `json:"cause,omitempty"`
}

type rankedCause struct {
	Share    float64 `json:"share" jsonschema:"of the time that slow requests take longer"`
	ExtraMs  float64 `json:"extra_ms"`
	About    string  `json:"about" jsonschema:"what it is: a dependency, a lock with its line, a pool, a signal"`
	Source   string  `json:"source" jsonschema:"recording and stacks know lines of code; calls are child spans; runtime is a circumstance"`
	Sentence string  `json:"sentence"`
}

type signal struct {
	Name  string  `json:"name"`
	Pool  string  `json:"pool,omitempty"`
	Unit  string  `json:"unit"`
	Now   float64 `json:"now"`
	Usual float64 `json:"usual"`
}

type incidentError struct {
	Type    string   `json:"type"`
	Message string   `json:"message"`
	Count   uint64   `json:"count"`
	Last    *request `json:"last_request,omitempty"`
}

type cost struct {
	Requests       uint64  `json:"requests"`
	Slow           uint64  `json:"slow"`
	ExpectedSlow   float64 `json:"expected_slow"`
	Failed         uint64  `json:"failed"`
	ExpectedFailed float64 `json:"expected_failed"`
}

const maxNames = 5 // endpoints that an incident names in a list

func incidentOf(service, instance, url string, s *otelperf.Spike) incident {
	in := incident{
		ID: s.ID, URL: url, Service: service, Instance: instance, Matter: s.Matter, Severity: s.Severity, State: s.State, Start: s.Start, End: s.End,
		Endpoints: []string{}, Reason: s.Reason, Cause: s.Cause, Requests: []request{},
	}
	for i := range s.SlowRequests[:min(len(s.SlowRequests), 3)] {
		in.Requests = append(in.Requests, requestOf(&s.SlowRequests[i]))
	}
	for i := range s.Endpoints {
		name := nameOf(s.Endpoints[i].Method, s.Endpoints[i].Route)
		if !slices.Contains(in.Endpoints, name) && len(in.Endpoints) < maxNames {
			in.Endpoints = append(in.Endpoints, name)
		}
	}
	if s.After != nil {
		in.After = s.After.Sentence
	}
	switch {
	case s.Muted != nil:
		in.Handled = "muted"
	case s.Ack != nil:
		in.Handled = sentence(": ", "acknowledged by "+s.Ack.By, s.Ack.Why)
	}
	return in
}

func nameOf(method, route string) string { return strings.TrimSpace(method + " " + route) }

// lead adds the calls that lead on from an incident.
func (in *incident) lead(e *ending) {
	e.then("get_incident", "all of the incident: causes, errors, cost", "id", in.ID, "url", in.URL)
	in.leadToTrace(e)
}

func (in *incident) leadToTrace(e *ending) {
	if i := slices.IndexFunc(in.Requests, func(r request) bool { return r.Stored }); i >= 0 {
		e.then("get_slow_request", "where the time of its request of "+in.Requests[i].text()+" went", "trace_id", in.Requests[i].TraceID, "url", in.URL)
	}
}

func (in *incident) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Incident %s (%s) of %s since %s", prose(in.ID), prose(sentence(", ", in.State, in.Severity, in.Matter)),
		cmp.Or(quotedAll(in.Endpoints), "no endpoint"), in.Start.Format(time.RFC3339))
	if in.End != nil {
		fmt.Fprintf(&b, " until %s", in.End.Format(time.RFC3339))
	}
	b.WriteString("\n")
	if in.Reason != "" {
		fmt.Fprintf(&b, "  Seen: %s\n", prose(in.Reason))
	}
	lines := [][2]string{{"Cause", prose(in.Cause)}}
	for _, text := range in.Code {
		lines = append(lines, [2]string{"Code", text})
	}
	for _, l := range append(lines, [][2]string{{"No line of code", prose(in.NoCode)}, {"After", prose(in.After)}, {"Handled", prose(in.Handled)}}...) {
		if l[1] != "" {
			fmt.Fprintf(&b, "  %s: %s\n", l[0], l[1])
		}
	}
	return b.String()
}

func (s *server) listIncidents(ctx context.Context, v values) (*incidentList, error) {
	p, err := periodOf(v, otelperf.WindowAll)
	if err != nil {
		return nil, err
	}
	answers, e, err := each(ctx, s, v, func(ctx context.Context, c *client.Client) (*client.SpikeList, error) { return spikesOf(ctx, c, p) })
	if err != nil {
		return nil, err
	}
	a := &incidentList{Incidents: []incident{}, ending: *e}
	state, search := v.text("state"), strings.ToLower(v.text("search"))
	for _, l := range answers {
		for i := range l.value.Spikes {
			in := incidentOf(l.value.Service, l.value.Instance, l.client.URL(), &l.value.Spikes[i])
			named := func(sp otelperf.SpikeEndpoint) bool {
				return strings.Contains(strings.ToLower(nameOf(sp.Method, sp.Route)), search)
			}
			if state != "any" && (in.State == "open") != (state == "open") || !slices.ContainsFunc(l.value.Spikes[i].Endpoints, named) && search != "" {
				continue
			}
			a.Incidents = append(a.Incidents, in)
		}
	}
	slices.SortStableFunc(a.Incidents, func(x, y incident) int { return y.Start.Compare(x.Start) })
	if n := len(a.Incidents) - v.limit(); n > 0 {
		a.Incidents = a.Incidents[:v.limit()]
		a.leaveOut("%d older incidents: raise limit, at most 30", n)
	}
	if len(a.Incidents) > 0 {
		a.Incidents[0].lead(&a.ending)
	}
	return a, nil
}

func (l *incidentList) text() string {
	if len(l.Incidents) == 0 {
		return "No such incident is stored.\n"
	}
	var b strings.Builder
	for i := range l.Incidents {
		b.WriteString(l.Incidents[i].text())
	}
	return b.String()
}

func (s *server) getIncident(ctx context.Context, v values) (*incidentAnswer, error) {
	answers, e, err := each(ctx, s, v, func(ctx context.Context, c *client.Client) (*client.SpikeList, error) {
		return spikesWith(ctx, c, v.text("id"))
	})
	if err != nil {
		return nil, err
	}
	var known []string
	for _, l := range answers {
		for i := range l.value.Spikes {
			sp := &l.value.Spikes[i]
			if sp.ID == v.text("id") {
				in := incidentOf(l.value.Service, l.value.Instance, l.client.URL(), sp)
				return incidentAnswerOf(e, in, sp, examplesOf(ctx, l.client, sp)), nil
			}
			known = append(known, sp.ID)
		}
	}
	if len(known) == 0 {
		return nil, fmt.Errorf("there is no incident %q: none is stored\ncall whats_wrong for how the service does", line(v.text("id")))
	}
	return nil, fmt.Errorf("there is no incident %q, or no longer\nstored are: %s\ncall list_incidents for what they are about", line(v.text("id")), quotedAll(known[:min(len(known), 10)]))
}

func incidentAnswerOf(e *ending, in incident, sp *otelperf.Spike, examples []recorded) *incidentAnswer {
	a := &incidentAnswer{
		Recorded: examples,
		Incident: in, Parts: []part{}, Causes: []rankedCause{}, Errors: []incidentError{}, Signals: []signal{}, ending: *e,
		Cost: cost{sp.CostRequests, sp.CostSlow, sp.CostExpectedSlow, sp.CostFailed, sp.CostExpectedFailed},
	}
	const most = 20
	for i := range sp.Endpoints[:min(len(sp.Endpoints), most)] {
		p := &sp.Endpoints[i]
		a.Parts = append(a.Parts, part{
			Endpoint: nameOf(p.Method, p.Route), Matter: p.Matter, State: p.State, P50Ms: p.P50Ms, P99Ms: p.P99Ms, UsualP50Ms: p.BaselineP50Ms, UsualP99Ms: p.BaselineP99Ms,
			WorstRatio: p.WorstRatio, ErrorRate: p.ErrorRate, WaitsFor: p.WaitsFor, Cause: p.Cause,
		})
	}
	if n := len(sp.Endpoints) - most; n > 0 {
		a.leaveOut("%d more endpoints of the incident", n)
	}
	for _, c := range sp.Causes {
		a.Causes = append(a.Causes, rankedCause{c.Share, c.ExtraMs, c.About, string(c.Source), c.Sentence})
	}
	for _, x := range sp.Errors {
		one := incidentError{Type: x.Type, Message: x.Message, Count: x.Count}
		if x.LastRequest != nil {
			one.Last = new(requestOf(x.LastRequest))
		}
		a.Errors = append(a.Errors, one)
	}
	for _, d := range sp.Signals {
		a.Signals = append(a.Signals, signal{d.Name, d.Pool, d.Unit, d.Now, d.Usual})
	}
	for i := range examples {
		if id := examples[i].TraceID; id != "" {
			a.then("get_slow_request", "where the time of a recorded request of it went, with states over time", "trace_id", id, "url", in.URL)
		}
	}
	in.leadToTrace(&a.ending)
	if len(in.Endpoints) > 0 {
		a.then("list_slow_requests", "its slow and failed requests", "incident", in.ID, "url", in.URL)
		if sp.After != nil && sp.After.Kind != "start" {
			a.then("compare_endpoint", "whether the change before it made a difference", "endpoint", in.Endpoints[0], "mark", sp.After.Mark, "url", in.URL)
		}
	}
	return a
}

func (a *incidentAnswer) text() string {
	var b strings.Builder
	b.WriteString(a.Incident.text())
	for i := range a.Causes {
		fmt.Fprintf(&b, "  Ranked cause: %s\n", prose(sentence(" ", a.Causes[i].Sentence, inParentheses(sentence(" ", "known from", a.Causes[i].Source)))))
	}
	for i := range a.Recorded {
		b.WriteString(a.Recorded[i].text())
	}
	for i := range a.Parts {
		p := &a.Parts[i]
		fmt.Fprintf(&b, "  Part: %s", sentence(", ", quoted(p.Endpoint), prose(p.Matter), prose(p.State)))
		if p.P99Ms > 0 {
			fmt.Fprintf(&b, ", p99 %g ms, usually %g", p.P99Ms, p.UsualP99Ms)
		}
		if p.WaitsFor != "" {
			fmt.Fprintf(&b, ", waits for %s", quoted(p.WaitsFor))
		}
		b.WriteByte('\n')
	}
	for _, x := range a.Errors {
		fmt.Fprintf(&b, "  Error: %d of %s", x.Count, quoted(cmp.Or(sentence(": ", x.Type, x.Message), "no type")))
		if x.Last != nil {
			fmt.Fprintf(&b, " (the last: %s, trace %s)", x.Last.text(), prose(x.Last.TraceID))
		}
		b.WriteByte('\n')
	}
	for i := range a.Incident.Requests {
		r := &a.Incident.Requests[i]
		fmt.Fprintf(&b, "  Slow request: %s, trace %s\n", r.text(), prose(r.TraceID))
	}
	for _, x := range a.Signals {
		fmt.Fprintf(&b, "  Unusual then: %s\n", prose(sentence(" ", x.Name, x.Pool, fmt.Sprintf("%g, usually %g", x.Now, x.Usual), inParentheses(x.Unit))))
	}
	fmt.Fprintf(&b, "  Cost: of %d requests %d were slow (%.4g expected) and %d failed (%.4g expected)\n",
		a.Cost.Requests, a.Cost.Slow, a.Cost.ExpectedSlow, a.Cost.Failed, a.Cost.ExpectedFailed)
	return b.String()
}
