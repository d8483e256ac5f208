// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelperf/otelperf-go/examples/internal/collector"
)

// requestDuration is the metric of requests by endpoint.
const requestDuration = "otelperf.request.duration"

// row is what one endpoint of the service looks like.
type row struct {
	service, route string
	requests       uint64
	instances      int
	exact          float64 // p99 in seconds, by sorting all requests
	merged         float64 // of the sum of the instances' histograms
	bound          float64 // the most that merged is off, as a share
	averaged       float64 // average of the instances' p99
}

// off is how far x is from the truth, as a share of it.
func (r row) off(x float64) float64 { return math.Abs(x-r.exact) / r.exact }

// key is what a service's numbers are kept by.
type key struct{ service, route string }

// merge adds up the last point of each instance.
func merge(got *collector.Received) map[key]*collector.Histogram {
	last := map[key]map[string]pmetric.ExponentialHistogramDataPoint{} // by instance: cumulative, so the last one has it all
	for from, m := range got.Metrics() {
		if m.Name() != requestDuration {
			continue
		}
		resource := from.Resource.Attributes().AsRaw()
		for _, p := range m.ExponentialHistogram().DataPoints().All() {
			k := key{service: fmt.Sprint(resource["service.name"])}
			if v, ok := p.Attributes().Get("http.route"); ok {
				k.route = v.Str()
			}
			if last[k] == nil {
				last[k] = map[string]pmetric.ExponentialHistogramDataPoint{}
			}
			last[k][fmt.Sprint(resource["service.instance.id"])] = p
		}
	}
	merged := map[key]*collector.Histogram{}
	for k, points := range last {
		merged[k] = &collector.Histogram{}
		for _, p := range points {
			merged[k].Add(p)
		}
	}
	return merged
}

// compare has a row for each endpoint.
func compare(known truth, got *collector.Received) (rows []row) {
	merged := merge(got)
	for _, e := range endpoints {
		h := merged[key{"shop", e.route}]
		if h == nil {
			h = &collector.Histogram{}
		}
		r := row{service: "shop", route: e.route, requests: h.Count, instances: len(known.perInstance[e.route]), exact: exact(known.all[e.route], 0.99), merged: h.Quantile(0.99), bound: h.Error()}
		for _, p99 := range known.perInstance[e.route] {
			r.averaged += p99 / float64(r.instances)
		}
		rows = append(rows, r)
	}
	return rows
}

func printRows(w io.Writer, rows []row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "service\troute\tinstances\trequests\texact p99\tmerged p99\toff\taverage of p99s\toff\t")
	for _, r := range rows {
		_, _ = fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%.1f ms\t%.1f ms\t%.2f %%\t%.1f ms\t%.0f %%\t\n", r.service, r.route, r.instances, r.requests,
			1e3*r.exact, 1e3*r.merged, 100*r.off(r.merged), 1e3*r.averaged, 100*r.off(r.averaged))
	}
	return t.Flush()
}
