// SPDX-License-Identifier: Apache-2.0

package points

import (
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// overflowKey marks the point that takes what is beyond the cardinality limit of an SDK.
const overflowKey attribute.Key = "otel.metric.overflow"

// mostAttributes is how many of a point are looked at.
const mostAttributes = 128

// attributesOf appends attributes as the API has them; what is neither text nor a whole number nor a truth says nothing of a request.
func attributesOf(to []attribute.KeyValue, m pcommon.Map) []attribute.KeyValue {
	for k, v := range m.All() {
		if len(to) == mostAttributes {
			break
		}
		switch v.Type() {
		case pcommon.ValueTypeStr:
			to = append(to, attribute.String(k, v.Str()))
		case pcommon.ValueTypeInt:
			to = append(to, attribute.Int64(k, v.Int()))
		case pcommon.ValueTypeBool:
			to = append(to, attribute.Bool(k, v.Bool()))
		default:
		}
	}
	return to
}

// errorType is what failed requests failed with, as far as a point says it.
func errorType(r *conventions.Request, attrs []attribute.KeyValue) string {
	if !r.Outcome.Failed() {
		return ""
	}
	typ := conventions.ErrorType(attrs)
	if typ == "" && r.Status >= 400 {
		typ = strconv.Itoa(r.Status)
	}
	return typ
}

// request reads the attributes of a point, those of our own metrics among them, which name what has neither method nor route.
func request(attrs []attribute.KeyValue) (r conventions.Request, overflow bool) {
	r = conventions.Point(attrs)
	var kind, endpoint string
	for i := range attrs {
		switch attrs[i].Key {
		case conventions.KindKey:
			kind = attrs[i].Value.AsString()
		case conventions.EndpointKey:
			endpoint = attrs[i].Value.AsString()
		case overflowKey:
			overflow = true
		}
	}
	for _, k := range [...]conventions.Kind{conventions.KindServer, conventions.KindConsumer} {
		if kind == k.String() && endpoint != "" {
			r.Kind, r.Method, r.Route, r.Unproven = k, kind, endpoint, false
		}
	}
	return r, overflow
}
