// SPDX-License-Identifier: Apache-2.0

// Command show prints what has arrived at the example's collector.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelperf/otelperf-go/examples/internal/collector"
)

func main() {
	dir := flag.String("dir", "collector/arrived", "where the collector writes")
	flag.Parse()
	got, err := collector.Read(*dir)
	if err != nil {
		log.Fatal(err)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	traces(w, got)
	metrics(w, got)
	logs(w, got)
	if err := w.Flush(); err != nil {
		log.Fatal(err)
	}
}

// traces prints what tail sampling kept, and what otelperf wrote on it.
func traces(w io.Writer, got *collector.Received) {
	ids, kept, notes := map[pcommon.TraceID]bool{}, map[string]int{}, map[string]int{}
	for _, s := range got.Spans() {
		ids[s.TraceID()] = true
		if s.Kind() == ptrace.SpanKindServer {
			kept[s.Name()]++
		}
		for k := range s.Attributes().All() {
			if strings.HasPrefix(k, "otelperf.") {
				notes[k]++
			}
		}
	}
	_, _ = fmt.Fprintf(w, "TRACES that tail sampling kept: %d\n", len(ids))
	counts(w, kept)
	_, _ = fmt.Fprintln(w, "\nATTRIBUTES that otelperf wrote\tspans")
	counts(w, notes)
}

func counts(w io.Writer, by map[string]int) {
	for _, name := range slices.Sorted(maps.Keys(by)) {
		_, _ = fmt.Fprintf(w, "  %s\t%d\n", name, by[name])
	}
}

// metrics prints the last value of every point.
func metrics(w io.Writer, got *collector.Received) {
	rows := map[string]string{}
	for _, m := range got.Metrics() {
		add := func(attrs pcommon.Map, value string) {
			rows[m.Name()+" "+labels(attrs)] = fmt.Sprintf("%s\t%s\t%s\t%s", m.Name(), m.Unit(), labels(attrs), value)
		}
		switch m.Type() {
		case pmetric.MetricTypeGauge:
			for _, p := range m.Gauge().DataPoints().All() {
				add(p.Attributes(), number(p))
			}
		case pmetric.MetricTypeSum:
			for _, p := range m.Sum().DataPoints().All() {
				add(p.Attributes(), number(p))
			}
		case pmetric.MetricTypeExponentialHistogram:
			for _, p := range m.ExponentialHistogram().DataPoints().All() {
				var h collector.Histogram
				h.Add(p)
				add(p.Attributes(), fmt.Sprintf("%d, p99 %.4g ± %.2g %%", h.Count, h.Quantile(0.99), 100*h.Error()))
			}
		}
	}
	_, _ = fmt.Fprintln(w, "\nMETRIC\tunit\tof\tvalue")
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		_, _ = fmt.Fprintln(w, "  "+rows[key])
	}
}

func number(p pmetric.NumberDataPoint) string {
	if p.ValueType() == pmetric.NumberDataPointValueTypeInt {
		return fmt.Sprint(p.IntValue())
	}
	return fmt.Sprintf("%.4g", p.DoubleValue())
}

// labels names the endpoint or, where there is none, what else tells the points of a metric apart.
func labels(attrs pcommon.Map) string {
	var out []string
	for _, key := range []string{"http.request.method", "http.route", "http.response.status_code", "error.type", "otelperf.kind", "otelperf.endpoint", "otelperf.rescue.reason", "span.name", "status.code"} {
		if v, ok := attrs.Get(key); ok {
			out = append(out, v.AsString())
		}
	}
	return strings.Join(out, " ")
}

// logs prints the events.
func logs(w io.Writer, got *collector.Received) {
	_, _ = fmt.Fprintln(w, "\nLOG RECORD\tseverity\ttrace\ttext")
	for _, l := range got.Logs() {
		_, _ = fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", cmp.Or(l.EventName(), "-"), l.SeverityText(), l.TraceID(), l.Body().AsString())
	}
}
