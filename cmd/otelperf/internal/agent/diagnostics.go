// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"strings"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
)

var diagnosticsTool = tool{
	name: "get_diagnostics", title: "Is it wired right?",
	description: `Says of each service whether otelperf is wired right, what was lost, and in "hints" what looks wrong with the lines that mend it. ` +
		`Use it when numbers, routes, causes or traces are missing or look wrong, and before trusting that nothing is wrong.`,
}

type diagnosticsAnswer struct {
	Services []diagnosed `json:"services"`
	ending
}

type diagnosed struct {
	URL       string   `json:"url"`
	Service   string   `json:"service"`
	Instance  string   `json:"instance"`
	Uptime    float64  `json:"uptime_seconds"`
	Measures  string   `json:"measures" jsonschema:"spans, metrics, or off with the variable that switched it off"`
	Stalled   bool     `json:"stalled,omitzero" jsonschema:"the numbers are old"`
	Requests  uint64   `json:"requests" jsonschema:"since the start or the last reset"`
	Learning  int      `json:"endpoints_learning" jsonschema:"endpoints of which it is not known yet what is usual"`
	Endpoints int      `json:"endpoints"`
	Recorder  string   `json:"recorder" jsonschema:"of the runtime, which knows lines of code: its state, or none"`
	Lost      []string `json:"lost" jsonschema:"what was left out or went wrong since the start, with counts"`
	Hints     []string `json:"hints" jsonschema:"what looks wrong and how to mend it"`
	Versions  []string `json:"versions"`
}

func (s *server) getDiagnostics(ctx context.Context, v values) (*diagnosticsAnswer, error) {
	answers, e, err := each(ctx, s, v, func(ctx context.Context, c *client.Client) (*otelperf.Summary, error) {
		sum, _, err := c.Summary(ctx, client.Period{Window: otelperf.Window5m})
		return sum, err
	})
	if err != nil {
		return nil, err
	}
	a := &diagnosticsAnswer{Services: []diagnosed{}, ending: *e}
	for _, x := range answers {
		a.Services = append(a.Services, diagnosedOf(x.client.URL(), x.value))
	}
	a.then("whats_wrong", "what is wrong with the service itself")
	return a, nil
}

func diagnosedOf(url string, s *otelperf.Summary) diagnosed {
	d := &s.Diagnostics
	out := diagnosed{
		URL: url, Service: s.Service, Instance: s.Instance, Uptime: s.UptimeSeconds, Measures: d.Source, Stalled: d.Stalled, Requests: s.TotalRequests,
		Endpoints: len(s.Endpoints), Recorder: "none: WithEvidence(evidence.New()) adds it", Lost: lossesOf(d), Hints: append([]string{}, d.Hints...), Versions: []string{},
	}
	if d.Disabled != "" {
		out.Measures = "off: " + d.Disabled
	}
	if d.Evidence != nil {
		out.Recorder = string(d.Evidence.State)
	}
	for i := range s.Endpoints {
		if s.Endpoints[i].State == "learning" {
			out.Learning++
		}
	}
	for _, name := range []string{"otelperf", "otel", "otel_sdk", "go", "service"} {
		if version := d.Versions[name]; version != "" {
			out.Versions = append(out.Versions, name+" "+version)
		}
	}
	return out
}

func lossesOf(d *otelperf.Diagnostics) []string {
	out := []string{}
	for _, l := range []struct {
		n    uint64
		what string
	}{
		{d.Faults + d.MiddlewareFaults, "faults of otelperf itself, recovered"},
		{d.AlertsDropped, "alerts, because a receiver was too slow"},
		{d.AlertFaults, "alerts, because a receiver panicked"},
		{d.LogLinesDropped, "log lines, because the logger was too slow"},
		{d.SlowLinesSuppressed, "log lines of slow requests beyond 10 a second at one endpoint; nothing else of them is missing"},
		{d.LogFaults, "log lines, because the log handler panicked"},
		{d.StateFileFailures, "reads or writes of the state file failed"},
		{d.AccessDenied, "requests to this endpoint were refused"},
		{d.MetricOverflow, "requests beyond the cardinality limit of the SDK"},
		{d.UnroutedRequests, "requests without a route"},
		{d.Panics, "panics of handlers were seen"},
	} {
		if l.n > 0 {
			out = append(out, fmt.Sprintf("%d %s", l.n, l.what))
		}
	}
	return out
}

func (a *diagnosticsAnswer) text() string {
	var b strings.Builder
	for i := range a.Services {
		s := &a.Services[i]
		fmt.Fprintf(&b, "%s (instance %s, %s): measures %s, up for %s, %s, recorder: %s, %d of %s still learning\n", s.Service, s.Instance, s.URL, s.Measures,
			plain.Seconds(s.Uptime), plain.Plural(s.Requests, "request"), s.Recorder, s.Learning, plain.Plural(s.Endpoints, "endpoint"))
		if s.Stalled {
			b.WriteString("  STALLED: the numbers are old\n")
		}
		for _, text := range s.Lost {
			fmt.Fprintf(&b, "  %s\n", text)
		}
		for _, text := range s.Hints {
			fmt.Fprintf(&b, "  Hint: %s\n", text)
		}
		if len(s.Hints) == 0 {
			b.WriteString("  Nothing looks wrong with the wiring.\n")
		}
	}
	return b.String()
}
