// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// load is the durations of one instance at one endpoint.
type load struct {
	instance, route string
	n               int
	median          time.Duration
	errors          uint64
}

// answerOf is what an instance with this load answers. Its durations are added to all.
func answerOf(seed uint64, all *latency.Histogram, loads ...load) Answer {
	r := rand.New(rand.NewPCG(seed, 1))
	s := &otelperf.Summary{Service: "shop", Instance: loads[0].instance, Window: otelperf.Window5m, WindowSeconds: 300, UptimeSeconds: 900, Time: time.Unix(1e9, 0)}
	list := &client.EndpointList{Origin: client.Origin{Service: "shop", Instance: s.Instance}, Window: s.Window}
	for _, l := range loads {
		var h latency.Histogram
		for range l.n {
			d := time.Duration(float64(l.median) * math.Exp(r.NormFloat64()/2))
			h.Record(d)
			all.Record(d)
		}
		row := rowOf(l, &h)
		s.Endpoints = append(s.Endpoints, row)
		d := client.Row{EndpointRow: row, Histogram: &client.Histogram{Scale: h.Scale(), Count: h.Count(), SumMs: h.SumSeconds() * 1e3}}
		d.Histogram.Offset, d.Histogram.Counts = h.AppendCounts(nil)
		list.Endpoints = append(list.Endpoints, d)
		s.Count += row.Count
		s.TotalRequests += row.Count
	}
	return Answer{
		URL: "http://" + s.Instance + "/", Summary: s, Endpoints: list,
		Dependencies: &client.DependencyList{Origin: list.Origin, Dependencies: []client.Row{}},
	}
}

func rowOf(l load, h *latency.Histogram) (row otelperf.EndpointRow) {
	row.Method, row.Route, row.Kind, row.State = "GET", l.route, "server", "normal"
	row.Count, row.ErrorCount = h.Count(), l.errors
	row.ByOutcome = map[string]uint64{"ok": h.Count() - l.errors, "server_error": l.errors}
	row.Rate = new(float64(l.n) / 300)
	row.AvgMs, row.MinMs, row.MaxMs = new(h.SumSeconds()*1e3/float64(l.n)), ms(h.Min()), ms(h.Max())
	row.BaselineP99Ms, row.Impact = ms(3*l.median), float64(l.n)/100
	setQuantiles(&row.Totals, h)
	return row
}

func TestMergeAddsCountsAndMergesDurations(t *testing.T) {
	var all latency.Histogram
	a := answerOf(1, &all, load{instance: "a", route: "/x", n: 3000, median: 10 * time.Millisecond, errors: 3})
	b := answerOf(2, &all, load{instance: "b", route: "/x", n: 1000, median: 15 * time.Millisecond, errors: 1})
	v := Merge([]Answer{a, b})
	r := v.Endpoints[0]
	if r.Impact != 40 {
		t.Errorf("the impact is %v, want the sum", r.Impact)
	}
	if r.Count != 4000 || v.Count != 4000 || v.TotalRequests != 4000 || r.ErrorCount != 4 || *r.ErrorRate != 0.001 || r.ByOutcome["ok"] != 3996 {
		t.Errorf("counts are %d, %d, %d; %d errors, rate %v, %v", r.Count, v.Count, v.TotalRequests, r.ErrorCount, *r.ErrorRate, r.ByOutcome)
	}
	for _, q := range []struct {
		share float64
		row   *float64
		total *float64
	}{{0.5, r.P50Ms, v.P50Ms}, {0.9, r.P90Ms, v.P90Ms}, {0.95, r.P95Ms, v.P95Ms}, {0.99, r.P99Ms, v.P99Ms}, {0.999, r.P999Ms, v.P999Ms}} {
		want, _ := all.Quantile(q.share)
		if *q.row != *ms(want) || *q.total != *q.row {
			t.Errorf("quantile %v is %v in the row and %v in all, want that of all durations, %v", q.share, *q.row, *q.total, *ms(want))
		}
	}
	if want := all.SumSeconds() * 1e3 / 4000; math.Abs(*r.AvgMs/want-1) > 1e-9 {
		t.Errorf("mean is %v, want %v", *r.AvgMs, want)
	}
	if *r.MinMs != *ms(all.Min()) || *r.MaxMs != *ms(all.Max()) {
		t.Errorf("range is %v to %v, want %v to %v", *r.MinMs, *r.MaxMs, all.Min(), all.Max())
	}
	if r.BaselineP99Ms != nil || r.Ratio != nil || *r.BaselineMinMs != 30 || *r.BaselineMaxMs != 45 {
		t.Errorf("baseline is %v, %v to %v, want none, 30 to 45", r.BaselineP99Ms, *r.BaselineMinMs, *r.BaselineMaxMs)
	}
	if len(v.OutOfLine) > 0 {
		t.Errorf("out of line: %v, want none", v.OutOfLine)
	}
}

