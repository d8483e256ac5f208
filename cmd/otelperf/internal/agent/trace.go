// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/slowlog"
)

var traceTool = tool{
	name: "get_slow_request", title: "Where the time of one request went",
	description: `Shows one stored request: its calls as a tree with the critical path, what stands out, its error with the stack of a panic, and, if the runtime was recorded at that time, ` +
		`what its goroutine did and waited for, with lines of code such as cart.go:88 and who held it up. Use it with a trace id of any other answer.`,
	arguments: []argument{{name: "trace_id", description: "The trace: 32 hex digits, or the first 4 or more.", required: true}, atArgument, forArgument},
}

type traceAnswer struct {
	TraceID  string          `json:"trace_id"`
	URL      string          `json:"url"`
	Service  string          `json:"service"`
	Requests []tracedRequest `json:"requests" jsonschema:"of this trace at this service, newest first"`
	ending
	drawn []string // the requests as text
}

type tracedRequest struct {
	SpanID      string    `json:"span_id"`
	Endpoint    string    `json:"endpoint"`
	Path        string    `json:"path,omitempty"`
	Status      int       `json:"status,omitzero"`
	Outcome     string    `json:"outcome"`
	Start       time.Time `json:"start"`
	DurationMs  float64   `json:"duration_ms"`
	ThresholdMs float64   `json:"threshold_ms,omitzero"`
	UsualP99Ms  float64   `json:"usual_p99_ms,omitzero"`
	Reason      string    `json:"reason" jsonschema:"why it is stored"`
	Incident    string    `json:"incident,omitempty"`
	ErrorType   string    `json:"error_type,omitempty"`
	Error       string    `json:"error,omitempty"`
	Stack       []string  `json:"stack,omitempty" jsonschema:"of the goroutine that panicked, innermost first"`
	Findings    []string  `json:"findings" jsonschema:"what stands out, the weightiest first"`
	Spent       []spent   `json:"spent,omitempty" jsonschema:"the time by category"`
	Calls       []call    `json:"calls" jsonschema:"the tree of calls, depth first; equal siblings are one with a count"`
	States      []state   `json:"states" jsonschema:"what its goroutine did, from a recording of the runtime, the largest first; empty without one"`
	Timeline    []stretch `json:"timeline,omitempty" jsonschema:"the same in the order of time"`
}

type spent struct {
	Category string  `json:"category"`
	Ms       float64 `json:"ms"`
}

type call struct {
	Depth      int     `json:"depth"`
	Name       string  `json:"name"`
	Category   string  `json:"category"`
	OffsetMs   float64 `json:"offset_ms"`
	DurationMs float64 `json:"duration_ms"`
	SelfMs     float64 `json:"self_ms"`
	Count      int     `json:"count"`
	Critical   bool    `json:"critical" jsonschema:"on the path that the request waited for"`
	Error      string  `json:"error,omitempty"`
}

type stretch struct {
	State      string  `json:"state"`
	OffsetMs   float64 `json:"offset_ms"`
	DurationMs float64 `json:"duration_ms"`
	Line       string  `json:"line,omitempty"`
}

// Bounds of one request.
const (
	maxCalls    = 60
	maxStack    = 30
	maxRequests = 3
	maxLines    = 40 // of its drawing
)

func (s *server) getSlowRequest(ctx context.Context, v values) (*traceAnswer, error) {
	p, err := periodOf(v, otelperf.WindowAll)
	if err != nil {
		return nil, err
	}
	answers, e, err := each(ctx, s, v, func(ctx context.Context, c *client.Client) (*client.SlowTrace, error) {
		return findTrace(ctx, c, v.text("trace_id"), p)
	})
	if err != nil {
		return nil, fmt.Errorf("%w\ncall list_slow_requests for the trace ids that are stored", err)
	}
	best := answers[0]
	e.forget() // who has not seen the trace
	a := &traceAnswer{TraceID: best.value.TraceID, URL: best.client.URL(), Service: best.value.Service, Requests: []tracedRequest{}, ending: *e}
	for _, other := range answers[1:] {
		a.then("get_slow_request", "the same trace at another service", "trace_id", other.value.TraceID, "url", other.client.URL())
	}
	for _, r := range best.value.Requests[:min(len(best.value.Requests), maxRequests)] {
		a.addRequest(r, best.value.RecordedOf(r.SpanID.String()))
	}
	if n := len(best.value.Requests) - len(a.Requests); n > 0 {
		a.leaveOut("%d more requests of this trace", n)
	}
	return a, nil
}

