// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"hash/maphash"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// routeLabels remembers the attribute of each route as a slice, which spans and labelers copy: without it, each request makes two. It
// holds at most 256 routes; one takes the place of another.
type routeLabels struct {
	slots [256]atomic.Pointer[[]attribute.KeyValue]
}

var routeSeed = maphash.MakeSeed()

// of is http.route as a slice that nobody may write to.
func (l *routeLabels) of(route string) []attribute.KeyValue {
	slot := &l.slots[maphash.String(routeSeed, route)%uint64(len(l.slots))]
	if known := slot.Load(); known != nil && (*known)[0].Value.AsString() == route {
		return *known
	}
	made := []attribute.KeyValue{semconv.HTTPRoute(route)}
	slot.Store(&made)
	return made
}
