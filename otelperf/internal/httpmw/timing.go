// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"strconv"
	"time"
	"unsafe"

	"go.opentelemetry.io/otel/trace"
)

const (
	headerResponseTime = "X-Response-Time"
	headerServerTiming = "Server-Timing"
	timingName         = "app;dur="
	timingSize         = 28 // of the longest text is 26
)

// setTiming writes the headers, once. The handler's own X-Response-Time stays, or that it wants none (nil). Both values and their slices are parts of the exchange: no allocation.
func setTiming(e *exchange) {
	header := e.w.Header()
	if e.m.cfg.Headers {
		b := append(appendHundredths(append(e.text[:0], timingName...), e.took()), "ms"...)
		text := unsafe.String(&b[0], len(b)) // nothing writes to e.text, or what took its place, again
		e.stamps = [2]string{text[len(timingName):], text[:len(text)-len("ms")]}
		if _, own := header[headerResponseTime]; !own {
			header[headerResponseTime] = e.stamps[0:1:1]
		}
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

// appendHundredths appends a duration in milliseconds with two decimals, rounded half up.
func appendHundredths(b []byte, d time.Duration) []byte {
	n := uint64(max(0, d)+5*time.Microsecond) / 1e4
	b = strconv.AppendUint(b, n/100, 10)
	return append(b, '.', byte('0'+n/10%10), byte('0'+n%10))
}

// traceparent is the entry that browsers' tracing reads from Server-Timing.
func traceparent(sc trace.SpanContext) string {
	return `traceparent;desc="00-` + sc.TraceID().String() + "-" + sc.SpanID().String() + "-" + sc.TraceFlags().String() + `"`
}
