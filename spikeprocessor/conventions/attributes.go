// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// StatusKey is the status of an HTTP request.
const StatusKey attribute.Key = keyHTTPStatus

// Attributes names an endpoint on a metric point as the semantic conventions do, where they can: at most two attributes.
func (e Endpoint) Attributes() []attribute.KeyValue {
	switch {
	case e.Route == OverflowRoute:
		return []attribute.KeyValue{KindKey.String(e.Kind.String()), attribute.Bool("otel.metric.overflow", true)}
	case e.Kind == KindHTTP && e.Route == UnmatchedRoute:
		return []attribute.KeyValue{semconv.HTTPRequestMethodKey.String(e.Method)}
	case e.Kind == KindHTTP:
		return []attribute.KeyValue{semconv.HTTPRequestMethodKey.String(e.Method), semconv.HTTPRoute(e.Route)}
	case e.Kind == KindRPC && e.Route == UnmatchedRoute:
		return []attribute.KeyValue{semconv.RPCSystemNameKey.String(e.Method), semconv.RPCMethod(otherMethod)}
	case e.Kind == KindRPC:
		return []attribute.KeyValue{semconv.RPCSystemNameKey.String(e.Method), semconv.RPCMethod(e.Route)}
	case e.Kind == KindDependency:
		return []attribute.KeyValue{KindKey.String(e.Kind.String()), EndpointKey.String(e.String())}
	default:
		return []attribute.KeyValue{KindKey.String(e.Kind.String()), EndpointKey.String(e.Route)}
	}
}
