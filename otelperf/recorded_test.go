// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/slowlog"
)

// madeRecordings is a recorder that has made recordings, and does nothing else.
type madeRecordings struct {
	EvidenceRecorder
	all []causes.Recording
}

func (r madeRecordings) Recordings() []causes.Recording { return r.all }

// A request is found in the latest recording that has it; its time is given by reason and by state.
func TestRequestInARecording(t *testing.T) {
	lock := causes.Reason{State: causes.Lock, Line: causes.Place{Func: "main.cart", File: "cart.go", Line: 88}, Who: "GET /report"}
	request := func(span trace.SpanID, took time.Duration) causes.Request {
		return causes.Request{
			SpanID: span.String(), Nanos: int64(took), RestNanos: int64(took / 10), Parts: []causes.Part{{Reason: lock, Nanos: int64(took / 2), Times: 1}},
			Timeline: []causes.Span{{OffsetNanos: int64(took / 4), Nanos: int64(took / 2), State: causes.Lock, Line: lock.Line}},
		}
	}
	a, b := trace.SpanID{1}, trace.SpanID{2}
	m := &Monitor{cfg: config{evidence: madeRecordings{all: []causes.Recording{
		{ID: 2, Endpoints: []causes.Endpoint{{Name: "GET /cart", Requests: []causes.Request{request(a, 400*time.Millisecond)}}}},
		{ID: 1, Endpoints: []causes.Endpoint{{Name: "GET /x"}, {Name: "GET /cart", Requests: []causes.Request{request(b, time.Second), request(a, time.Second)}}}},
	}}}}
	got := m.recordedOf([]*slowlog.Entry{{SpanID: a}, {SpanID: trace.SpanID{3}}, {SpanID: b}})
	if len(got) != 2 || got[0].Recording != 2 || got[1].Recording != 1 || got[0].SpanID != a.String() || got[0].DurationMs != 400 || got[0].RestMs != 40 {
		t.Fatalf("got %+v", got)
	}
	if p := got[0].Parts[0]; p.DurationMs != 200 || p.Share != 0.5 || p.Reason != lock.String() || !strings.Contains(p.Reason, "held by GET /report") {
		t.Errorf("part %+v", p)
	}
	if s := got[0].Timeline[0]; s.OffsetMs != 100 || s.DurationMs != 200 || s.State != "lock" || s.Line != "cart.go:88" {
		t.Errorf("stretch %+v", s)
	}
	if text, err := json.Marshal((&Monitor{}).recordedOf([]*slowlog.Entry{{SpanID: a}})); err != nil || string(text) != "[]" {
		t.Errorf("without a recorder: %s %v", text, err)
	}
}
