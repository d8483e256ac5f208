// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
)

var wrongTool = tool{
	name: "whats_wrong", title: "What is wrong now",
	description: `Call this first. Says whether anything is wrong now: a verdict for each service, the open incidents with their cause (often the line of code that slow ` +
		`requests wait at, and who held them up), the endpoints that are not as usual, error budgets in danger, and what the runtime, the operating system and ` +
		`connection pools do unusually. If nothing is open it names the last incident. With at it says what was wrong then. Then use get_incident or get_slow_request with the ids of the answer.`,
	arguments: []argument{atArgument, forArgument},
}

type wrongAnswer struct {
	Verdict   string     `json:"verdict" jsonschema:"off, failing, slow, silent, burning, elevated, unknown (nobody can tell yet) or ok; of several services the worst"`
	Title     string     `json:"title" jsonschema:"the verdict in a few words"`
	Detail    string     `json:"detail,omitempty"`
	Time      *span      `json:"time,omitempty" jsonschema:"that the answer is of, of a past time; missing for now"`
	Services  []service  `json:"services"`
	Open      []incident `json:"open_incidents" jsonschema:"first that which the title names, then the newest"`
	Last      *incident  `json:"last_incident,omitempty" jsonschema:"the last one that ended, if none is open"`
	Endpoints []endpoint `json:"endpoints_not_as_usual" jsonschema:"in the last 5 minutes or the past time, the worst first"`
	Budgets   []budget   `json:"error_budgets_in_danger,omitempty"`
	Signals   []string   `json:"unusual_signals,omitempty" jsonschema:"of the runtime, the operating system and connection pools, now"`
	ending
}

// service is one URL and who answered there.
type service struct {
	URL      string  `json:"url"`
	Service  string  `json:"service"`
	Instance string  `json:"instance"`
	Version  string  `json:"version,omitempty"`
	Uptime   float64 `json:"uptime_seconds"`
	Requests uint64  `json:"requests" jsonschema:"in the window"`
	Verdict  string  `json:"verdict,omitempty"`
	Title    string  `json:"title,omitempty" jsonschema:"the verdict in a few words"`
}

type budget struct {
	Service   string `json:"service"`
	Objective string `json:"objective"`
	State     string `json:"state" jsonschema:"burning or used_up"`
	Reason    string `json:"reason"`
}

const (
	maxOpen    = 10 // open incidents that whats_wrong names
	maxUnusual = 10 // rows and signals
)

func (s *server) whatsWrong(ctx context.Context, v values) (*wrongAnswer, error) {
	p, err := periodOf(v, otelperf.Window5m)
	if err != nil {
		return nil, err
	}
	view, e, err := s.poll(ctx, v, p)
	if err != nil {
		return nil, err
	}
	verdict := view.Verdict()
	a := &wrongAnswer{Verdict: verdict.Status, Title: verdict.Title, Detail: verdict.Detail, Time: spanOf(p, view), Services: servicesOf(view), Open: []incident{}, Endpoints: []endpoint{}, ending: *e}
	open := view.OpenSpikes()
	first, part := view.Headline()
	if first != nil { // what the title names comes first
		slices.SortStableFunc(open, func(x, y fleet.Spike) int {
			return cmp.Compare(rank(&x, first), rank(&y, first))
		})
	}
	for i := range open[:min(len(open), maxOpen)] {
		sp := &open[i]
		in := incidentOf(sp.Service, sp.Instance, urlOf(view, sp), &sp.Spike)
		about := worstOf(&sp.Spike)
		if i == 0 && part != nil {
			about = part
		}
		in.putFirst(about)
		if i < maxWithCode {
			at := instanceOf(view, sp)
			in.addCode(ctx, s.clientAt(in.URL), &sp.Spike, about, at.Recorder)
			in.earlier(view, about)
		}
		a.Open = append(a.Open, in)
	}
	if n := len(open) - len(a.Open); n > 0 {
		a.leaveOut("%d more open incidents: list_incidents has them", n)
	}
	if len(open) == 0 && len(view.Spikes) > 0 {
		last := &view.Spikes[0]
		a.Last = new(incidentOf(last.Service, last.Instance, urlOf(view, last), &last.Spike))
	}
	unusual := rowsOf(view.Endpoints, "", "worst", func(r *endpoint) bool { return r.unusual() })
	a.Endpoints = append(a.Endpoints, unusual[:min(len(unusual), maxUnusual)]...)
	if n := len(unusual) - len(a.Endpoints); n > 0 {
		a.leaveOut("%d more endpoints that are not as usual: list_endpoints has them", n)
	}
	if !past(p) { // which they are not of
		a.addCircumstances(view)
	}
	a.lead(view)
	return a, nil
}

