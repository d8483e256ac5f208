// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"math/bits"
	"strings"
	"sync/atomic"
	"unsafe"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// CallLayouts reads the calls to databases that are most of a service's work: those whose attributes have the keys of a slice that was
// read before, at the same places and at the same addresses, as an instrumentation's constants are. What they do not fit, [Dependency]
// reads. The zero value is ready to use, by many goroutines at once.
//
// It remembers at most 64 layouts, of at most 16 keys of 64 bytes each, and keeps those keys alive: so no other string is at their
// addresses. The first layout of a place stays there. Only a new one allocates.
type CallLayouts [maxCallLayouts]atomic.Pointer[callLayout]

const (
	maxCallLayouts = 64
	maxCallKeys    = 16
	maxCallKey     = 64
)

// callLayout says where what names a call stood; noPosition is nowhere.
type callLayout struct {
	keys                                     []attribute.Key
	system, summary, statement, server, port uint8
}

// Dependency is the function of this name.
func (l *CallLayouts) Dependency(kind trace.SpanKind, attrs []attribute.KeyValue) (c Category, prefix, name, statement string, port uint16) {
	if len(attrs) == 0 || len(attrs) > maxCallKeys {
		return Dependency(kind, attrs)
	}
	slot := &l[layoutSlot(attrs)]
	at := slot.Load()
	if at == nil {
		c, prefix, name, statement, port = Dependency(kind, attrs)
		if c == categoryDB {
			if at = newCallLayout(attrs); at != nil {
				slot.CompareAndSwap(nil, at)
			}
		}
		return c, prefix, name, statement, port
	}
	if at.fits(attrs) {
		if prefix = at.text(attrs, at.system); prefix != "" && at.plainPort(attrs, prefix) {
			return categoryDB, prefix, at.text(attrs, at.summary), at.text(attrs, at.statement), 0
		}
	}
	return Dependency(kind, attrs)
}

// layoutSlot is chosen by the addresses of the first and the last key, and how many there are.
func layoutSlot(attrs []attribute.KeyValue) int {
	first, last := unsafe.StringData(string(attrs[0].Key)), unsafe.StringData(string(attrs[len(attrs)-1].Key))
	h := uint64(uintptr(unsafe.Pointer(first)))*3 + uint64(uintptr(unsafe.Pointer(last))) + uint64(len(attrs))<<32
	return int(h * 0x9E3779B97F4A7C15 >> (65 - bits.Len(maxCallLayouts)))
}

// fits reports whether attributes have the very keys of the layout.
func (at *callLayout) fits(attrs []attribute.KeyValue) bool {
	if len(attrs) != len(at.keys) {
		return false
	}
	for i, key := range at.keys {
		if !samePointer(string(key), string(attrs[i].Key)) {
			return false
		}
	}
	return true
}

func (at *callLayout) text(attrs []attribute.KeyValue, i uint8) string {
	if int(i) >= len(attrs) || attrs[i].Value.Type() != attribute.STRING {
		return ""
	}
	return attrs[i].Value.AsString()
}

// plainPort reports whether the call's row has no port in its name: it is not told, or the usual one of the system.
func (at *callLayout) plainPort(attrs []attribute.KeyValue, system string) bool {
	port := 0
	if int(at.port) < len(attrs) {
		port = valueOf(&attrs[at.port].Value).number()
	}
	if port != 0 {
		return usualOfSystem(system, port)
	}
	return strings.IndexByte(at.text(attrs, at.server), ':') < 0
}

// newCallLayout returns the layout of a database call, nil for one that tells more, or tells something twice.
func newCallLayout(attrs []attribute.KeyValue) *callLayout {
	at := &callLayout{system: noPosition, summary: noPosition, statement: noPosition, server: noPosition, port: noPosition}
	for i := range attrs {
		key := string(attrs[i].Key)
		role := at.role(KeyOf(key))
		if len(key) > maxCallKey || role != nil && *role != noPosition {
			return nil
		}
		if role != nil {
			*role = uint8(i)
		}
		at.keys = append(at.keys, attrs[i].Key)
	}
	if at.system == noPosition || at.odd() {
		return nil
	}
	return at
}

// role is where the position of a key is noted; nil for one that does not name database calls.
func (at *callLayout) role(key Key) *uint8 {
	switch key {
	case atDBSystem, atOldDBSystem:
		return &at.system
	case atDBSummary:
		return &at.summary
	case atDBStatement, atOldDBStatement:
		return &at.statement
	case atServer, atOldServer:
		return &at.server
	case atPort, atOldPort:
		return &at.port
	}
	return nil
}

// odd reports whether there are keys that the address may be in besides.
func (at *callLayout) odd() bool {
	for _, key := range at.keys {
		switch KeyOf(string(key)) {
		case atURLFull, atOldURLFull, atOldPeerIP, atOldHTTPHost:
			return true
		}
	}
	return false
}
