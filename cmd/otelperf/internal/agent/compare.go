// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
)

var compareTool = tool{
	name: "compare_endpoint", title: "Before and after a change",
	description: `Compares an endpoint before and since a mark (a deployment, a new version, a setting): p50, p99 and errors with bounds of 99 % confidence, and whether a change is real or chance. ` +
		`Use it for "did this change make it slower?". It needs some whole minutes on both sides, in one process; where there are too few it says so.`,
	arguments: []argument{
		{name: "endpoint", description: "METHOD ROUTE exactly as in other answers, such as GET /orders/{id}.", required: true},
		{name: "mark", description: "Id of the mark, as in marks of an answer of this tool; without it the newest that has something before it."},
	},
}

type compareAnswer struct {
	Comparisons []comparison `json:"comparisons" jsonschema:"one for each service or instance that has the endpoint"`
	ending
}

type comparison struct {
	URL      string   `json:"url"`
	Service  string   `json:"service"`
	Instance string   `json:"instance"`
	Endpoint string   `json:"endpoint"`
	Mark     *mark    `json:"mark,omitempty"`
	Before   side     `json:"before"`
	Since    side     `json:"since"`
	Changes  []change `json:"changes"`
	Why      string   `json:"why_not,omitempty" jsonschema:"why there is nothing to compare"`
	Marks    []mark   `json:"marks" jsonschema:"those that are stored, newest first"`
}

type mark struct {
	ID   string    `json:"id"`
	Time time.Time `json:"time"`
	Kind string    `json:"kind"`
	Text string    `json:"text"`
}

type side struct {
	Minutes   int      `json:"minutes"`
	Requests  uint64   `json:"requests"`
	P50Ms     interval `json:"p50_ms"`
	P99Ms     interval `json:"p99_ms"`
	ErrorRate interval `json:"error_rate"`
}

type interval struct {
	Value *float64 `json:"value,omitempty"`
	Low   *float64 `json:"low,omitempty"`
	High  *float64 `json:"high,omitempty"`
}

type change struct {
	Measure  string `json:"measure"`
	Real     *bool  `json:"real,omitempty" jsonschema:"missing: it cannot be told"`
	Sentence string `json:"sentence"`
}

const maxMarks = 10

func (s *server) compareEndpoint(ctx context.Context, v values) (*compareAnswer, error) {
	answers, e, err := each(ctx, s, v, func(ctx context.Context, c *client.Client) (comparison, error) {
		found, _, err := c.CompareAround(ctx, v.text("endpoint"), v.text("mark"))
		if err != nil {
			return comparison{}, err
		}
		marks, err := c.Marks(ctx)
		return comparisonOf(c.URL(), found, marks), err
	})
	if err != nil {
		return nil, fmt.Errorf("%w\ncall list_endpoints for the endpoints that there are, and this without mark for the marks", err)
	}
	e.forget() // who does not have the endpoint
	a := &compareAnswer{Comparisons: []comparison{}, ending: *e}
	for _, c := range answers {
		a.Comparisons = append(a.Comparisons, c.value)
	}
	a.then("list_slow_requests", "its slow and failed requests", "endpoint", v.text("endpoint"))
	return a, nil
}

func comparisonOf(url string, c *client.Comparison, marks []client.Mark) comparison {
	out := comparison{
		URL: url, Service: c.Service, Instance: c.Instance, Endpoint: nameOf(c.Method, c.Route), Before: sideOf(&c.Before), Since: sideOf(&c.Since), Why: c.Why,
		Changes: []change{{"p50", c.P50.Real, c.P50.Sentence}, {"p99", c.P99.Real, c.P99.Sentence}, {"errors", c.Errors.Real, c.Errors.Sentence}}, Marks: []mark{},
	}
	if c.Mark != nil {
		out.Mark = new(markOf(c.Mark))
	}
	for i := range marks[:min(len(marks), maxMarks)] {
		out.Marks = append(out.Marks, markOf(&marks[i]))
	}
	return out
}

func markOf(m *client.Mark) mark { return mark{m.ID, m.Time, m.Kind, m.Text} }

func sideOf(s *client.Side) side {
	return side{s.Minutes, s.Count, interval(s.P50Ms), interval(s.P99Ms), interval(s.Errors)}
}

func (a *compareAnswer) text() string {
	var b strings.Builder
	for i := range a.Comparisons {
		c := &a.Comparisons[i]
		fmt.Fprintf(&b, "%s at %s (instance %s)", quoted(c.Endpoint), c.URL, prose(c.Instance))
		if c.Mark != nil {
			fmt.Fprintf(&b, ", before and since %s of %s", sentence(" ", prose(c.Mark.Kind), quoted(c.Mark.Text)), c.Mark.Time.Format(time.RFC3339))
		}
		fmt.Fprintf(&b, ": %d minutes with %d requests before, %d with %d since\n", c.Before.Minutes, c.Before.Requests, c.Since.Minutes, c.Since.Requests)
		if c.Why != "" {
			fmt.Fprintf(&b, "  Nothing to compare: %s\n", prose(c.Why))
			continue
		}
		for _, x := range c.Changes {
			fmt.Fprintf(&b, "  %s\n", prose(x.Sentence))
		}
	}
	return b.String()
}
