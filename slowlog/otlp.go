// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"encoding/json"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// scopeName is the instrumentation scope of exported spans.
const scopeName = "github.com/otelperf/otelperf-go/slowlog"

// OTLP writes entries as one OTLP/JSON trace document, which collectors and trace viewers read: ids in hex, kinds
// and status codes as numbers, times as strings of nanoseconds
// (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). The resource is what the spans belong to, as
// in attribute.String("service.name", "shop").
//
// Every child span of an anatomy that [Build] made is there with its own id and time, folded ones too; those of one
// node share the attributes of the first. An anatomy that was read from JSON has one span for each node. Orphans
// hang below the root.
func OTLP(entries iter.Seq[*Entry], resource ...attribute.KeyValue) ([]byte, error) {
	spans := []otlpSpan{}
	for e := range entries {
		spans = append(spans, spansOf(e)...)
	}
	return json.Marshal(otlpDocument{ResourceSpans: []otlpResourceSpans{{
		Resource:   otlpResource{Attributes: keyValues(resource)},
		ScopeSpans: []otlpScopeSpans{{Scope: otlpScope{Name: scopeName}, Spans: spans}},
	}}})
}

// The types below are the parts of opentelemetry-proto's trace.proto and common.proto that are used here.
type (
	otlpDocument struct {
		ResourceSpans []otlpResourceSpans `json:"resourceSpans"`
	}
	otlpResourceSpans struct {
		Resource   otlpResource     `json:"resource"`
		ScopeSpans []otlpScopeSpans `json:"scopeSpans"`
	}
	otlpResource struct {
		Attributes []otlpKeyValue `json:"attributes"`
	}
	otlpScopeSpans struct {
		Scope otlpScope  `json:"scope"`
		Spans []otlpSpan `json:"spans"`
	}
	otlpScope struct {
		Name string `json:"name"`
	}
	otlpSpan struct {
		TraceID      string         `json:"traceId"`
		SpanID       string         `json:"spanId"`
		ParentSpanID string         `json:"parentSpanId,omitempty"`
		Flags        uint32         `json:"flags,omitempty"`
		Name         string         `json:"name"`
		Kind         int            `json:"kind"`
		Start        string         `json:"startTimeUnixNano"`
		End          string         `json:"endTimeUnixNano"`
		Attributes   []otlpKeyValue `json:"attributes,omitempty"`
		Events       []otlpEvent    `json:"events,omitempty"`
		Status       otlpStatus     `json:"status"`
	}
	otlpEvent struct {
		Time       string         `json:"timeUnixNano"`
		Name       string         `json:"name"`
		Attributes []otlpKeyValue `json:"attributes,omitempty"`
	}
	otlpStatus struct {
		Code    int    `json:"code,omitempty"` // 0 unset, 1 ok, 2 error: not the order of the API's codes
		Message string `json:"message,omitempty"`
	}
	otlpKeyValue struct {
		Key   string    `json:"key"`
		Value otlpValue `json:"value"`
	}
	otlpValue struct { // exactly one of them
		String *string  `json:"stringValue,omitempty"`
		Bool   *bool    `json:"boolValue,omitempty"`
		Int    *string  `json:"intValue,omitempty"`
		Double *float64 `json:"doubleValue,omitempty"`
	}
)

const (
	otlpOK    = 1
	otlpError = 2
)

// spansOf is the span of the request itself, and those of its anatomy.
func spansOf(e *Entry) []otlpSpan {
	x := otlpExport{entry: e}
	root := x.span(e.SpanID, e.ParentSpanID, 0, int64(e.Duration))
	root.Name, root.Kind = e.Endpoint(), int(trace.SpanKindServer)
	root.Attributes, root.Status, root.Events = keyValues(rootAttributes(e)), rootStatus(e), exceptions(e, root.End)
	if e.Anatomy != nil && e.Anatomy.Root != nil {
		root.Name, root.Kind = e.Anatomy.Root.Name, int(kindOf(e.Anatomy.Root.Kind))
	}
	x.out = append(x.out, root)
	if e.Anatomy != nil && e.Anatomy.Root != nil {
		for _, c := range e.Anatomy.Root.Children {
			x.node(c, e.SpanID)
		}
	}
	return x.out
}

type otlpExport struct {
	entry *Entry
	out   []otlpSpan
}

func (x *otlpExport) span(id, parent trace.SpanID, start, end int64) otlpSpan {
	s := otlpSpan{TraceID: x.entry.TraceID.String(), SpanID: id.String(), Start: x.at(start), End: x.at(end)}
	if parent.IsValid() {
		s.ParentSpanID = parent.String()
	}
	if x.entry.Sampled || x.entry.Rescued {
		s.Flags = uint32(trace.FlagsSampled)
	}
	return s
}

// at is a time of the request as OTLP has it. Before 1970 there is none.
func (x *otlpExport) at(ns int64) string {
	return unixNano(x.entry.Start.Add(time.Duration(ns)))
}