func TestMergeWithoutHistogramsHasNoQuantiles(t *testing.T) {
	var all latency.Histogram
	a := answerOf(1, &all, load{instance: "a", route: "/x", n: 500, median: 10 * time.Millisecond})
	b := answerOf(2, &all, load{instance: "b", route: "/x", n: 500, median: 10 * time.Millisecond}, load{instance: "b", route: "/only-b", n: 50, median: time.Millisecond})
	b.Endpoints, b.Dependencies, b.Missing = nil, nil, errors.New("status 404")
	v := Merge([]Answer{a, b})
	if v.Count != 1050 || v.P99Ms != nil || v.P50Ms != nil {
		t.Errorf("%d requests, p99 %v, want 1050 and none", v.Count, v.P99Ms)
	}
	for i := range v.Endpoints {
		r := &v.Endpoints[i]
		if alone := r.Route == "/only-b"; (r.P99Ms != nil) != alone || (r.Missing == "") != alone {
			t.Errorf("%s: p99 %v, missing %q", r.Route, r.P99Ms, r.Missing)
		}
	}
	if len(v.Missing) != 1 || !strings.Contains(v.Missing[0], "b gives no histograms (status 404)") {
		t.Errorf("missing is %q", v.Missing)
	}
}

func TestSameInstanceCountsOnce(t *testing.T) {
	var all latency.Histogram
	a := answerOf(1, &all, load{instance: "a", route: "/x", n: 100, median: time.Millisecond})
	again := a
	again.URL = "http://alias/"
	v := Merge([]Answer{a, again, {URL: "http://gone/", Err: errors.New("http://gone/: no answer")}})
	if v.Count != 100 || v.Answered() != 1 || v.Instances[1].SameAs != a.URL || v.Instances[2].Error == "" {
		t.Errorf("%d requests of %d instances, %+v", v.Count, v.Answered(), v.Instances)
	}
	if v.P99Ms == nil && v.Endpoints[0].P99Ms == nil {
		t.Error("no quantiles of the one instance")
	}
}

func TestServicesAreNotMerged(t *testing.T) {
	var all latency.Histogram
	a := answerOf(1, &all, load{instance: "a", route: "/x", n: 100, median: time.Millisecond})
	b := answerOf(2, &all, load{instance: "b", route: "/x", n: 100, median: time.Millisecond})
	b.Summary.Service = "inventory"
	v := Merge([]Answer{a, b})
	if len(v.Endpoints) != 2 || v.Count != 200 || len(v.Services()) != 2 {
		t.Errorf("%d rows of %v, %d requests", len(v.Endpoints), v.Services(), v.Count)
	}
}

