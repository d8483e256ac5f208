// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/metadata"
)

// logsOf is a message of an incident as the library emits it, with the service as its resource.
func logsOf(n *fleet.News) plog.Logs {
	if n.Member != nil {
		return memberLogs(n)
	}
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	putResource(rl.Resource(), n.Service.Name())
	sl := rl.ScopeLogs().AppendEmpty()
	putScope(sl.Scope())
	from := otelperf.EventRecord(&n.Event)
	to := sl.LogRecords().AppendEmpty()
	to.SetEventName(from.EventName())
	to.SetTimestamp(pcommon.NewTimestampFromTime(from.Timestamp()))
	to.SetObservedTimestamp(pcommon.NewTimestampFromTime(n.At))
	to.SetSeverityNumber(plog.SeverityNumber(from.Severity()))
	to.SetSeverityText(from.SeverityText())
	put(to.Body(), from.Body())
	if n.Muted {
		to.SetSeverityNumber(plog.SeverityNumberInfo)
		to.SetSeverityText("INFO")
	}
	attrs := to.Attributes()
	attrs.EnsureCapacity(from.AttributesLen())
	from.WalkAttributes(func(kv attribute.KeyValue) bool {
		put(attrs.PutEmpty(string(kv.Key)), kv.Value)
		return true
	})
	if n.Muted {
		attrs.PutStr("otelperf.alert.severity", "info")
		attrs.PutBool("otelperf.spike.muted", true)
	}
	if len(n.Related) > 0 {
		putRelated(to, n.Related)
	}
	if text := n.Service.Sampling(); text != "" {
		attrs.PutStr("otelperf.sampling", text)
	}
	if examples := n.Event.Incident.Examples; len(examples) > 0 {
		to.SetTraceID(pcommon.TraceID(examples[0].TraceID))
		to.SetSpanID(pcommon.SpanID(examples[0].SpanID))
	}
	return ld
}

// putRelated names the incidents of other services that are open for the same cause.
func putRelated(to plog.LogRecord, related []fleet.Related) {
	ids := to.Attributes().PutEmptySlice("otelperf.spike.related")
	var services []string
	for i := range related {
		ids.AppendEmpty().SetStr(related[i].ID)
		if name := related[i].Service.String(); !slices.Contains(services, name) {
			services = append(services, name)
		}
	}
	const named = 3
	text := strings.Join(services[:min(len(services), named)], ", ")
	if more := len(services) - named; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	to.Body().SetStr(to.Body().Str() + "; incidents for the same cause at: " + text)
}

// restKey marks the resource of what is no service, but all those beyond max_services; see putResource.
const restKey = "otelperf.service.rest"

// putResource writes a service. All beyond max_services are told from a service that is called so, too, by an instance of their own: Prometheus
// has nothing else of a resource on its series.
func putResource(r pcommon.Resource, n fleet.Name) {
	r.Attributes().PutStr("service.name", n.Name)
	if n.Namespace != "" {
		r.Attributes().PutStr("service.namespace", n.Namespace)
	}
	if n == fleet.Other {
		r.Attributes().PutStr("service.instance.id", "rest")
		r.Attributes().PutBool(restKey, true)
	}
}

func putScope(s pcommon.InstrumentationScope) {
	s.SetName(metadata.ScopeName)
	s.SetVersion(otelperf.Version)
}

// put writes a value of the SDK's.
func put(to pcommon.Value, v attribute.Value) {
	switch v.Type() {
	case attribute.BOOL:
		to.SetBool(v.AsBool())
	case attribute.INT64:
		to.SetInt(v.AsInt64())
	case attribute.FLOAT64:
		to.SetDouble(v.AsFloat64())
	case attribute.STRING:
		to.SetStr(v.AsString())
	case attribute.STRINGSLICE:
		list := to.SetEmptySlice()
		for _, s := range v.AsStringSlice() {
			list.AppendEmpty().SetStr(s)
		}
	default:
		to.SetStr(v.String())
	}
}

// putAttributes writes those of an endpoint, and others.
func putAttributes(to pcommon.Map, attrs []attribute.KeyValue) {
	for i := range attrs {
		put(to.PutEmpty(string(attrs[i].Key)), attrs[i].Value)
	}
}