func unixNano(t time.Time) string {
	if t.Year() < 1970 || t.Year() > 2261 { // beyond, UnixNano is undefined
		return "0"
	}
	return strconv.FormatInt(t.UnixNano(), 10)
}

func (x *otlpExport) node(n *Node, parent trace.SpanID) {
	if n == nil {
		return
	}
	instances := n.spans
	if len(instances) == 0 {
		id, err := trace.SpanIDFromHex(n.SpanID)
		if err != nil {
			return // its children would have no parent
		}
		start := int64(fromMillis(n.OffsetMs))
		instances = []instance{{id: id, parent: parent, start: start, end: start + int64(fromMillis(n.DurationMs))}}
	}
	for _, in := range instances {
		x.out = append(x.out, x.instance(n, in))
	}
	for _, c := range n.Children {
		x.node(c, instances[0].id)
	}
}

func (x *otlpExport) instance(n *Node, in instance) otlpSpan {
	s := x.span(in.id, in.parent, in.start, in.end)
	s.Name, s.Kind = n.Name, int(kindOf(n.Kind))
	for _, key := range slices.Sorted(maps.Keys(n.Attributes)) {
		s.Attributes = append(s.Attributes, otlpKeyValue{key, valueOf(key, n.Attributes[key])})
	}
	switch n.Status {
	case "ok":
		s.Status.Code = otlpOK
	case "error":
		s.Status = otlpStatus{Code: otlpError, Message: n.Error.Message}
	}
	return s
}

// rootAttributes are those that the entry knows, by the names of the semantic conventions where there are some.
func rootAttributes(e *Entry) []attribute.KeyValue {
	out := []attribute.KeyValue{attribute.String("otelperf.outcome", e.Outcome.String()), attribute.String("otelperf.reason", e.Reason)}
	add := func(is bool, kv attribute.KeyValue) {
		if is {
			out = append(out, kv)
		}
	}
	http := e.Kind == "server"
	add(e.Slow(), attribute.Bool("otelperf.slow", true))
	add(e.Rescued, attribute.Bool("otelperf.rescued", true))
	add(e.BaselineP99 > 0, attribute.Float64("otelperf.baseline.p99", e.BaselineP99.Seconds()))
	add(e.Ratio > 0, attribute.Float64("otelperf.baseline.ratio", e.Ratio))
	add(e.SpikeID != "", attribute.String("otelperf.spike.id", e.SpikeID))
	add(http && e.Method != "", attribute.String("http.request.method", e.Method))
	add(http && e.Route != "", attribute.String("http.route", e.Route))
	add(http && e.Path != "", attribute.String("url.path", e.Path))
	add(http && e.Status != 0, attribute.Int("http.response.status_code", e.Status))
	add(e.Error.Type != "", attribute.String("error.type", e.Error.Type))
	for _, k := range slices.Sorted(maps.Keys(e.Dimensions)) {
		out = append(out, attribute.String(k, e.Dimensions[k]))
	}
	return out
}

func rootStatus(e *Entry) otlpStatus {
	if !e.Failed() {
		return otlpStatus{}
	}
	return otlpStatus{Code: otlpError, Message: e.Error.Message}
}

// exceptions is the error of the entry as the event that the SDK's RecordError makes.
func exceptions(e *Entry, at string) []otlpEvent {
	if e.Error == (ErrorInfo{}) {
		return nil
	}
	var attrs []attribute.KeyValue
	for _, kv := range []struct{ key, value string }{
		{"exception.type", e.Error.Type}, {"exception.message", e.Error.Message}, {"exception.stacktrace", e.Error.Stack},
	} {
		if kv.value != "" {
			attrs = append(attrs, attribute.String(kv.key, kv.value))
		}
	}
	return []otlpEvent{{Time: at, Name: "exception", Attributes: keyValues(attrs)}}
}

func keyValues(attrs []attribute.KeyValue) []otlpKeyValue {
	out := make([]otlpKeyValue, 0, len(attrs))
	for _, kv := range attrs {
		out = append(out, otlpKeyValue{string(kv.Key), valueFrom(kv.Value)})
	}
	return out
}

// valueFrom keeps the type of scalars; lists become their text.
func valueFrom(v attribute.Value) otlpValue {
	switch v.Type() {
	case attribute.BOOL:
		b := v.AsBool()
		return otlpValue{Bool: &b}
	case attribute.INT64:
		return intValue(v.AsInt64())
	case attribute.FLOAT64:
		if f := v.AsFloat64(); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return otlpValue{Double: &f}
		}
	}
	text := v.String()
	return otlpValue{String: &text}
}

// valueOf gives back their type to the attributes that the conventions define as numbers.
func valueOf(key, text string) otlpValue {
	switch key {
	case attrServerPort, attrHTTPStatus, attrHTTPResends, attrMessagingCount:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return intValue(n)
		}
	}
	return otlpValue{String: &text}
}

func intValue(n int64) otlpValue {
	text := strconv.FormatInt(n, 10)
	return otlpValue{Int: &text}
}
