// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// thrownBy is what a span failed with: its first exception and the description of its status; of what type an exception does not say,
// error.type does. It is in memory of the span.
func thrownBy(sp ptrace.Span) (f failure) {
	f.typ, f.message = exceptionOf(sp.Events())
	f.typ = cmp.Or(f.typ, text(sp.Attributes(), conventions.ErrorTypeKey))
	f.message = bothOf(f.typ, f.message, sp.Status().Message())
	return f
}

// exceptionOf is the first exception among events; "" for none.
func exceptionOf(events ptrace.SpanEventSlice) (typ, message string) {
	for i := range events.Len() {
		if e := events.At(i); e.Name() == "exception" {
			return text(e.Attributes(), "exception.type"), text(e.Attributes(), "exception.message")
		}
	}
	return "", ""
}

// bothOf is what an exception and the description of a status say, once where they say the same: instrumentations leave out of one what is
// in the other, as that of pg for Node does with the text of the database, and others put the type before it.
func bothOf(typ, exception, description string) string {
	if lead, ok := strings.CutSuffix(description, exception); ok {
		if lead, ok = strings.CutSuffix(lead, ": "); ok && exception != "" && strings.HasSuffix(typ, lead) {
			return exception
		}
		return description
	}
	if strings.Contains(exception, description) {
		return exception
	}
	return description + ": " + exception
}
