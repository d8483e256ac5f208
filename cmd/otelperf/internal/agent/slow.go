// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
)

var slowTool = tool{
	name: "list_slow_requests", title: "Slow and failed requests",
	description: `Lists the slow and failed requests that the services have stored, newest first, with trace ids, durations and errors. ` +
		`Use it to find a request of an endpoint or of an incident, then get_slow_request for where its time went.`,
	arguments: []argument{
		{name: "endpoint", description: "Only requests of endpoints with this text in METHOD ROUTE; case does not matter."},
		{name: "incident", description: "Only requests of the incident with this id."},
		{name: "show", description: "Which ones.", accepted: []string{"all", "slow", "failed"}, usual: "all"},
		{name: "order", description: "What comes first.", accepted: []string{"newest", "longest"}, usual: "newest"},
		limitArgument(10, 50),
	},
}

type slowAnswer struct {
	Count    int           `json:"count" jsonschema:"requests that fit, also those that are left out"`
	Requests []slowRequest `json:"requests"`
	ending
}

type slowRequest struct {
	TraceID    string    `json:"trace_id"`
	URL        string    `json:"url"`
	Endpoint   string    `json:"endpoint"`
	Path       string    `json:"path,omitempty"`
	Status     *int      `json:"status,omitempty"`
	Outcome    string    `json:"outcome"`
	Time       time.Time `json:"time"`
	DurationMs float64   `json:"duration_ms"`
	UsualP99Ms *float64  `json:"usual_p99_ms,omitempty"`
	Reason     string    `json:"reason" jsonschema:"why it is stored: threshold, baseline, failed, or spike (an incident was open)"`
	Incident   string    `json:"incident,omitempty"`
	ErrorType  string    `json:"error_type,omitempty"`
	Error      string    `json:"error,omitempty"`
}

const maxStored = 1000 // requests that a service is asked for

func (s *server) listSlowRequests(ctx context.Context, v values) (*slowAnswer, error) {
	answers, e, err := each(ctx, s, v, func(ctx context.Context, c *client.Client) (*client.SlowList, error) {
		l, _, err := c.Slow(ctx, maxStored)
		return l, err
	})
	if err != nil {
		return nil, err
	}
	a := &slowAnswer{Requests: []slowRequest{}, ending: *e}
	for _, l := range answers {
		for i := range l.value.Slow {
			if r := &l.value.Slow[i]; wanted(v, r) {
				a.Requests = append(a.Requests, slowRequest{
					r.TraceID, l.client.URL(), nameOf(r.Method, r.Route), r.Path, r.Status, r.Outcome, r.Time, r.DurationMs, r.BaselineP99Ms, r.Reason, r.SpikeID, r.ErrorType, r.ErrorMessage,
				})
			}
		}
	}
	slices.SortStableFunc(a.Requests, func(x, y slowRequest) int {
		if v.text("order") == "longest" && x.DurationMs != y.DurationMs {
			return int(min(max(y.DurationMs-x.DurationMs, -1), 1) * 2)
		}
		return y.Time.Compare(x.Time)
	})
	a.Count = len(a.Requests)
	if n := a.Count - v.limit(); n > 0 {
		a.Requests = a.Requests[:v.limit()]
		a.leaveOut("%d more requests: raise limit, at most 50, or give endpoint or incident", n)
	}
	if len(a.Requests) > 0 {
		a.then("get_slow_request", "where its time went", "trace_id", a.Requests[0].TraceID, "url", a.Requests[0].URL)
	}
	return a, nil
}

func wanted(v values, r *otelperf.SlowRequest) bool {
	failed := r.Outcome == "server_error" || r.Outcome == "panic"
	switch {
	case v.text("incident") != "" && r.SpikeID != v.text("incident"),
		v.text("show") == "failed" && !failed,
		v.text("show") == "slow" && r.Reason == "failed":
		return false
	}
	return strings.Contains(strings.ToLower(nameOf(r.Method, r.Route)), strings.ToLower(v.text("endpoint")))
}

func (a *slowAnswer) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", plain.Plural(a.Count, "stored request"))
	for i := range a.Requests {
		r := &a.Requests[i]
		fmt.Fprintf(&b, "%s %s %s %s, %g ms, usual p99 %s, stored for %s", r.TraceID, r.Time.Format(time.RFC3339), quoted(r.Endpoint), r.Outcome, r.DurationMs, plain.Ms(r.UsualP99Ms), r.Reason)
		if e := sentence(": ", r.ErrorType, plain.Clip(r.Error, 120)); e != "" {
			fmt.Fprintf(&b, ", error %s", quoted(e))
		}
		b.WriteByte('\n')
	}
	return b.String()
}
