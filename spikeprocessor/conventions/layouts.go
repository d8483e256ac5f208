// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"sync/atomic"
	"unsafe"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelperf/otelperf-go/slowlog"
)

// Layouts reads the HTTP requests that are most of a service's work: those with present names, by where method, route and status
// stood in the last slice of attributes of each length. An instrumentation appends them in one order, so that they mostly
// stand there again. The zero value is ready to use.
//
// A layout is four positions of eight bits: the first is where url.path stood in the attributes of a server span that has its
// route in the name, as otelhttp's have, then method, route, and status; noPosition takes the place of what is not there. A layout is a
// hint, and may be overwritten at any time.
type Layouts [maxLayout]atomic.Uint32

const (
	maxLayout  = 32 // attributes; a longer slice is scanned
	noPosition = 0xff
)

// Scan returns method, route and status of an HTTP request, as far as they are there, and what otelperf.outcome says: hasOutcome
// tells whether there is one. server tells that the span is a server's; it is only ever set where there is no route. What it leaves
// open, [Span.Request] finds out.
//
// It compares the addresses of keys: the linker gives equal constants of a program one. Keys that are not constants, an
// outcome, or a status that is no integer are for the plain scan. The results are not a struct, because they stay in registers
// that way: one of more than four fields goes through memory, and each copy of it costs as much as half the scan.
func (l *Layouts) Scan(attrs []attribute.KeyValue) (method, route string, status int64, outcome slowlog.Outcome, hasOutcome, server bool) {
	if len(attrs) >= maxLayout {
		method, route, status, outcome, hasOutcome = scan(attrs)
		return method, route, status, outcome, hasOutcome, false
	}
	at := l[len(attrs)].Load()
	// Positions come from a slice of the same length, so they are not beyond this one; those of no layout are all 0, which can't be two keys.
	m, r, s := int(at>>16&0xff), int(at>>8&0xff), int(at&0xff)
	if r >= len(attrs) {
		return l.scanRouteless(attrs, at)
	}
	if !samePointer(string(attrs[s].Key), keyHTTPStatus) || !samePointer(string(attrs[r].Key), string(RouteKey)) || !samePointer(string(attrs[m].Key), keyHTTPMethod) ||
		attrs[s].Value.Type() != attribute.INT64 || mayHaveOutcome(attrs) {
		return l.rescan(attrs, at)
	}
	return attrs[m].Value.AsString(), attrs[r].Value.AsString(), attrs[s].Value.AsInt64(), slowlog.OutcomeOK, false, false
}

// mayHaveOutcome reports whether a key is as long as that of outcomes. It takes four at a time: this loop is most of what
// the scan of a dozen attributes costs.
func mayHaveOutcome(attrs []attribute.KeyValue) bool {
	for ; len(attrs) >= 4; attrs = attrs[4:] {
		if len(attrs[0].Key) == len(OutcomeKey) || len(attrs[1].Key) == len(OutcomeKey) || len(attrs[2].Key) == len(OutcomeKey) || len(attrs[3].Key) == len(OutcomeKey) {
			return true
		}
	}
	for i := range attrs {
		if len(attrs[i].Key) == len(OutcomeKey) {
			return true
		}
	}
	return false
}

// scanRouteless is Scan for a layout without a route, and for no attributes at all. By the semantic conventions only spans of
// servers have url.path, and the layout is one of theirs: their kind need not be asked for.
func (l *Layouts) scanRouteless(attrs []attribute.KeyValue, at uint32) (method, route string, status int64, outcome slowlog.Outcome, hasOutcome, server bool) {
	p, m, s := int(at>>24), int(at>>16&0xff), int(at&0xff)
	if s >= len(attrs) || !samePointer(string(attrs[s].Key), keyHTTPStatus) || !samePointer(string(attrs[m].Key), keyHTTPMethod) || !samePointer(string(attrs[p].Key), keyURLPath) ||
		attrs[s].Value.Type() != attribute.INT64 {
		return l.rescan(attrs, at)
	}
	for i := range attrs {
		if n := len(attrs[i].Key); n == len(OutcomeKey) || n == len(RouteKey) && attrs[i].Key == RouteKey {
			return l.rescan(attrs, at)
		}
	}
	return attrs[m].Value.AsString(), "", attrs[s].Value.AsInt64(), slowlog.OutcomeOK, false, true
}

// rescan scans a slice that the layout at does not fit, and remembers the one that does.
func (l *Layouts) rescan(attrs []attribute.KeyValue, at uint32) (method, route string, status int64, outcome slowlog.Outcome, hasOutcome, server bool) {
	method, route, status, outcome, hasOutcome = scan(attrs)
	if method != "" && route != "" && status != 0 && !hasOutcome {
		l.learn(attrs, at)
	}
	return method, route, status, outcome, hasOutcome, false
}

// LearnServer remembers the layout of the attributes of a server's span without a route, of which Scan found method and status.
func (l *Layouts) LearnServer(attrs []attribute.KeyValue) {
	if len(attrs) < maxLayout {
		l.learn(attrs, l[len(attrs)].Load())
	}
}

// learn remembers the layout of attrs if each key is there once.
func (l *Layouts) learn(attrs []attribute.KeyValue, old uint32) {
	m, r, s, p := 0, noPosition, noPosition, noPosition
	methods, routes, statuses := 0, 0, 0
	for i := range attrs {
		switch attrs[i].Key {
		case keyHTTPMethod:
			m = i
			methods++
		case RouteKey:
			r = i
			routes++
		case keyHTTPStatus:
			s = i
			statuses++
		case keyURLPath:
			p = i
		}
	}
	once := methods == 1 && statuses == 1 && (routes == 1 || routes == 0 && p != noPosition)
	if found := uint32(p<<24 | m<<16 | r<<8 | s); once && found != old {
		l[len(attrs)].Store(found)
	}
}

// scan is Scan without a memory. A status that is no integer is left open.
func scan(attrs []attribute.KeyValue) (method, route string, status int64, outcome slowlog.Outcome, hasOutcome bool) {
	attrs = bounded(attrs)
	for i := range attrs {
		kv := &attrs[i]
		switch kv.Key {
		case keyHTTPStatus:
			if kv.Value.Type() == attribute.INT64 {
				status = kv.Value.AsInt64()
			}
		case RouteKey:
			route = kv.Value.AsString()
		case keyHTTPMethod:
			method = kv.Value.AsString()
		case OutcomeKey:
			outcome, hasOutcome = slowlog.ParseOutcome(kv.Value.AsString())
		}
	}
	return method, route, status, outcome, hasOutcome
}

func samePointer(a, b string) bool {
	return len(a) == len(b) && unsafe.StringData(a) == unsafe.StringData(b)
}
