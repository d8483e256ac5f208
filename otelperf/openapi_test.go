// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/events"
	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
	"github.com/otelperf/otelperf-go/otelperf/internal/past"
	"github.com/otelperf/otelperf-go/otelperf/internal/peers"
	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
	"github.com/otelperf/otelperf-go/otelperf/internal/runtimesignals"
	"github.com/otelperf/otelperf-go/otelperf/internal/stacks"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

type openAPI struct {
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Schemas map[string]struct {
			Properties map[string]json.RawMessage `json:"properties"`
			Required   []string                   `json:"required"`
		} `json:"schemas"`
	} `json:"components"`
}

func readOpenAPI(t *testing.T) (doc openAPI) {
	t.Helper()
	if err := json.Unmarshal(openAPIText(t), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func openAPIText(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("internal/companion/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func keys[V any](m map[string]V) map[string]bool {
	out := map[string]bool{}
	for k := range m {
		out[k] = true
	}
	return out
}

// schemas are the Go types whose JSON a schema describes.
var schemas = map[string]any{
	"Summary": Summary{}, "Breakdown": Breakdown{}, "EndpointRow": EndpointRow{}, "DetailedRow": detailedRow{}, "Histogram": histogram{},
	"EndpointList": endpointList{}, "DependencyList": dependencyList{}, "Series": seriesAnswer{}, "SeriesPoint": seriesPoint{},
	"Distribution": distribution{}, "DistributionQuantile": distributionQuantile{}, "DistributionBucket": distributionBucket{},
	"Heatmap": heatmap{}, "HeatmapColumn": heatmapColumn{}, "ComparedBucket": comparedBucket{},
	"Fleet": peers.Fleet{}, "FleetInstance": peers.Listed{}, "OutOfLine": peers.OutOfLine{}, "FleetRow": peers.Shared{}, "FleetState": peers.State{},
	"Stored": past.Stored{}, "StoredSpan": past.Span{}, "Usual": usual{}, "UsualNumbers": usualNumbers{}, "UsualSeries": usualSeries{}, "UsualLine": usualLine{},
	"EndpointDetail": endpointDetail{}, "Difference": difference{}, "Dimension": dimension{}, "DimensionRow": dimensionRow{},
	"SlowList": slowList{}, "SlowRequest": SlowRequest{}, "RequestRef": RequestRef{}, "SpikeError": SpikeError{}, "RepeatedCalls": RepeatedCalls{}, "SlowTrace": slowTrace{}, "RankedCause": causes.Ranked{},
	"RequestInRecording": recordedRequest{}, "RecordedPart": recordedPart{}, "RecordedState": recordedState{}, "Spike": Spike{}, "SpikeEndpoint": SpikeEndpoint{},
	"SpikeList": spikeList{}, "Ack": mutes.Ack{}, "Muted": mutes.Muted{}, "Mute": mutes.Mute{}, "MuteList": muteList{}, "SpikeChange": spikeChange{}, "ActiveList": activeList{}, "ActiveRequest": activeRequest{},
	"ErrorList": errorList{}, "ErrorGroup": errorGroup{}, "Health": Health{}, "Verdict": Verdict{}, "VerdictSubject": VerdictSubject{}, "HealthCheck": HealthCheck{}, "NotifierStatus": NotifierStatus{}, "Settings": Settings{},
	"ResetAnswer": resetAnswer{}, "Mark": marks.Mark{}, "MarkRequest": marks.Request{}, "MarkList": markList{}, "Comparison": comparison{}, "ComparedSide": comparedSide{}, "Interval": interval{}, "Change": measuredChange{}, "AfterMark": marks.After{}, "Diagnostics": Diagnostics{}, "ProcessorStats": spikeprocessor.Stats{}, "EngineStats": engine.Stats{},
	"SlowLogStats": slowlog.Stats{}, "SlowLogLimits": slowlog.Limits{}, "StreamStats": Diagnostics{}.Streams, "OwnCost": OwnCost{},
	"Anatomy": slowlog.Anatomy{}, "Node": slowlog.Node{}, "Finding": slowlog.Finding{}, "ErrorInfo": slowlog.ErrorInfo{},
	"Runtime": runtimesignals.Report{}, "RuntimeReading": runtimesignals.Reading{}, "RuntimeLine": runtimesignals.Line{},
	"RuntimeDeviation": runtimesignals.Deviation{}, "PoolState": runtimesignals.PoolState{}, "RuntimeAnswer": runtimeAnswer{},
	"StackSeen": stacks.Seen{}, "StackGroup": stacks.Group{}, "StackStarted": stacks.Started{},
	"Stacks": stacksAnswer{}, "StackLine": lineShare{}, "StackTime": stackTime{},
	"EvidenceAnswer": evidenceAnswer{}, "RecordingAnswer": recordingAnswer{}, "RecordedEndpoint": recordedEndpoint{},
	"RecorderStatus": causes.RecorderStatus{}, "Cause": causes.Cause{}, "CodePlace": causes.Place{}, "RecordedRequest": causes.Request{},
	"RequestPart": causes.Part{}, "StateSpan": causes.Span{},
	"ErrorBudget": ErrorBudget{}, "BurnRate": BurnRate{}, "ObjectiveList": objectiveList{},
	"Problem": problem.Problem{}, "Leak": spikeprocessor.Leak{}, "EventStats": events.Stats{},
}

// Every field of the Go types is in its schema, and required unless it may be left out; and the schema has no others.
func TestOpenAPIHasEveryField(t *testing.T) {
	doc := readOpenAPI(t)
	for name, value := range schemas {
		fields := jsonFields(reflect.TypeOf(value))
		schema := doc.Components.Schemas[name]
		var required []string
		for field, optional := range fields {
			if !optional {
				required = append(required, field)
			}
		}
		slices.Sort(required)
		slices.Sort(schema.Required)
		if got, want := slices.Sorted(maps.Keys(schema.Properties)), slices.Sorted(maps.Keys(fields)); !slices.Equal(got, want) {
			t.Errorf("%s: the schema has %v\nthe Go type %v", name, got, want)
		}
		if !slices.Equal(schema.Required, required) {
			t.Errorf("%s: the schema requires %v\nthe Go type always has %v", name, schema.Required, required)
		}
	}
}

// jsonFields are the names of a struct's fields in JSON, and whether they may be left out.
func jsonFields(t reflect.Type) map[string]bool {
	fields := map[string]bool{}
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case f.Anonymous && name == "":
			maps.Copy(fields, jsonFields(f.Type))
		case f.IsExported():
			fields[name] = strings.Contains(options, "omit")
		}
	}
	return fields
}

// An entry writes its JSON itself.
func TestOpenAPIHasEveryFieldOfAnEntry(t *testing.T) {
	schema := readOpenAPI(t).Components.Schemas["Entry"]
	bare, full := entryFields(t, slowlog.Entry{}), entryFields(t, slowlog.Entry{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, ParentSpanID: trace.SpanID{2}, Status: 500, Start: time.Now(), Duration: 1, Threshold: 1,
		BaselineP99: 1, Ratio: 1, SpikeID: "x", Error: slowlog.ErrorInfo{Type: "x"}, Dimensions: map[string]string{"a": "b"}, Anatomy: &slowlog.Anatomy{},
	})
	slices.Sort(schema.Required)
	if got := slices.Sorted(maps.Keys(schema.Properties)); !slices.Equal(got, full) || !slices.Equal(schema.Required, bare) {
		t.Errorf("the schema has %v and requires %v\nan entry has %v, at least %v", got, schema.Required, full, bare)
	}
}

func entryFields(t *testing.T, e slowlog.Entry) []string {
	t.Helper()
	body, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(fields))
}

// Every reference leads somewhere, and every schema is used.
func TestOpenAPIReferences(t *testing.T) {
	text := string(openAPIText(t))
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`#/components/schemas/(\w+)`).FindAllStringSubmatch(text, -1) {
		used[m[1]] = true
	}
	for _, streamed := range []string{"SpikeChange", "Diagnostics"} { // in the text of stream, and flattened in DiagnosticsAnswer
		used[streamed] = true
	}
	have := keys(readOpenAPI(t).Components.Schemas)
	if !maps.Equal(used, have) {
		t.Errorf("used %v\nhave %v", slices.Sorted(maps.Keys(used)), slices.Sorted(maps.Keys(have)))
	}
}
