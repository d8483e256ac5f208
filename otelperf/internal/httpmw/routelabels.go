// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"hash/maphash"
	"sync/atomic"
	"unsafe"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// routeLabels remembers the attribute of each route as a slice, which spans and labelers copy: without it, each request makes two. It
// holds at most 512 patterns with their routes; one takes the place of another.
//
// A mux has each pattern once, so it is found by its address, without a look at its text. One that was put together for a
// request has an address of its own, and is found by its text.
type routeLabels struct {
	slots [512]atomic.Pointer[routeLabel]
}

type routeLabel struct {
	pattern string
	attrs   [1]attribute.KeyValue
}

var routeSeed = maphash.MakeSeed()

// of is http.route of a pattern as a slice that nobody may write to.
func (l *routeLabels) of(pattern string) []attribute.KeyValue {
	address := uintptr(unsafe.Pointer(unsafe.StringData(pattern)))
	byAddress := &l.slots[(address>>4^address>>13)%uintptr(len(l.slots))]
	if known := byAddress.Load(); known != nil && same(known.pattern, pattern) {
		return known.attrs[:]
	}
	byText := &l.slots[maphash.String(routeSeed, pattern)%uint64(len(l.slots))]
	known := byText.Load()
	if known == nil || known.pattern != pattern {
		known = &routeLabel{pattern, [1]attribute.KeyValue{semconv.HTTPRoute(templateOf(pattern))}}
		byText.Store(known)
	}
	if same(known.pattern, pattern) {
		byAddress.Store(known)
	}
	return known.attrs[:]
}

// same says whether two strings are one. What a label holds cannot have made way for another text at its address.
func same(a, b string) bool {
	return unsafe.StringData(a) == unsafe.StringData(b) && len(a) == len(b)
}