// findTrace completes the first digits of an id.
func findTrace(ctx context.Context, c *client.Client, id string, p client.Period) (*client.SlowTrace, error) {
	whole, err := c.WholeTraceID(ctx, id, p)
	if err != nil {
		return nil, err
	}
	if past(p) {
		if t, _, err := c.TraceWithin(ctx, whole, p.From, p.To); err == nil {
			return t, nil
		} // it may have begun before
	}
	t, _, err := c.Trace(ctx, whole)
	return t, err
}

func (a *traceAnswer) addRequest(e *slowlog.Entry, rec *client.RecordedRequest) {
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	r := tracedRequest{
		SpanID: e.SpanID.String(), Endpoint: e.Endpoint(), Path: e.Path, Status: e.Status, Outcome: e.Outcome.String(), Start: e.Start, DurationMs: ms(e.Duration),
		ThresholdMs: ms(e.Threshold), UsualP99Ms: ms(e.BaselineP99), Reason: e.Reason, Incident: e.SpikeID, ErrorType: e.Error.Type, Error: e.Error.Message,
		Findings: []string{}, Calls: []call{}, States: []state{},
	}
	for text := range strings.SplitSeq(e.Error.Stack, "\n") {
		if text = strings.TrimSpace(text); text != "" && len(r.Stack) < maxStack {
			r.Stack = append(r.Stack, text)
		}
	}
	if e.Anatomy != nil {
		a.addAnatomy(&r, e.Anatomy)
	}
	if rec != nil {
		for _, p := range rec.Parts[:min(len(rec.Parts), 12)] {
			r.States = append(r.States, state{p.State, p.Reason, p.DurationMs, p.Share, p.Times})
		}
		for _, x := range rec.Timeline[:min(len(rec.Timeline), 64)] {
			r.Timeline = append(r.Timeline, stretch{x.State, x.OffsetMs, x.DurationMs, x.Line})
		}
	}
	if r.Incident != "" {
		a.then("get_incident", "what the requests of this incident have in common", "id", r.Incident, "url", a.URL)
	}
	a.then("list_endpoints", "how its endpoint does", "search", r.Endpoint, "url", a.URL)
	a.Requests, a.drawn = append(a.Requests, r), append(a.drawn, drawingOf(e))
}

func (a *traceAnswer) addAnatomy(r *tracedRequest, an *slowlog.Anatomy) {
	for _, f := range an.Findings[:min(len(an.Findings), 8)] {
		r.Findings = append(r.Findings, f.Text)
	}
	for _, c := range slices.Sorted(maps.Keys(an.Breakdown))[:min(len(an.Breakdown), 8)] {
		r.Spent = append(r.Spent, spent{string(c), an.Breakdown[c]})
	}
	left := 0
	var walk func(n *slowlog.Node, depth int)
	walk = func(n *slowlog.Node, depth int) {
		switch {
		case n == nil:
			return
		case len(r.Calls) == maxCalls:
			left++
		default:
			r.Calls = append(r.Calls, callOf(n, depth))
		}
		for _, c := range n.Children {
			walk(c, depth+1)
		}
	}
	walk(an.Root, 0)
	if left > 0 {
		a.leaveOut("%d more calls of the request", left)
	}
}

func callOf(n *slowlog.Node, depth int) call {
	c := call{
		Depth: depth, Name: n.Name, Category: string(n.Category), OffsetMs: n.OffsetMs, DurationMs: n.DurationMs, SelfMs: n.SelfMs, Count: n.Count, Critical: n.Critical,
	}
	if n.Detail != "" {
		c.Name = n.Detail
	}
	if n.Status == "error" {
		c.Error = strings.Trim(n.Error.Type+": "+n.Error.Message, ": ")
		if c.Error == "" {
			c.Error = "failed"
		}
	}
	return c
}

// drawingOf is the first lines of the tree of a request.
func drawingOf(e *slowlog.Entry) string {
	var b strings.Builder
	if err := slowlog.Render(&b, e, 0); err != nil { // a Builder does not fail
		return ""
	}
	all := strings.SplitAfter(lines(b.String()), "\n")
	return strings.Join(all[:min(len(all), maxLines)], "")
}

func (a *traceAnswer) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Trace %s at %s (%s)\n", prose(a.TraceID), a.URL, prose(a.Service))
	for i := range a.Requests {
		r := &a.Requests[i]
		b.WriteString(prose(a.drawn[i]))
		if len(r.States) == 0 {
			b.WriteString("  The runtime was not recorded during this request: get_incident has lines of code from others, if there are any.\n")
		} else {
			b.WriteString("  Recorded, by what it did and waited for:\n")
		}
		for j := range r.States[:min(len(r.States), maxStates)] {
			b.WriteString(r.States[j].text())
		}
		for _, text := range r.Stack[:min(len(r.Stack), 12)] {
			fmt.Fprintf(&b, "  stack  %s\n", prose(text))
		}
	}
	return b.String()
}
