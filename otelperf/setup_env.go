// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"os"
	"slices"
	"strings"
)

// unanswered says what the environment asks for that Setup does not do, and what does: exporters and propagators are not built
// in, since every program would have to carry all of them.
func (c *setupConfig) unanswered() (lines []string) {
	const auto = "go.opentelemetry.io/contrib/exporters/autoexport"
	spans, metrics := len(c.spanExporters) > 0, len(c.metricExporters)+len(c.metricReaders) > 0
	asks := func(name, what string) {
		if v := envList(name); len(v) > 0 && !slices.Equal(v, []string{"none"}) {
			lines = append(lines, "otelperf: "+name+" is set, but "+what)
		}
	}
	if !spans {
		asks("OTEL_TRACES_EXPORTER", "Setup has no span exporter: make one, such as "+auto+".NewSpanExporter, which reads the variable, and pass it with WithSpanExporter")
	}
	if !metrics {
		asks("OTEL_METRICS_EXPORTER", "Setup has no metric exporter: make a reader, such as "+auto+
			".NewMetricReader, which reads the variable, and pass it with WithMetricReader, or an exporter with WithMetricExporter")
	}
	if !spans && !metrics && len(lines) == 0 && os.Getenv("OTEL_TRACES_EXPORTER") == "" && os.Getenv("OTEL_METRICS_EXPORTER") == "" {
		asks("OTEL_EXPORTER_OTLP_ENDPOINT", "Setup has no exporter: make one, such as otlptracehttp.New, which reads the variable, and pass it with WithSpanExporter")
	}
	if v := envList("OTEL_PROPAGATORS"); len(v) > 0 && !slices.Equal(v, []string{"baggage", "tracecontext"}) {
		lines = append(lines, "otelperf: OTEL_PROPAGATORS is set, but Setup installs tracecontext and baggage: after it, call "+
			"otel.SetTextMapPropagator, such as with go.opentelemetry.io/contrib/propagators/autoprop.NewTextMapPropagator, which reads the variable")
	}
	return lines
}

// envList returns the parts of a variable that is a list, sorted, each once.
func envList(name string) (parts []string) {
	for part := range strings.SplitSeq(os.Getenv(name), ",") {
		if part = strings.ToLower(strings.TrimSpace(part)); part != "" {
			parts = append(parts, part)
		}
	}
	slices.Sort(parts)
	return slices.Compact(parts)
}