// The slow instance takes half of the load: its p99 is nearly that of the whole, and it is found all the same.
func TestOutOfLine(t *testing.T) {
	ms := time.Millisecond
	tests := []struct {
		name string
		a, b load
		want string
	}{
		{"alike", load{n: 1000, median: 10 * ms}, load{n: 1000, median: 12 * ms}, ""},
		{"slow", load{n: 1000, median: 10 * ms}, load{n: 1000, median: 60 * ms}, "GET /x: b is out of line: p99 "},
		{"few requests, so the median", load{n: 1000, median: 10 * ms}, load{n: 30, median: 60 * ms}, "GET /x: b is out of line: p50 "},
		{"too few", load{n: 1000, median: 10 * ms}, load{n: 10, median: 60 * ms}, ""},
		{"under a millisecond", load{n: 1000, median: ms / 50}, load{n: 1000, median: ms / 10}, ""},
		{"failing", load{n: 1000, median: ms}, load{n: 1000, median: ms, errors: 100}, "GET /x: b is out of line: 10 % of its requests fail, 0 % of the others'"},
		{"both failing", load{n: 1000, median: ms, errors: 90}, load{n: 1000, median: ms, errors: 100}, ""},
	}
	for _, tt := range tests {
		tt.a.instance, tt.b.instance, tt.a.route, tt.b.route = "a", "b", "/x", "/x"
		var all latency.Histogram
		v := Merge([]Answer{answerOf(1, &all, tt.a), answerOf(2, &all, tt.b)})
		got := strings.Join(v.OutOfLine, "; ")
		if !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("%s: out of line is %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestCoarseHistogramsMerge(t *testing.T) {
	row := &otelperf.Totals{MinMs: new(7.9), MaxMs: new(15.5)}
	// Scale 3, index -56: the buckets from 2^-7 s = 7.8 ms.
	var all latency.Histogram
	if !addHistogram(&all, &client.Histogram{Scale: 3, Offset: -56, Count: 800, Counts: []uint64{100, 100, 100, 100, 100, 100, 100, 100}}, row) {
		t.Fatal("a coarse histogram is refused")
	}
	want := math.Exp2(-6.5) * 1e3
	if p50, _ := all.Quantile(0.5); all.Count() != 800 || math.Abs(*ms(p50)/want-1) > 0.03 {
		t.Errorf("median of %d is %v, want about %v ms", all.Count(), p50, want)
	}
}

func TestUnsoundHistogramsAreLeftOut(t *testing.T) {
	tests := map[string]*client.Histogram{
		"nil":           nil,
		"no counts":     {Scale: 6, Count: 1},
		"other count":   {Scale: 6, Count: 3, Counts: []uint64{1, 1}},
		"overflow":      {Scale: 6, Count: 1, Counts: []uint64{math.MaxUint64, 2}},
		"huge":          {Scale: 6, Count: math.MaxInt64, Counts: []uint64{math.MaxInt64}},
		"too fine":      {Scale: 20, Count: 1, Counts: []uint64{1}},
		"too coarse":    {Scale: -3, Count: 1, Counts: []uint64{1}},
		"far away":      {Scale: 6, Count: 1, Offset: math.MinInt32, Counts: []uint64{1}},
		"too many":      {Scale: 6, Count: 5000, Counts: slicesOf(1, 5000)},
		"empty buckets": {Scale: 6, Counts: []uint64{0, 0}},
	}
	for name, h := range tests {
		var all latency.Histogram
		if addHistogram(&all, h, &otelperf.Totals{}) || all.Count() != 0 {
			t.Errorf("%s: was merged", name)
		}
	}
}

func slicesOf(v uint64, n int) []uint64 {
	out := make([]uint64, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// Whatever two instances answer, the merge neither fails nor loses a request, and can be written as JSON.
func FuzzMerge(f *testing.F) {
	var all latency.Histogram
	a := answerOf(1, &all, load{instance: "a", route: "/x", n: 50, median: time.Millisecond})
	seed, err := json.Marshal(a.Endpoints)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed, seed)
	f.Add([]byte(`{"endpoints":[{"count":5,"avg_ms":1e308,"p99_ms":1,"rate":1e308,"histogram":{"scale":5,"count":3,"offset":-1280,"counts":[1,2]}}]}`), seed)
	f.Fuzz(func(t *testing.T, one, two []byte) {
		answers := make([]Answer, 2)
		for i, text := range [][]byte{one, two} {
			l := new(client.EndpointList)
			if json.Unmarshal(text, l) != nil || len(l.Endpoints) > 100 {
				return
			}
			name := string(rune('a' + i))
			answers[i] = Answer{URL: name, Summary: &otelperf.Summary{Service: "s", Instance: name}, Endpoints: l}
		}
		v := Merge(answers)
		if _, err := json.Marshal(v); err != nil {
			t.Errorf("cannot be written: %v", err)
		}
		var sum uint64
		for i := range v.Endpoints {
			sum += v.Endpoints[i].Count
		}
		if sum != v.Count {
			t.Errorf("%d requests in the rows, %d in all", sum, v.Count)
		}
	})
}

// Budgets of one objective at several instances are one: of the sums, with an alert if there is one anywhere.
func TestObjectivesAreAdded(t *testing.T) {
	budget := func(requests, bad uint64, open bool) otelperf.ErrorBudget {
		b := otelperf.ErrorBudget{Name: "pay", Kind: "success", Target: 0.9, PeriodDays: 30, State: "ok", Requests: requests, Bad: bad, BudgetLeft: 1, Reason: "x"}
		b.BurnRates = []otelperf.BurnRate{{Requests: requests, Bad: bad, ShortRequests: requests, Open: open, Severity: "critical"}}
		if open {
			b.State, b.Severity = "burning", new("critical")
		}
		return b
	}
	answer := func(service, instance string, all ...otelperf.ErrorBudget) Answer {
		return Answer{Summary: &otelperf.Summary{Service: service, Instance: instance, Window: otelperf.Window5m, Objectives: all}}
	}
	answers := []Answer{
		answer("shop", "a", budget(1000, 20, false)), answer("shop", "b", budget(1000, 60, true)), answer("other", "c", budget(10, 0, false)), answer("shop", "d"),
		answer("shop", "a", budget(1000, 20, false)), // once more
	}
	got := Merge(answers).Objectives
	if len(got) != 2 || len(Merge(answers).Troubled()) != 1 {
		t.Fatalf("%d objectives, %+v; want that of shop and of other", len(got), got)
	}
	o := got[0]
	if o.Requests != 2000 || o.Bad != 80 || math.Abs(o.BudgetLeft-0.6) > 1e-9 || o.State != "burning" || o.Severity == nil || !o.BurnRates[0].Open || o.Reason != "" ||
		math.Abs(*o.BurnRates[0].LongRate-0.4) > 1e-9 || *o.BurnRates[0].ShortRate != 0 || len(o.Instances) != 2 {
		t.Errorf("%+v", o)
	}
	if b := answers[0].Summary.Objectives[0]; b.Requests != 1000 || b.BurnRates[0].Requests != 1000 {
		t.Errorf("the answer was changed: %+v", b)
	}
}
