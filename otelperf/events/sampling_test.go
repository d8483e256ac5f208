// SPDX-License-Identifier: Apache-2.0

package events

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func traceOf(i uint64) context.Context {
	var id trace.TraceID
	binary.BigEndian.PutUint64(id[:8], 1)
	binary.BigEndian.PutUint64(id[8:], mix(fmt.Sprint(i))|1)
	return trace.ContextWithSpanContext(context.Background(),
		trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: trace.SpanID{1}}))
}

func TestSessionIsWhollyInOrOut(t *testing.T) {
	tr, _ := newTracker(t, WithSampling(Sampling{Events: 0.3, Requests: 0.3}))
	const sessionCount, each = 1000, 5
	for s := range sessionCount {
		for i := range each {
			ctx := traceOf(uint64(s*each + i)) // each event in a trace of its own
			if i%2 == 0 {
				tr.Request(ctx, RequestEvent{Method: "GET", SessionID: fmt.Sprintf("session-%d", s)})
			} else if err := tr.Track(ctx, Event{Name: "a", SessionID: fmt.Sprintf("session-%d", s)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	emitted := map[string]int{}
	for _, r := range tr.Recent(-1) {
		emitted[r.SessionID]++
	}
	oldest := tr.Recent(-1)[len(tr.Recent(-1))-1].SessionID // its first events may have left the ring
	for s, n := range emitted {
		if n != each && s != oldest {
			t.Errorf("of session %s, %d of %d events were emitted", s, n, each)
		}
	}
	st := tr.Stats()
	conserve(t, st, sessionCount*each)
	if share := float64(st.Accepted) / (sessionCount * each); math.Abs(share-0.3) > 0.06 {
		t.Errorf("emitted %.3f of the events, want 0.3", share)
	}
	if st.Names[0].Count+st.Names[1].Count != sessionCount*each {
		t.Errorf("names %+v: what is sampled out has to be counted", st.Names)
	}
}

func TestSamplingFollowsTheTraceSampler(t *testing.T) {
	const rate = 0.25
	sampler := sdktrace.TraceIDRatioBased(rate)
	tr, _ := newTracker(t, WithSampling(Sampling{Events: rate}), WithRecentSize(5000))
	want := map[string]bool{}
	for i := range uint64(2000) {
		ctx := traceOf(i)
		id := trace.SpanContextFromContext(ctx).TraceID()
		if sampler.ShouldSample(sdktrace.SamplingParameters{TraceID: id}).Decision == sdktrace.RecordAndSample {
			want[id.String()] = true
		}
		_ = tr.Track(ctx, Event{Name: "a"})
	}
	got := tr.Recent(-1)
	if len(got) != len(want) || len(got) == 0 {
		t.Errorf("emitted %d events; the sampler samples %d of these traces", len(got), len(want))
	}
	for _, r := range got {
		if !want[r.TraceID] {
			t.Errorf("emitted an event of trace %s, which the sampler drops", r.TraceID)
		}
	}
}

func TestLowRateKeepsASubset(t *testing.T) {
	low, high := bound(0.05), bound(0.4)
	for i := range 10_000 {
		if k := sampleKey(fmt.Sprint("s", i), trace.TraceID{}); k < low && k >= high {
			t.Fatalf("session s%d is in at 5 %% and out at 40 %%", i)
		}
	}
	if bound(1) != 1<<63 || bound(0) != 0 {
		t.Errorf("bound(1) = %x, bound(0) = %x", bound(1), bound(0))
	}
}

func TestRates(t *testing.T) {
	for _, bad := range []Sampling{{Events: -0.1}, {Requests: 1.1}, {Exceptions: math.NaN()}} {
		tr, _ := newTracker(t)
		if err := tr.SetSampling(bad); !errors.Is(err, ErrConfig) || tr.Sampling() != DefaultSampling() {
			t.Errorf("%+v: %v, want ErrConfig and the rates as they were", bad, err)
		}
	}
	tr, _ := newTracker(t, WithSampling(Sampling{}))
	for range 100 {
		_ = tr.Track(t.Context(), Event{Name: "a"})
	}
	if err := tr.SetSampling(Sampling{Events: 1}); err != nil {
		t.Fatal(err)
	}
	_ = tr.Track(t.Context(), Event{Name: "a"})
	if s := tr.Stats(); s.SampledOut != 100 || s.Accepted != 1 || s.Names[0].Count != 101 {
		t.Errorf("stats %+v", s)
	}
}

func TestRequestEvent(t *testing.T) {
	tr, rec := newTracker(t, WithSampling(Sampling{Requests: 1, Exceptions: 1}))
	ctx, sc := spanContext(3)
	tr.Request(ctx, RequestEvent{Method: "GET", Route: "/users/{id}", Status: 503, Outcome: "server_error", Failed: true, Duration: 1500 * time.Millisecond})
	tr.Request(ctx, RequestEvent{Method: "BREW", Route: "/x", Duration: -1, SessionID: "not valid", UserID: "\xff"})
	tr.Exception(ctx, ExceptionEvent{Type: "*fs.PathError", Message: "open /home/ann", Stack: "main.f()", Method: "GET", Route: "/x"})
	mustFlush(t, tr)
	all := rec.all()
	if len(all) != 3 {
		t.Fatalf("%d records, want 3", len(all))
	}
	a := all[0].attrs()
	if all[0].EventName() != nameRequest || a[keyMethod].AsString() != "GET" || a[keyRoute].AsString() != "/users/{id}" ||
		a[keyStatus].AsInt64() != 503 || a[keyDuration].AsFloat64() != 1.5 || a[keyOutcome].AsString() != "server_error" {
		t.Errorf("request event %q %v", all[0].EventName(), a)
	}
	if all[0].span.TraceID() != sc.TraceID() || all[0].Severity().String() != "ERROR" {
		t.Errorf("trace %v, severity %v", all[0].span.TraceID(), all[0].Severity())
	}
	a = all[1].attrs()
	if _, has := a[keySession]; has || a[keyMethod].AsString() != "_OTHER" || a[keyDuration].AsFloat64() != 0 {
		t.Errorf("second request event %v", a)
	}
	a = all[2].attrs()
	if _, has := a[keyExcMessage]; has || a[keyExcType].AsString() != "*fs.PathError" || a[keyExcStack].AsString() != "main.f()" {
		t.Errorf("exception event %v", a)
	}
	verbose, _ := newTracker(t, WithExceptionMessages())
	verbose.Exception(ctx, ExceptionEvent{Type: "x", Message: "boom"})
	found := false
	for _, kv := range verbose.Recent(1)[0].Attributes {
		found = found || kv.Key == keyExcMessage && kv.Value.AsString() == "boom"
	}
	if !found {
		t.Error("WithExceptionMessages: no message")
	}
}

func BenchmarkRequestSampledOut(b *testing.B) {
	tr, _ := newTracker(b, WithSampling(Sampling{}))
	ctx, _ := spanContext(1)
	r := RequestEvent{Method: "GET", Route: "/x", Status: 200, Outcome: "ok", Duration: time.Millisecond}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			tr.Request(ctx, r)
		}
	})
}

func BenchmarkTrack(b *testing.B) {
	rec := &recorder{isDisabled: true}
	tr := newTrackerOn(b, rec)
	ctx, _ := spanContext(1)
	b.ReportAllocs()
	for b.Loop() {
		_ = tr.Track(ctx, Event{Name: "cart.item_added", SessionID: "s1"})
	}
}

func BenchmarkBatchOf100(b *testing.B) {
	tr := newTrackerOn(b, &recorder{isDisabled: true}, WithHandler(HandlerOptions{Rate: -1}))
	h := tr.Handler()
	body := `{"session_id":"s1","events":[` + strings.Repeat(`{"name":"load.event","properties":{"n":7,"plan":"pro"}},`, 99) + `{"name":"load.event"}]}`
	b.ReportAllocs()
	for b.Loop() {
		if w := postJSON(h, "/batch-track", body); w.Code != 202 {
			b.Fatal(w.Code, w.Body)
		}
	}
	if s := tr.Stats(); s.Refused > 0 || s.DroppedBy["duplicate"] > 0 {
		b.Errorf("not all events were taken or queued: %+v", s)
	}
}
