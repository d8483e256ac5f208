// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/gate"
	"github.com/otelperf/otelperf-go/otelperf/engine"
)

// nodeBounds are those that JavaScript has for http.server.request.duration.
var nodeBounds = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}

// node is an instance that exports explicit, cumulative histograms each minute, as Node.js does.
type node struct {
	name   string
	start  time.Time
	counts map[int64][]uint64 // by status
}

func newNode(name string, start time.Time) *node {
	return &node{name: name, start: start, counts: map[int64][]uint64{}}
}

func (n *node) serve(d time.Duration, status int64) {
	if n.counts[status] == nil {
		n.counts[status] = make([]uint64, len(nodeBounds)+1)
	}
	i := 0
	for i < len(nodeBounds) && d.Seconds() > nodeBounds[i] {
		i++
	}
	n.counts[status][i]++
}

func (n *node) export(service string, now time.Time) pmetric.Metrics {
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	rm.Resource().Attributes().PutStr("service.name", service)
	rm.Resource().Attributes().PutStr("service.instance.id", n.name)
	rm.Resource().Attributes().PutStr("service.version", "1.4")
	m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName("http.server.request.duration")
	m.SetUnit("s")
	h := m.SetEmptyHistogram()
	h.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	for status, counts := range n.counts {
		dp := h.DataPoints().AppendEmpty()
		dp.Attributes().PutStr("http.request.method", "GET")
		dp.Attributes().PutStr("http.route", "/items/:id")
		dp.Attributes().PutInt("http.response.status_code", status)
		dp.SetStartTimestamp(pcommon.NewTimestampFromTime(n.start))
		dp.SetTimestamp(pcommon.NewTimestampFromTime(now))
		dp.ExplicitBounds().FromRaw(nodeBounds)
		dp.BucketCounts().FromRaw(counts)
		dp.SetCount(sumOf(counts))
	}
	return md
}

// minute has nodes serve requests for a minute, and export at their own second of it.
func (t *trial) minute(r *rand.Rand, nodes []*node, each int, serve func(n *node)) {
	for s := range 60 {
		for i, n := range nodes {
			if s == i%60 {
				for range each {
					serve(n)
				}
				t.Metrics(t.now, n.export("shop", t.now))
			}
		}
		t.pass(time.Second)
	}
}

func nodes(n int, at time.Time) (all []*node) {
	for i := range n {
		all = append(all, newNode("pod-"+strconv.Itoa(i), at))
	}
	return all
}

func TestMetricsAreCountedAndJudged(t *testing.T) {
	f := newTrial(t, Settings{})
	r := rand.New(rand.NewPCG(1, 2))
	all := nodes(40, f.now)
	factor := 1.0
	served := uint64(0)
	serve := func(n *node) {
		served++
		status := int64(200)
		if served%500 == 0 {
			status = 503
		}
		n.serve(time.Duration(factor*30e6*math.Exp(0.4*r.NormFloat64())), status)
	}
	for range 40 {
		f.minute(r, all, 10, serve)
	}
	if len(f.news) != 0 {
		t.Fatalf("before anything happened: %+v", f.news)
	}
	factor = 8
	began := f.now
	for range 4 {
		f.minute(r, all, 10, serve)
	}
	row := f.row("shop", "GET /items/:id")
	if row.Outcomes.Total() != served || row.Outcomes.Failed() != served/500 || !row.Coarse {
		t.Errorf("%d requests, %d failed, coarse %v; want %d, %d", row.Outcomes.Total(), row.Outcomes.Failed(), row.Coarse, served, served/500)
	}
	told := time.Time{}
	for _, n := range f.news {
		if n.Event.Opened && told.IsZero() {
			told = n.At
		}
	}
	if since := told.Sub(began); since < time.Minute || since > 3*time.Minute {
		t.Errorf("it was told after %v, want one to three minutes", since)
	}
	if st := f.Stats(); st.Metered != served || st.Twice != 0 || st.Points.Absurd+st.Points.Crowded+st.Points.Shared != 0 {
		t.Errorf("%+v", st)
	}
}

// A stall of three seconds, in which a minute's points of all instances have a few slow requests, is no alarm.
func TestAStallInMetricsIsNoAlarm(t *testing.T) {
	f := newTrial(t, Settings{})
	r := rand.New(rand.NewPCG(3, 4))
	all := nodes(60, f.now)
	stalled := false
	serve := func(n *node) {
		d := time.Duration(30e6 * math.Exp(0.4*r.NormFloat64()))
		if stalled && r.IntN(20) == 0 {
			d += 2 * time.Second
		}
		n.serve(d, 200)
	}
	for range 40 {
		f.minute(r, all, 20, serve)
	}
	stalled = true
	f.minute(r, all, 20, serve)
	stalled = false
	for range 5 {
		f.minute(r, all, 20, serve)
	}
	if len(f.news) != 0 {
		t.Errorf("%+v", f.news[0].Event.Incident.Reason)
	}
}

