// SPDX-License-Identifier: Apache-2.0

package export

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// fewestForP999 is how many durations a p99.9 takes, as in a summary.
const fewestForP999 = 1000

// endpointRows are those of a step, by kind, method and route.
func endpointRows(b *history.Batch) (out []endpointRow) {
	slices.SortFunc(b.Rows, func(x, y history.Row) int {
		x1, y1 := &x.Endpoint, &y.Endpoint
		return cmp.Or(cmp.Compare(x1.Kind, y1.Kind), cmp.Compare(x1.Method, y1.Method), cmp.Compare(x1.Route, y1.Route))
	})
	for i := range b.Rows {
		r := &b.Rows[i]
		n := func(o slowlog.Outcome) int64 { return int64(r.Outcomes[o]) }
		row := endpointRow{
			Time: b.Time.UTC(), StepSeconds: b.Step.Seconds(), Kind: r.Endpoint.Kind.String(), Method: r.Endpoint.Method, Route: r.Endpoint.Route,
			Requests: int64(r.Outcomes.Total()), OK: n(slowlog.OutcomeOK), ClientError: n(slowlog.OutcomeClientError), ServerError: n(slowlog.OutcomeServerError),
			Panic: n(slowlog.OutcomePanic), Aborted: n(slowlog.OutcomeAborted), Canceled: n(slowlog.OutcomeCanceled), Stream: n(slowlog.OutcomeStream),
		}
		if r.Durations != nil && r.Durations.Count() > 0 {
			row.setDurations(r.Durations, r.Guessed)
		}
		out = append(out, row)
	}
	return out
}

func (row *endpointRow) setDurations(h *latency.Histogram, guessed bool) {
	h.SetBounds(h.Min(), h.Max()) // whether they are exact differs by what was merged when: a quantile is by its bucket, of whatever source
	var q [6]time.Duration
	h.Quantiles(q[:], []float64{.5, .75, .9, .95, .99, .999})
	for i, to := range []**float64{&row.P50Ms, &row.P75Ms, &row.P90Ms, &row.P95Ms, &row.P99Ms, &row.P999Ms} {
		*to = new(ms(q[i]))
	}
	if h.Count() < fewestForP999 {
		row.P999Ms = nil
	}
	row.SumMs, row.MinMs, row.MaxMs = new(1e3*h.SumSeconds()), new(ms(h.Min())), new(ms(h.Max()))
	if !guessed {
		row.QuantileError = new(h.ErrorBound())
	}
	offset, counts := h.AppendCounts(nil)
	row.Scale, row.Offset = new(int64(h.Scale())), new(int64(offset))
	for _, n := range counts {
		row.Counts = append(row.Counts, int64(n))
	}
}

func incidentRows(b *history.Batch) (out []incidentRow) {
	for i := range b.Incidents {
		in := &b.Incidents[i]
		row := incidentRow{Start: in.Start.UTC(), ID: in.ID, Instance: in.Instance, Detail: string(in.Detail)}
		if !in.End.IsZero() {
			row.End = new(in.End.UTC())
		}
		var s otelperf.Spike
		if json.Unmarshal(in.Detail, &s) == nil { // else it is of another version: the detail is there
			row.State, row.Matter, row.Severity, row.Reason, row.Cause = s.State, s.Matter, s.Severity, s.Reason, s.Cause
			row.CostRequests, row.CostSlow, row.CostFailed = int64(s.CostRequests), int64(s.CostSlow), int64(s.CostFailed)
			if row.Endpoints = int64(len(s.Endpoints)); row.Endpoints > 0 {
				e := &s.Endpoints[0]
				row.Kind, row.Method, row.Route = e.Kind, e.Method, e.Route
				row.BaselineP99Ms, row.WorstP99Ms = known(e.BaselineP99Ms), known(e.WorstP99Ms)
			}
		}
		out = append(out, row)
	}
	return out
}

func requestRows(b *history.Batch) (out []requestRow) {
	for _, e := range b.Requests {
		row := requestRow{
			Start: e.Start.UTC(), DurationMs: ms(e.Duration), Kind: e.Kind, Method: e.Method, Route: e.Route, Path: e.Path, Outcome: e.Outcome.String(),
			Reason: e.Reason, ThresholdMs: known(ms(e.Threshold)), BaselineP99Ms: known(ms(e.BaselineP99)), TraceID: e.TraceID.String(), SpanID: e.SpanID.String(),
			SpikeID: e.SpikeID, ErrorType: e.Error.Type, ErrorMessage: e.Error.Message, Sampled: e.Sampled,
		}
		if e.Status != 0 {
			row.Status = new(int64(e.Status))
		}
		if len(e.Dimensions) > 0 {
			row.Dimensions = asJSON(e.Dimensions)
		}
		if e.Anatomy != nil {
			row.Anatomy = asJSON(e.Anatomy)
		}
		out = append(out, row)
	}
	return out
}

func signalRows(b *history.Batch) (out []signalRow) {
	for _, s := range b.Signals {
		out = append(out, signalRow{Time: b.Time.UTC(), StepSeconds: b.Step.Seconds(), Name: s.Name, Mean: float64(s.Mean), Max: float64(s.Max)})
	}
	return out
}

func markRows(b *history.Batch) (out []markRow) {
	for _, m := range b.Marks {
		out = append(out, markRow{Time: m.Time.UTC(), ID: m.ID, Kind: m.Kind, Text: m.Text, By: m.By})
	}
	return out
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// known is nil for 0, which stands for what is not known.
func known(x float64) *float64 {
	if x == 0 {
		return nil
	}
	return &x
}

// asJSON is v as JSON, "" for what has none.
func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}
