// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bufio"
	"fmt"
	"strings"
)

// Names of formats that code asks for. What is not the name of one is the format of an access log.
const (
	Auto = "auto" // told by the content
	CSV  = "csv"
	JSON = "json" // lines, with Options.Fields
)

// kind is a known format: how it is recognised, what is said of it, and how it is read.
type kind struct {
	name    string
	writes  string // what writes it, or how, for the help
	layout  string // of an access log
	columns bool   // the lines have columns that a header names
	keys    string // of JSON: each must have been seen, in the words of seenKeys
	in      Unit   // that durations are in; noUnit: --unit has to tell
	anyUnit bool   // --unit may tell another one
	note    string // what else is to be known
	lines   func(o *Options) lineParser
	traces  func() spanFormat
}

// kinds are all formats, in the order in which they are tried.
var kinds = []kind{
	{name: CSV, writes: "timestamp,route,duration_ms,status; timestamps are of completion, in RFC 3339; a header may reorder the columns",
		columns: true, in: milliseconds, lines: func(*Options) lineParser { return &csvParser{} }},
	{name: "nginx", writes: "the combined format with $request_time behind it", layout: NginxFormat, in: seconds, anyUnit: true},
	{name: "ingress-nginx", writes: "the Kubernetes ingress controller's default", layout: ingressNginxFormat, in: seconds},
	{name: "apache", writes: "the combined format with %D, %T or %{ms}T behind it, with --unit; Tomcat's too", layout: ApacheFormat, anyUnit: true},
	{name: "traefik", writes: "Traefik's access log (CLF)", layout: traefikFormat, in: milliseconds},
	{name: "traefik-json", writes: "the same as JSON", keys: "Duration RequestMethod DownstreamStatus", in: nanoseconds,
		lines: func(*Options) lineParser { return &traefikParser{} }},
	{name: "caddy", writes: "Caddy's access log (JSON)", keys: "request request.uri duration ts", in: seconds, anyUnit: true,
		lines: func(o *Options) lineParser { return &caddyParser{unit: o.Unit} }},
	{name: "envoy", writes: "Envoy's default", layout: envoyFormat, in: milliseconds},
	{name: "istio", writes: "Istio's default", layout: istioFormat, in: milliseconds},
	{name: "alb", writes: "AWS Application Load Balancer: the sum of its three times", layout: albFormat, in: seconds},
	{name: "cloudfront", writes: "CloudFront's standard log, with its #Fields", columns: true, in: seconds,
		lines: func(*Options) lineParser { return &cloudFrontParser{} }},
	{name: "haproxy", writes: "HAProxy's HTTP log, with or without syslog's prefix", layout: haproxyFormat, in: milliseconds,
		note: "its times have no zone and are taken as UTC"},
	{name: "otlp", writes: "OTLP/JSON traces, as the collector's file exporter writes them", keys: "resourceSpans", in: nanoseconds, traces: otlpFormat},
	{name: "tempo", writes: "a trace of Tempo's API", keys: "batches", in: nanoseconds, traces: otlpFormat},
	{name: "tempo", keys: "trace.resourceSpans", in: nanoseconds, traces: otlpFormat},
	{name: "tempo", keys: "trace.batches", in: nanoseconds, traces: otlpFormat},
	{name: "jaeger", writes: "a trace of Jaeger's page or API", keys: "data.traceID", in: microseconds, traces: jaegerFormat},
	{name: "jaeger", keys: "data.spans", in: microseconds, traces: jaegerFormat},
	{name: "jaeger", keys: "traceID spans", in: microseconds, traces: jaegerFormat},
	{name: "zipkin", writes: "traces of Zipkin's API, version 2", keys: "[] traceId id timestamp", in: microseconds, traces: zipkinFormat},
	{name: "stdouttrace", writes: "spans of OpenTelemetry's stdout exporter for Go", keys: "SpanContext StartTime EndTime", in: nanoseconds, traces: stdoutFormat},
	{name: JSON, writes: "JSON lines, with --field duration=KEY --field time=KEY", anyUnit: true,
		lines: func(o *Options) lineParser { return newFieldParser(o) }},
}

// Names are those of all formats.
func Names() []string {
	names := []string{Auto}
	for i := range kinds {
		if kinds[i].writes != "" {
			names = append(names, kinds[i].name)
		}
	}
	return names
}

// Help is a line for each format.
func Help() string {
	var b strings.Builder
	for i := range kinds {
		if k := &kinds[i]; k.writes != "" {
			_, _ = fmt.Fprintf(&b, "  %-14s %s\n", k.name, k.writes)
		}
	}
	_, _ = fmt.Fprintf(&b, "  %-14s one of these, by the content\n", Auto)
	return b.String()
}

// named returns the format of a name.
func named(name string) (*kind, bool) {
	for i := range kinds {
		if kinds[i].name == name {
			return &kinds[i], true
		}
	}
	return nil, false
}

// own is the format of a user's log format.
func own(text string) (*kind, error) {
	l, err := compile(text)
	if err != nil {
		return nil, err
	}
	return &kind{name: "as given", layout: text, in: l.unit(), anyUnit: true}, nil
}

// unit is what durations are taken to be in.
func (k *kind) unit(o *Options) (Unit, error) {
	switch {
	case o.Unit == noUnit:
		return k.in, nil
	case k.in == noUnit || k.anyUnit || k.in == o.Unit:
		return o.Unit, nil
	}
	return noUnit, fmt.Errorf("--unit is %s, but durations of the format %s are in %s", o.Unit, k.name, k.in)
}

// parser returns what reads the lines of a format.
func (k *kind) parser(o *Options) lineParser {
	if k.lines != nil {
		return k.lines(o)
	}
	return &accessParser{layout: mustCompile(k.layout), unit: o.Unit}
}

// open returns a reader of a stream in this format.
func (k *kind) open(in *bufio.Reader, o *Options) (Reader, error) {
	unit, err := k.unit(o)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	about := About{Format: k.name, Unit: unit, Note: k.note}
	if k.traces != nil {
		return newSpanReader(in, k.traces(), about), nil
	}
	return &lineReader{lines: lines{r: in}, parser: k.parser(o), about: about}, nil
}