// An alarm is told once points that began when there was evidence show it, or only when three intervals in a row do.
func TestWhatConfirmsAlarmsIsASetting(t *testing.T) {
	for rule, want := range map[gate.Rule][2]time.Duration{gate.AtOnce: {time.Minute, 110 * time.Second}, gate.ThreeIntervals: {2 * time.Minute, 3 * time.Minute}} {
		f := newTrial(t, Settings{Alarms: rule})
		r := rand.New(rand.NewPCG(7, 8))
		all := nodes(60, f.now)
		factor := 1.0
		serve := func(n *node) { n.serve(time.Duration(factor*30e6*math.Exp(0.4*r.NormFloat64())), 200) }
		for range 40 {
			f.minute(r, all, 10, serve)
		}
		factor = 8
		began := f.now
		for range 4 {
			f.minute(r, all, 10, serve)
		}
		told := time.Time{}
		for _, n := range f.news {
			if n.Event.Opened && told.IsZero() {
				told = n.At
			}
		}
		if since := told.Sub(began); since < want[0] || since > want[1] {
			t.Errorf("rule %d: it was told after %v, want %v", rule, since, want)
		}
	}
}

// What a service sends as spans and as metrics counts once.
func TestSpansAndMetricsCountOnce(t *testing.T) {
	f := newTrial(t, Settings{})
	n := newNode("a", f.now)
	id := uint64(0)
	for range 10 {
		b := newBatch()
		for range 7 {
			id++
			n.serve(20*time.Millisecond, 200)
			b.get("shop", "/items/:id", id, f.now, 20*time.Millisecond)
		}
		f.send(b.Traces)
		f.pass(59 * time.Second)
		f.Metrics(f.now, n.export("shop", f.now))
		f.pass(time.Second)
	}
	f.pass(time.Minute)
	if row := f.row("shop", "GET /items/:id"); row.Outcomes.Total() != id {
		t.Errorf("%d requests, want %d", row.Outcomes.Total(), id)
	}
	if st := f.Stats(); st.Twice != id {
		t.Errorf("%d are known to be twice, want %d", st.Twice, id)
	}
}

// One instance of many that is slow is named, from spans and from metrics.
func TestOneInstanceOfMany(t *testing.T) {
	f := newTrial(t, Settings{InstanceAttributes: []string{"service.version"}})
	r := rand.New(rand.NewPCG(5, 6))
	all := nodes(50, f.now)
	factor := 1.0
	serve := func(n *node) {
		d := time.Duration(30e6 * math.Exp(0.4*r.NormFloat64()))
		if n.name == "pod-7" {
			d = time.Duration(factor * float64(d))
		}
		n.serve(d, 200)
	}
	for range 40 {
		f.minute(r, all, 6, serve)
	}
	if len(f.news) != 0 {
		t.Fatalf("before anything happened: %+v", f.news)
	}
	factor = 10
	for range 4 {
		f.minute(r, all, 6, serve)
	}
	if len(f.news) != 1 || f.news[0].Member == nil || f.news[0].Member.Name != "pod-7" || fmt.Sprint(f.news[0].Member.Attributes) != "[service.version=1.4]" {
		t.Fatalf("%+v", f.news)
	}
	if v := f.Find("shop").Members(); len(v) != 1 || v[0].Slow < 4 || v[0].Others > 0.01 {
		t.Errorf("%+v", v)
	}
	factor = 1
	for range 14 {
		f.minute(r, all, 6, serve)
	}
	if last := f.news[len(f.news)-1]; len(f.news) != 2 || !last.Member.Ended {
		t.Errorf("%+v", f.news)
	}
}

// Sampled spans count as what they stand for.
func TestSampledSpansStandForMore(t *testing.T) {
	f := newTrial(t, Settings{})
	id := uint64(0)
	for range 30 {
		b := newBatch()
		for range 4 {
			id++
			b.get("shop", "/items", id, f.now, 20*time.Millisecond)
		}
		eachSpan(b.Traces, func(sp ptrace.Span) { sp.TraceState().FromRaw("ot=th:c;rv:f0000000000000") })
		f.send(b.Traces)
		f.pass(time.Second)
	}
	f.pass(20 * time.Second)
	row := f.row("shop", "GET /items")
	if row.Outcomes.Total() != 4*id || row.Timed != id || row.Weight != 4 {
		t.Errorf("%d requests, %d timed, weight %v; want %d, %d, 4", row.Outcomes.Total(), row.Timed, row.Weight, 4*id, id)
	}
	if text := f.Find("shop").Sampling(); text == "" {
		t.Error("nothing is said of a sample")
	}
	rows, covered := f.Find("shop").Engine().Rows(engine.Query{Window: engine.All})
	if rate := float64(rows[0].Outcomes.Total()) / covered.Length().Seconds(); rate < 5 {
		t.Errorf("%v requests a second", rate)
	}
}

func eachSpan(td ptrace.Traces, do func(ptrace.Span)) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, sp := range ss.Spans().All() {
				do(sp)
			}
		}
	}
}

func sumOf(counts []uint64) (n uint64) {
	for _, c := range counts {
		n += c
	}
	return n
}
