// SPDX-License-Identifier: Apache-2.0

package history

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Category is that of the log entries which mark requests in a trace.
const Category = "otelperf"

// AppendMark appends the message of a mark: s for slow or n, span ID, nanoseconds, and endpoint.
func AppendMark(b []byte, spanID [8]byte, endpointMethod, endpointRoute string, d time.Duration, slow bool) []byte {
	const digits = "0123456789abcdef"
	kind := byte('n')
	if slow {
		kind = 's'
	}
	b = append(b, kind, '|')
	for _, c := range spanID {
		b = append(b, digits[c>>4], digits[c&15])
	}
	b = append(b, '|')
	b = strconv.AppendInt(b, int64(d), 10)
	b = append(b, '|')
	if endpointMethod != "" {
		b = append(append(b, endpointMethod...), ' ')
	}
	return append(b, endpointRoute...)
}

// Ours reports whether a string of a trace is that of a mark.
func Ours(text string) bool {
	_, ok := parseMark(text, math.MaxInt64)
	return ok || text == Category
}

// parseMark reads a message at the moment of its event, which is the end of the request.
func parseMark(message string, now Time) (m Mark, ok bool) {
	f := strings.SplitN(message, "|", 4)
	if len(f) != 4 || len(f[1]) != 16 {
		return Mark{}, false
	}
	d, err := strconv.ParseInt(f[2], 10, 64)
	if err != nil || d < 0 || Time(d) > now {
		return Mark{}, false
	}
	return Mark{SpanID: f[1], Endpoint: f[3], Slow: f[0] == "s", From: now - Time(d), To: now}, true
}
