// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// rowKey is what makes two rows one.
type rowKey struct{ service, method, route, kind string }

func keyOf(service string, r *otelperf.EndpointRow) rowKey {
	return rowKey{service, r.Method, r.Route, r.Kind}
}

// table gathers the parts of rows.
type table struct{ rows map[rowKey][]Part }

func (t *table) add(src source, rows []client.Row) {
	if t.rows == nil {
		t.rows = map[rowKey][]Part{}
	}
	for _, r := range rows[:min(len(rows), maxMerged)] {
		key := keyOf(src.Summary.Service, &r.EndpointRow)
		if parts := t.rows[key]; len(parts) > 0 && parts[len(parts)-1].Instance == src.name {
			continue // the same row twice in one answer
		}
		t.rows[key] = append(t.rows[key], Part{src.name, r})
	}
}

// merge returns the rows by name. each, if any, sees every row with its merged durations, and whether these are all of them.
func (t *table) merge(each func(r *Row, h *latency.Histogram, complete bool)) []Row {
	out := make([]Row, 0, len(t.rows))
	for key, parts := range t.rows {
		r, h, complete := mergeRow(key, parts)
		if each != nil {
			each(&r, h, complete)
		}
		out = append(out, r)
	}
	slices.SortFunc(out, byName)
	return out
}

func mergeRow(key rowKey, parts []Part) (r Row, durations *latency.Histogram, complete bool) {
	r = Row{Service: key.service, Parts: parts}
	r.Method, r.Route, r.Kind, r.ByOutcome = key.method, key.route, key.kind, map[string]uint64{}
	durations = new(latency.Histogram)
	var without []string
	for i := range parts {
		p := &parts[i]
		addTotals(&r.Totals, &p.Totals)
		r.addState(p)
		endless := p.Coarse && p.AvgMs != nil && p.P99Ms == nil // its buckets do not tell
		if !addHistogram(durations, p.Histogram, &p.Totals) && p.P99Ms != nil || endless {
			without = append(without, plain.Line(p.Instance))
		}
	}
	complete = len(without) == 0
	if len(parts) == 1 { // as the instance has it, quantiles too
		counts := r.ByOutcome
		r.EndpointRow = parts[0].EndpointRow
		r.ByOutcome = counts
		return r, durations, complete
	}
	if !complete {
		r.Missing = "no histogram from " + strings.Join(without, ", ")
	}
	finishTotals(&r.Totals, complete, durations)
	r.OutOfLine = deviations(parts, durations)
	for i := range parts {
		parts[i].Histogram = nil // it has done its work
	}
	return r, durations, complete
}

// addState takes over what is not a number that adds up.
func (r *Row) addState(p *Part) {
	r.State = worse(r.State, p.State, "learning normal elevated spiking")
	r.ErrorState = worse(r.ErrorState, p.ErrorState, "learning normal elevated failing")
	r.TrafficState = worse(r.TrafficState, p.TrafficState, "learning normal silent")
	longest := func(a, b float64) float64 { return max(a, b) }
	r.Needed, r.ErrorNeeded = max(r.Needed, p.Needed), max(r.ErrorNeeded, p.ErrorNeeded)
	r.ReadySeconds, r.ErrorReadySeconds = pick(r.ReadySeconds, p.ReadySeconds, longest), pick(r.ErrorReadySeconds, p.ErrorReadySeconds, longest)
	r.Impact = min(r.Impact+max(0, p.Impact), math.MaxFloat64)
	r.ThresholdMs = max(r.ThresholdMs, p.ThresholdMs)
	if c := p.RepeatedCalls; c != nil && (r.RepeatedCalls == nil || c.CallsPerRequest > r.RepeatedCalls.CallsPerRequest) {
		r.RepeatedCalls = c
	}
	r.BaselineMinMs = pick(r.BaselineMinMs, p.BaselineP99Ms, func(a, b float64) float64 { return min(a, b) })
	r.BaselineMaxMs = pick(r.BaselineMaxMs, p.BaselineP99Ms, func(a, b float64) float64 { return max(a, b) })
}

// worse is the one of two states that stands later in an order.
func worse(a, b, order string) string {
	if strings.Index(order, b) >= strings.Index(order, a) {
		return b
	}
	return a
}

// Trouble is what is wrong at a row besides its latency, in a word; "" if nothing is.
func (r *Row) Trouble() string {
	switch {
	case r.ErrorState == "failing":
		return "failing"
	case r.TrafficState == "silent":
		return "silent"
	}
	return ""
}

// addTotals adds counts, rates and sums of time. AvgMs holds the sum of milliseconds until finishTotals.
func addTotals(t, o *otelperf.Totals) {
	if t.ByOutcome == nil {
		t.ByOutcome = map[string]uint64{}
	}
	for name, n := range o.ByOutcome {
		t.ByOutcome[name] += n
	}
	t.Count += o.Count
	t.ErrorCount += o.ErrorCount
	t.StreamCount += o.StreamCount
	t.Coarse = t.Coarse || o.Coarse
	t.OutcomesUnknown = t.OutcomesUnknown || o.OutcomesUnknown
	if t.Coarse {
		t.ErrorBound = nil
	} else {
		t.ErrorBound = pick(t.ErrorBound, o.ErrorBound, func(a, b float64) float64 { return max(a, b) })
	}
	add := func(a, b float64) float64 { return a + b }
	t.Rate = pick(t.Rate, o.Rate, add)
	t.MinMs = pick(t.MinMs, o.MinMs, func(a, b float64) float64 { return min(a, b) })
	t.MaxMs = pick(t.MaxMs, o.MaxMs, func(a, b float64) float64 { return max(a, b) })
	if o.AvgMs != nil && o.Count > o.StreamCount {
		t.AvgMs = pick(t.AvgMs, pick(o.AvgMs, new(float64(o.Count-o.StreamCount)), func(a, b float64) float64 { return a * b }), add)
	}
}

// finishTotals makes averages of sums, and takes quantiles from the durations if these are complete.
func finishTotals(t *otelperf.Totals, complete bool, h *latency.Histogram) {
	if t.Count > 0 {
		t.ErrorRate = new(float64(t.ErrorCount) / float64(t.Count))
	}
	if t.AvgMs != nil && t.Count > t.StreamCount {
		t.AvgMs = new(*t.AvgMs / float64(t.Count-t.StreamCount))
	}
	if complete {
		setQuantiles(t, h)
	}
}

// pick combines two numbers, either of which may be missing. What is too large for JSON goes missing.
func pick(a, b *float64, f func(a, b float64) float64) *float64 {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	x := f(*a, *b)
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return nil
	}
	return &x
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
