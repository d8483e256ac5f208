// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/otelperf/otelperf-go/otelperf"
)

// What the environment asks for and Setup does not do is said once, with the option or call that does it.
func TestSetupSaysWhatTheEnvironmentAsksFor(t *testing.T) {
	spans := otelperf.WithSpanExporter(&kept{})
	for _, tt := range []struct {
		about   string
		env     map[string]string
		options []otelperf.SetupOption
		want    []string // in each line
	}{
		{about: "nothing is set"},
		{about: "none is what Setup does", env: map[string]string{"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": " none ", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}},
		{"traces", map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, nil, []string{"OTEL_TRACES_EXPORTER WithSpanExporter"}},
		{"traces, and an exporter is there", map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, []otelperf.SetupOption{spans}, nil},
		{"metrics, and spans alone go out", map[string]string{"OTEL_METRICS_EXPORTER": "otlp,prometheus"}, []otelperf.SetupOption{spans},
			[]string{"OTEL_METRICS_EXPORTER WithMetricReader WithMetricExporter"}},
		{"metrics, and a reader is there", map[string]string{"OTEL_METRICS_EXPORTER": "prometheus"},
			[]otelperf.SetupOption{otelperf.WithMetricReader(sdkmetric.NewManualReader())}, nil},
		{"an address alone", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, nil, []string{"OTEL_EXPORTER_OTLP_ENDPOINT WithSpanExporter"}},
		{"both and an address", map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_METRICS_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, nil,
			[]string{"OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER"}},
		{"the propagators that there are", map[string]string{"OTEL_PROPAGATORS": "tracecontext,baggage"}, nil, nil},
		{"other propagators", map[string]string{"OTEL_PROPAGATORS": "b3,tracecontext"}, nil, []string{"OTEL_PROPAGATORS SetTextMapPropagator"}},
		{"no propagator", map[string]string{"OTEL_PROPAGATORS": "none"}, nil, []string{"OTEL_PROPAGATORS SetTextMapPropagator"}},
	} {
		t.Run(tt.about, func(t *testing.T) {
			keepGlobals(t)
			for name, value := range tt.env {
				t.Setenv(name, value)
			}
			var out bytes.Buffer
			_, shutdown, err := otelperf.Setup(t.Context(), append(tt.options, otelperf.WithLogger(slog.New(slog.NewTextHandler(&out, nil))))...)
			if err != nil {
				t.Fatal(err)
			}
			if err := shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			var lines []string
			for line := range strings.Lines(out.String()) {
				if strings.Contains(line, "Setup") {
					lines = append(lines, line)
				}
			}
			if len(lines) != len(tt.want) {
				t.Fatalf("said %q, want %d lines", lines, len(tt.want))
			}
			for i, want := range tt.want {
				for word := range strings.FieldsSeq(want) {
					if !strings.Contains(lines[i], word) || !strings.Contains(lines[i], "level=WARN") {
						t.Errorf("%q does not warn of %s", lines[i], word)
					}
				}
			}
		})
	}
}

// The name of the service comes from the environment, else the option, else the resource; and a resource of another version of the
// semantic conventions is taken as well.
func TestSetupNamesTheService(t *testing.T) {
	of := func(name string) otelperf.SetupOption {
		return otelperf.WithResource(resource.NewWithAttributes("https://opentelemetry.io/schemas/1.20.0", semconv.ServiceName(name), semconv.ServiceVersion("1.2.3")))
	}
	for _, tt := range []struct {
		about, env, want, version string
		options                   []otelperf.SetupOption
	}{
		{"resource", "", "by-resource", "1.2.3", []otelperf.SetupOption{of("by-resource")}},
		{"option", "", "by-option", "", []otelperf.SetupOption{otelperf.WithServiceName("by-option")}},
		{"option and resource", "", "by-option", "1.2.3", []otelperf.SetupOption{otelperf.WithServiceName("by-option"), of("by-resource")}},
		{"environment", "by-env", "unknown_service:otelperf.test", "", []otelperf.SetupOption{otelperf.WithServiceName("by-option")}}, // the SDK has read it before
	} {
		t.Run(tt.about, func(t *testing.T) {
			keepGlobals(t)
			t.Setenv("OTEL_SERVICE_NAME", tt.env)
			mon, shutdown, err := otelperf.Setup(t.Context(), tt.options...)
			if err != nil {
				t.Fatal(err)
			}
			_, span := otel.Tracer("test").Start(t.Context(), "a span brings the resource")
			span.End()
			if s := mon.Summary(otelperf.Window5m); s.Service != tt.want || s.Version != tt.version {
				t.Errorf("service is %q of version %q, want %q of %q", s.Service, s.Version, tt.want, tt.version)
			}
			if err := shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
