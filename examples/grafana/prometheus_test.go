// SPDX-License-Identifier: Apache-2.0

package grafana

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/prometheus/promql/parser"
)

// filled are values of the variables of prometheus.json: all, as `All` would be.
var filled = strings.NewReplacer("$__rate_interval", "5m", "$service", ".*", "$instance", ".*", "$route", ".*")

// fromScrape are labels that Prometheus adds.
var fromScrape = []string{"job", "instance"}

// ofMachine are metrics that are there only where the operating system and the control group tell them.
var ofMachine = []string{"otelperf_runtime_cpu_throttled_ratio", "otelperf_runtime_cpu_quota", "otelperf_runtime_memory_pressure_ratio"}

// TestPrometheusQueriesFindTheirMetrics compares all names and labels of the dashboard with a scrape of a Monitor.
func TestPrometheusQueriesFindTheirMetrics(t *testing.T) {
	exported, traced := map[string]map[string]bool{}, false // labels by metric
	duringSpike(t, func(t *testing.T, s *service) {
		for _, f := range gather(t, s) {
			exported[f.GetName()] = labelsOf(f)
			traced = traced || f.GetName() == "otelperf_request_duration_seconds" && hasExemplar(f)
		}
	})
	if !traced {
		t.Error("no exemplar of a request names its trace")
	}
	asked := map[string]bool{}
	d := load(t, "prometheus.json")
	for title, exprs := range d.expressions(t) {
		for _, expr := range exprs {
			for name, used := range selectors(t, expr) {
				asked[name] = true
				known, ok := exported[name]
				if !ok && !slices.Contains(ofMachine, name) {
					t.Errorf("%s: %s is not exported", title, name)
				}
				for label := range used {
					if ok && known["http_route"] && exported["otelperf_endpoint_state"][label] {
						continue // another endpoint has it
					}
					if ok && !known[label] && !slices.Contains(fromScrape, label) {
						t.Errorf("%s: %s has no label %s, but %v", title, name, label, slices.Sorted(maps.Keys(known)))
					}
				}
			}
		}
	}
	for name := range exported {
		if strings.HasPrefix(name, "otelperf_") && !asked[name] {
			t.Errorf("no panel shows %s", name)
		}
	}
}

// TestEveryKindOfEndpointHasItsSeries groups the metrics of endpoints as the panels do: HTTP routes, RPC methods and jobs are
// told apart by what a panel groups by, and by what its legend shows.
func TestEveryKindOfEndpointHasItsSeries(t *testing.T) {
	endpoints := map[string][]map[string]string{} // labels by metric
	duringSpike(t, func(t *testing.T, s *service) {
		for _, f := range gather(t, s) {
			for _, m := range f.GetMetric() {
				labels := map[string]string{}
				for _, l := range m.GetLabel() {
					if l.GetName() != "error_type" {
						labels[l.GetName()] = l.GetValue()
					}
				}
				endpoints[f.GetName()] = append(endpoints[f.GetName()], labels)
			}
		}
	})
	d, looked := load(t, "prometheus.json"), 0
	for i := range d.Panels {
		for _, q := range d.Panels[i].Targets {
			by := grouping(t, filled.Replace(q.Expr))
			if !slices.Contains(by, "http_route") {
				continue
			}
			for name := range selectors(t, filled.Replace(q.Expr)) {
				series, legends := map[string]bool{}, map[string]bool{}
				for _, labels := range endpoints[name] {
					legend := q.LegendFormat
					if legend == "__auto" { // a table, whose columns are the labels
						legend = "{{" + strings.Join(by, "}} {{") + "}}"
					}
					for _, label := range by {
						legend = strings.ReplaceAll(legend, "{{"+label+"}}", labels[label])
					}
					legend = regexp.MustCompile(`\{\{\w+\}\}`).ReplaceAllString(legend, "") // what is not grouped by is empty
					series[fmt.Sprint(labels)] = true
					legends[strings.TrimSpace(legend)] = true
				}
				looked++
				if len(legends) != len(series) || legends[""] {
					t.Errorf("%s: %s has %d endpoints, shown as %q", d.Panels[i].Title, name, len(series), slices.Sorted(maps.Keys(legends)))
				}
			}
		}
	}
	if looked < 10 || len(endpoints["otelperf_endpoint_state"]) < 7 {
		t.Errorf("%d queries by endpoint, %d endpoints", looked, len(endpoints["otelperf_endpoint_state"]))
	}
}

