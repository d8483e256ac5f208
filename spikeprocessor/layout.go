// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
)

// layouts remembers where route, method and status stood in the last slice of attributes of each length: an instrumentation
// appends them in one order, so that they mostly stand there again. A layout is three positions of eight bits
// and, above them, a bit that says it was set. It is a hint, and may be overwritten at any time.
type layouts [maxLayout]atomic.Uint32

const (
	maxLayout = 32 // attributes; a longer slice is scanned
	layoutSet = 1 << 24
)

// scan is the function of that name with a memory.
func (l *layouts) scan(attrs []attribute.KeyValue) (method, route string, status int64, outcome Outcome, hasOutcome bool) {
	if len(attrs) >= maxLayout {
		return scan(attrs)
	}
	at := l[len(attrs)].Load()
	m, r, s := int(at>>16&0xff), int(at>>8&0xff), int(at&0xff)
	// The positions may be those of layoutSet alone, 0, but never beyond the slice: they come from one of its length.
	if at == 0 || m >= len(attrs) || r >= len(attrs) || s >= len(attrs) ||
		!isKey(attrs[m].Key, keyHTTPMethod) || !isKey(attrs[r].Key, keyHTTPRoute) || !isKey(attrs[s].Key, keyHTTPStatus) ||
		mayHave(attrs[m+1:], OutcomeKey) {
		method, route, status, outcome, hasOutcome = scan(attrs)
		if method != "" && route != "" && status != 0 {
			l.learn(attrs, at)
		}
		return method, route, status, outcome, hasOutcome
	}
	return attrs[m].Value.AsString(), attrs[r].Value.AsString(), attrs[s].Value.AsInt64(), OK, false
}

// learn remembers the layout of attrs if they have all three, the method first: then scan would look no further either.
func (l *layouts) learn(attrs []attribute.KeyValue, old uint32) {
	found, n := uint32(layoutSet), 0
	for i := range attrs {
		switch attrs[i].Key {
		case keyHTTPMethod:
			found |= uint32(i) << 16
			n++
		case keyHTTPRoute:
			found |= uint32(i) << 8
			n++
		case keyHTTPStatus:
			found |= uint32(i)
			n++
		}
	}
	if m := found >> 16 & 0xff; n == 3 && m < found>>8&0xff && m < found&0xff && found != old {
		l[len(attrs)].Store(found)
	}
}

// isKey compares addresses first: the linker gives equal constants of a program one.
func isKey(k attribute.Key, want string) bool {
	return samePointer(string(k), want) || string(k) == want
}

// mayHave reports whether one of attrs could have the key, by its length.
func mayHave(attrs []attribute.KeyValue, key attribute.Key) bool {
	for i := range attrs {
		if len(attrs[i].Key) == len(key) {
			return true
		}
	}
	return false
}
