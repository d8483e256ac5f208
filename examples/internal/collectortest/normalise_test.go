// SPDX-License-Identifier: Apache-2.0

package collectortest

import (
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelperf/otelperf-go/examples/internal/collector"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// ours marks what we add: metrics, and spans of failed or slow requests that would not have been exported without us.
const ours = "ours: "

// documented are the attributes that we may add to spans, besides our own.
var documented = map[string]bool{"http.route": true}

// normalised returns everything that arrived as JSON with the number of times that it did. Times, and values that depend on
// them, are blanked.
func normalised(t *testing.T, r *collector.Received) map[string]int {
	t.Helper()
	items := map[string]int{}
	rescued := rescuedSpans(r)
	for from, span := range r.Spans() {
		td := ptrace.NewTraces()
		rs := td.ResourceSpans().AppendEmpty()
		from.Resource.CopyTo(rs.Resource())
		ss := rs.ScopeSpans().AppendEmpty()
		from.Scope.CopyTo(ss.Scope())
		to := ss.Spans().AppendEmpty()
		span.CopyTo(to)
		blankSpan(to)
		text, err := (&ptrace.JSONMarshaler{}).MarshalTraces(td)
		must(t, err)
		if rescued[span.SpanID()] {
			text = append([]byte(ours), text...)
		}
		items[string(text)]++
	}
	for from, m := range r.Metrics() {
		md := pmetric.NewMetrics()
		rm := md.ResourceMetrics().AppendEmpty()
		from.Resource.CopyTo(rm.Resource())
		sm := rm.ScopeMetrics().AppendEmpty()
		from.Scope.CopyTo(sm.Scope())
		to := sm.Metrics().AppendEmpty()
		m.CopyTo(to)
		blankMetric(to)
		text, err := (&pmetric.JSONMarshaler{}).MarshalMetrics(md)
		must(t, err)
		if strings.HasPrefix(m.Name(), "otelperf.") {
			text = append([]byte(ours), text...)
		}
		items[string(text)]++
	}
	return items
}

// rescuedSpans are those of rescued requests: the root is marked, and what hangs below it belongs to it.
func rescuedSpans(r *collector.Received) map[pcommon.SpanID]bool {
	out, parents := map[pcommon.SpanID]bool{}, map[pcommon.SpanID]pcommon.SpanID{}
	for _, s := range r.Spans() {
		if _, marked := s.Attributes().Get(string(conventions.RescuedKey)); marked {
			out[s.SpanID()] = true
		}
		parents[s.SpanID()] = s.ParentSpanID()
	}
	for id, parent := range parents {
		for n := 0; n < 10 && !parent.IsEmpty(); n++ {
			if out[parent] {
				out[id] = true
			}
			parent = parents[parent]
		}
	}
	return out
}

func blankSpan(s ptrace.Span) {
	s.SetStartTimestamp(0)
	s.SetEndTimestamp(0)
	for _, e := range s.Events().All() {
		e.SetTimestamp(0)
	}
	s.Attributes().RemoveIf(func(key string, _ pcommon.Value) bool {
		return documented[key] || strings.HasPrefix(key, "otelperf.")
	})
	sortAttributes(s.Attributes())
}

func sortAttributes(m pcommon.Map) {
	raw := m.AsRaw()
	keys := make([]string, 0, len(raw))
	for k := range raw {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	sorted := pcommon.NewMap()
	for _, k := range keys {
		v, _ := m.Get(k)
		v.CopyTo(sorted.PutEmpty(k))
	}
	sorted.CopyTo(m)
}

// timed tells whether a metric's values are durations, so that only their number is the same in two runs.
func timed(name string) bool { return strings.Contains(name, "duration") }

func blankMetric(m pmetric.Metric) {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		blankNumbers(m.Gauge().DataPoints())
	case pmetric.MetricTypeSum:
		blankNumbers(m.Sum().DataPoints())
	case pmetric.MetricTypeHistogram:
		points := m.Histogram().DataPoints()
		for _, p := range points.All() {
			p.SetStartTimestamp(0)
			p.SetTimestamp(0)
			sortAttributes(p.Attributes())
			if timed(m.Name()) {
				p.SetSum(0)
				p.SetMin(0)
				p.SetMax(0)
				p.BucketCounts().FromRaw(make([]uint64, p.BucketCounts().Len()))
			}
			blankExemplars(p.Exemplars(), timed(m.Name()))
		}
		points.Sort(func(a, b pmetric.HistogramDataPoint) bool { return text(a.Attributes()) < text(b.Attributes()) })
	case pmetric.MetricTypeExponentialHistogram:
		for _, p := range m.ExponentialHistogram().DataPoints().All() {
			p.SetStartTimestamp(0)
			p.SetTimestamp(0)
		}
	}
}

func blankNumbers(points pmetric.NumberDataPointSlice) {
	for _, p := range points.All() {
		p.SetStartTimestamp(0)
		p.SetTimestamp(0)
		sortAttributes(p.Attributes())
		blankExemplars(p.Exemplars(), false)
	}
	points.Sort(func(a, b pmetric.NumberDataPoint) bool { return text(a.Attributes()) < text(b.Attributes()) })
}

// blankExemplars leaves their number: which requests they show, the SDK picks at random. Of durations not even that, since there is one for
// each bucket.
func blankExemplars(all pmetric.ExemplarSlice, timed bool) {
	n := all.Len()
	all.RemoveIf(func(pmetric.Exemplar) bool { return true })
	if timed {
		return
	}
	for range n {
		all.AppendEmpty()
	}
}

func text(m pcommon.Map) string {
	var b strings.Builder
	for k, v := range m.All() {
		b.WriteString(k + "=" + v.AsString() + ",")
	}
	return b.String()
}