// grouping is what an expression groups by at its outside.
func grouping(t *testing.T, expr string) (by []string) {
	t.Helper()
	tree, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	must(t, err)
	parser.Inspect(tree, func(n parser.Node, _ []parser.Node) error {
		if a, ok := n.(*parser.AggregateExpr); ok && by == nil {
			by = a.Grouping
		}
		return nil
	})
	return by
}

// gather is what a scrape returns.
func gather(t *testing.T, s *service) []*dto.MetricFamily {
	t.Helper()
	must(t, s.mon.Reader().ForceFlush(t.Context()))
	families, err := s.registry.Gather()
	must(t, err)
	return families
}

func labelsOf(f *dto.MetricFamily) map[string]bool {
	set := map[string]bool{}
	for _, m := range f.GetMetric() {
		for _, l := range m.GetLabel() {
			set[l.GetName()] = true
		}
	}
	return set
}

// hasExemplar reports whether one of the histograms' exemplars has the label that README.md names.
func hasExemplar(f *dto.MetricFamily) bool {
	for _, m := range f.GetMetric() {
		for _, e := range m.GetHistogram().GetExemplars() {
			if slices.ContainsFunc(e.GetLabel(), func(l *dto.LabelPair) bool { return l.GetName() == "trace_id" }) {
				return true
			}
		}
	}
	return false
}

// expressions are the PromQL of panels, variables and annotations, by what they are for.
func (d *dashboard) expressions(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for i := range d.Panels {
		for _, q := range d.Panels[i].Targets {
			all[d.Panels[i].Title] = append(all[d.Panels[i].Title], filled.Replace(q.Expr))
		}
	}
	for _, v := range d.Templating.List {
		if v.Type != "query" {
			continue
		}
		var q struct{ Query string }
		must(t, json.Unmarshal(v.Query, &q))
		m := regexp.MustCompile(`^label_values\((.+), (\w+)\)$`).FindStringSubmatch(q.Query)
		if m == nil {
			t.Fatalf("variable %s: %q is not label_values(selector, label)", v.Name, q.Query)
		}
		all["variable "+v.Name] = []string{"count by (" + m[2] + ") (" + filled.Replace(m[1]) + ")"}
	}
	for _, a := range d.Annotations.List {
		if a.BuiltIn == 0 {
			all["annotation "+a.TextFormat] = []string{filled.Replace(a.Expr)}
		}
	}
	return all
}

// selectors are the metrics in an expression, with the labels that it matches, or groups by, around them.
func selectors(t *testing.T, expr string) map[string]map[string]bool {
	t.Helper()
	tree, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	out := map[string]map[string]bool{}
	parser.Inspect(tree, func(n parser.Node, path []parser.Node) error {
		v, ok := n.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		if out[v.Name] == nil {
			out[v.Name] = map[string]bool{}
		}
		for _, m := range v.LabelMatchers {
			out[v.Name][m.Name] = true
		}
		for _, above := range path {
			if a, ok := above.(*parser.AggregateExpr); ok {
				for _, label := range a.Grouping {
					out[v.Name][label] = true
				}
			}
		}
		delete(out[v.Name], "__name__")
		return nil
	})
	return out
}

// TestLegendsHaveTheirLabels checks that no legend names a label that its query has aggregated away.
func TestLegendsHaveTheirLabels(t *testing.T) {
	named := regexp.MustCompile(`{{(\w+)}}`)
	exemplars := false
	d := load(t, "prometheus.json")
	for i := range d.Panels {
		for _, q := range d.Panels[i].Targets {
			exemplars = exemplars || q.Exemplar && strings.Contains(q.Expr, "otelperf_request_duration_seconds")
			for _, m := range named.FindAllStringSubmatch(q.LegendFormat, -1) {
				if strings.Contains(q.Expr, " by (") && !regexp.MustCompile(` by \([^)]*\b`+m[1]+`\b`).MatchString(q.Expr) {
					t.Errorf("%q has {{%s}} in its legend, but not in its result", d.Panels[i].Title, m[1])
				}
			}
			if strings.Contains(q.Expr, "quantile(") && d.Panels[i].FieldConfig.Defaults.Unit != "s" {
				t.Errorf("%q shows seconds as %q", d.Panels[i].Title, d.Panels[i].FieldConfig.Defaults.Unit)
			}
		}
	}
	if !exemplars {
		t.Error("no panel asks for exemplars")
	}
}
