// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"unsafe"

	"go.opentelemetry.io/otel/trace"
)

const (
	headerResponseTime = "X-Response-Time"
	headerServerTiming = "Server-Timing"
	timingName         = "app;dur="
	timingSize         = 28 // of the longest text is 26
)

// setTiming writes the headers, once. Both values and their slices are parts of the exchange: no allocation.
func setTiming(e *exchange) {
	header := e.w.Header()
	if e.m.cfg.Headers {
		b := append(appendMillis(append(e.text[:0], timingName...), e.took()), "ms"...)
		text := unsafe.String(&b[0], len(b)) // nothing writes to e.text, or what took its place, again
		e.stamps = [2]string{text[len(timingName):], text[:len(text)-len("ms")]}
		header[headerResponseTime] = e.stamps[0:1:1]
		if len(header[headerServerTiming]) == 0 {
			header[headerServerTiming] = e.stamps[1:2:2]
		} else {
			header.Add(headerServerTiming, e.stamps[1])
		}
	}
	if e.m.cfg.Traceparent {
		if sc := e.spanContext(); sc.IsValid() {
			header.Add(headerServerTiming, traceparent(sc))
		}
	}
}

// traceparent is the entry that browsers' tracing reads from Server-Timing.
func traceparent(sc trace.SpanContext) string {
	return `traceparent;desc="00-` + sc.TraceID().String() + "-" + sc.SpanID().String() + "-" + sc.TraceFlags().String() + `"`
}