// addCircumstances adds what stands beside the incidents.
func (a *wrongAnswer) addCircumstances(view *fleet.View) {
	for i := range view.Objectives {
		o := &view.Objectives[i]
		if o.State == "burning" || o.State == "used_up" {
			a.Budgets = append(a.Budgets, budget{o.Service, o.Name, o.State, o.Reason})
		}
	}
	for i := range view.Runtime {
		r := &view.Runtime[i]
		for _, text := range r.Unusual[:min(len(r.Unusual), maxUnusual)] {
			a.Signals = append(a.Signals, r.Instance+": "+text)
		}
	}
}

// lead says which calls lead on.
func (a *wrongAnswer) lead(view *fleet.View) {
	switch {
	case len(a.Open) > 0:
		a.Open[0].lead(&a.ending)
		if len(a.Open) > 1 {
			a.then("get_incident", "all of the next incident", "id", a.Open[1].ID, "url", a.Open[1].URL)
		}
	case a.Last != nil:
		a.Last.lead(&a.ending)
	case len(a.Endpoints) > 0:
		a.then("list_slow_requests", "slow and failed requests of the worst endpoint", "endpoint", a.Endpoints[0].Endpoint)
	default:
		a.then("list_endpoints", "what is slowest even though it is usual")
	}
	if len(view.Hints) > 0 || a.Verdict == "off" || a.Verdict == "unknown" {
		a.then("get_diagnostics", "whether the numbers can be trusted, and what is not wired")
	}
}

func servicesOf(view *fleet.View) []service {
	out := []service{}
	for i := range view.Instances {
		if in := &view.Instances[i]; in.Counted() {
			out = append(out, service{in.URL, in.Service, in.Name, in.Version, in.UptimeSeconds, in.Requests, in.Verdict.Status, in.Verdict.Title})
		}
	}
	return out
}

// urlOf is where a spike was seen.
func urlOf(view *fleet.View, sp *fleet.Spike) string { return instanceOf(view, sp).URL }

// instanceOf is where a spike was seen; the zero value if that is not known.
func instanceOf(view *fleet.View, sp *fleet.Spike) *fleet.Instance {
	for i := range view.Instances {
		if in := &view.Instances[i]; in.Counted() && in.Service == sp.Service && in.Name == sp.Instance {
			return in
		}
	}
	return &fleet.Instance{}
}

// clientAt asks at a URL; nil if there is none.
func (s *server) clientAt(url string) *client.Client {
	if i := slices.IndexFunc(s.clients, func(c *client.Client) bool { return c.URL() == url }); i >= 0 {
		return s.clients[i]
	}
	return nil
}

// rank is 0 of the first spike, and 1 of any other.
func rank(s, first *fleet.Spike) int {
	if s.ID == first.ID && s.Service == first.Service && s.Instance == first.Instance {
		return 0
	}
	return 1
}

// worstOf is the first part of a spike that is open; nil if none is.
func worstOf(s *otelperf.Spike) *otelperf.SpikeEndpoint {
	for i := range s.Endpoints {
		if s.Endpoints[i].State == "open" {
			return &s.Endpoints[i]
		}
	}
	return nil
}

// putFirst makes the incident one of a part: it is named first, and the cause is its.
func (in *incident) putFirst(p *otelperf.SpikeEndpoint) {
	if p == nil {
		return
	}
	name := nameOf(p.Method, p.Route)
	in.Endpoints = slices.DeleteFunc(in.Endpoints, func(n string) bool { return n == name })
	in.Endpoints = append([]string{name}, in.Endpoints[:min(len(in.Endpoints), maxNames-1)]...)
	if p.Cause != "" {
		in.Cause = p.Cause
	}
}

func (a *wrongAnswer) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", prose(strings.ToUpper(a.Verdict)), prose(a.Title))
	if a.Detail != "" {
		fmt.Fprintln(&b, prose(a.Detail))
	}
	span := "in 5 minutes"
	if a.Time != nil {
		span = a.Time.text()
	}
	for i := range a.Services {
		s := &a.Services[i]
		fmt.Fprintf(&b, "Service %s, instance %s, %s: up for %s, %s %s\n", prose(s.Service), prose(s.Instance), s.URL, plain.Seconds(s.Uptime), plain.Plural(s.Requests, "request"), span)
	}
	for i := range a.Open {
		b.WriteString(a.Open[i].text())
	}
	if a.Last != nil {
		b.WriteString("No incident is open; the last one:\n" + a.Last.text()) // also of a past time: at its end
	}
	for i := range a.Endpoints {
		b.WriteString(a.Endpoints[i].text())
	}
	for _, o := range a.Budgets {
		fmt.Fprintf(&b, "Error budget of %s is %s: %s\n", prose(o.Objective), prose(o.State), prose(o.Reason))
	}
	for _, text := range a.Signals {
		fmt.Fprintf(&b, "Unusual at %s\n", prose(text))
	}
	return b.String()
}
