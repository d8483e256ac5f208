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
		atArgument, forArgument, limitArgument(10, 50),
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
	p, err := periodOf(v, otelperf.WindowAll)
	if err != nil {
		return nil, err
	}
	answers, e, err := each(ctx, s, v, func(ctx context.Context, c *client.Client) (l slowList, err error) {
		if l.SlowList, err = slowOf(ctx, c, p); err != nil || v.text("incident") == "" {
			return l, err
		}
		spikes, err := spikesWith(ctx, c, v.text("incident"))
		if err == nil {
			l.of = spikes.Spikes
		}
		return l, err
	})
	if err != nil {
		return nil, err
	}
	a := &slowAnswer{Requests: []slowRequest{}, ending: *e}
	for _, l := range answers {
		for i := range l.value.Slow {
			if r := &l.value.Slow[i]; wanted(v, r, l.value.of) {
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

// slowOf are those of a time, or the latest.
func slowOf(ctx context.Context, c *client.Client, p client.Period) (l *client.SlowList, err error) {
	if past(p) {
		return c.SlowWithin(ctx, p.From, p.To)
	}
	l, _, err = c.Slow(ctx, maxStored)
	return l, err
}

// slowList is what a service has stored, and its incidents where one is asked for.
type slowList struct {
	*client.SlowList
	of []otelperf.Spike
}

func wanted(v values, r *otelperf.SlowRequest, spikes []otelperf.Spike) bool {
	switch {
	case v.text("incident") != "" && r.SpikeID != v.text("incident") && !isOf(r, v.text("incident"), spikes),
		v.text("show") == "failed" && !hasFailed(r),
		v.text("show") == "slow" && r.Reason == "failed":
		return false
	}
	return strings.Contains(strings.ToLower(nameOf(r.Method, r.Route)), strings.ToLower(v.text("endpoint")))
}

func hasFailed(r *otelperf.SlowRequest) bool {
	return r.Outcome == "server_error" || r.Outcome == "panic" || r.Reason == "failed"
}

// isOf reports whether a request is one of those that an incident is about: a service notes the incident with slow requests alone, and not
// with those that had ended before the alarm.
func isOf(r *otelperf.SlowRequest, incident string, spikes []otelperf.Spike) bool {
	i := slices.IndexFunc(spikes, func(s otelperf.Spike) bool { return s.ID == incident })
	return i >= 0 && slices.ContainsFunc(spikes[i].Endpoints, func(p otelperf.SpikeEndpoint) bool {
		end := r.Time.Add(time.Duration(r.DurationMs * float64(time.Millisecond)))
		if r.Method != p.Method || r.Route != p.Route || r.Kind != p.Kind || end.Before(p.Start) || p.End != nil && r.Time.After(*p.End) {
			return false
		}
		switch p.Matter {
		case "failures":
			return hasFailed(r)
		case "panics":
			return r.Outcome == "panic"
		case "client_errors":
			return r.Outcome == "client_error"
		case "latency":
			return p.ThresholdMs > 0 && r.DurationMs > p.ThresholdMs
		}
		return false
	})
}

func (a *slowAnswer) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", plain.Plural(a.Count, "stored request"))
	for i := range a.Requests {
		r := &a.Requests[i]
		fmt.Fprintf(&b, "%s %s %s %s, %g ms, usual p99 %s, stored for %s", prose(r.TraceID), r.Time.Format(time.RFC3339), quoted(r.Endpoint), prose(r.Outcome), r.DurationMs, plain.Ms(r.UsualP99Ms), prose(r.Reason))
		if e := sentence(": ", r.ErrorType, plain.Clip(r.Error, 120)); e != "" {
			fmt.Fprintf(&b, ", error %s", quoted(e))
		}
		b.WriteByte('\n')
	}
	return b.String()
}
