// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// A program may write what it likes under our keys: each is exported once, and with what we know.
func TestKeysThatTheProgramSetAreExportedOnce(t *testing.T) {
	for _, outcome := range []attribute.KeyValue{
		conventions.OutcomeKey.String(""), conventions.OutcomeKey.String("nonsense"), conventions.OutcomeKey.Int(7), conventions.OutcomeKey.String("ok"),
	} {
		r := newRig(t)
		r.span("GET /x", trace.SpanKindServer, time.Minute, outcome, attribute.String("http.request.method", "GET"),
			attribute.Int("http.response.status_code", 200), conventions.SlowKey.Bool(false), conventions.SlowKey.String("no"))
		count := map[attribute.Key]int{}
		for _, kv := range r.sent.Ended()[0].Attributes() {
			count[kv.Key]++
			if kv.Key == conventions.OutcomeKey && kv.Value.AsString() != "ok" || kv.Key == conventions.SlowKey && !kv.Value.AsBool() {
				t.Errorf("%v: exported as %s = %s", outcome, kv.Key, kv.Value.String())
			}
		}
		for key, n := range count {
			if n != 1 {
				t.Errorf("%v: %s is exported %d times", outcome, key, n)
			}
		}
		if count[conventions.OutcomeKey] == 0 || count[conventions.SlowKey] == 0 {
			t.Errorf("%v: exported are %v", outcome, count)
		}
	}
}
