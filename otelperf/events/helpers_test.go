// SPDX-License-Identifier: Apache-2.0

package events

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/log/embedded"
	"go.opentelemetry.io/otel/trace"
)

// recorder is a log provider that remembers what is emitted.
type recorder struct {
	embedded.LoggerProvider
	emit       func(context.Context) // called before a record is added
	flush      func(context.Context) error
	isDisabled bool

	mu      sync.Mutex
	records []emitted
}

type emitted struct {
	log.Record
	span trace.SpanContext
}

func (r *recorder) Logger(string, ...log.LoggerOption) log.Logger { return recordingLogger{r: r} }

type recordingLogger struct {
	embedded.Logger
	r *recorder
}

func (l recordingLogger) Enabled(context.Context, log.EnabledParameters) bool { return !l.r.isDisabled }

func (l recordingLogger) Emit(ctx context.Context, rec log.Record) {
	if l.r.emit != nil {
		l.r.emit(ctx)
	}
	l.r.mu.Lock()
	defer l.r.mu.Unlock()
	l.r.records = append(l.r.records, emitted{rec, trace.SpanContextFromContext(ctx)})
}

func (r *recorder) ForceFlush(ctx context.Context) error {
	if r.flush != nil {
		return r.flush(ctx)
	}
	return nil
}

func (r *recorder) all() []emitted {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]emitted(nil), r.records...)
}

func (e *emitted) attrs() map[string]attribute.Value {
	m := map[string]attribute.Value{}
	e.WalkAttributes(func(kv attribute.KeyValue) bool {
		m[string(kv.Key)] = kv.Value
		return true
	})
	return m
}

// newTracker returns a Tracker on a recorder, which is shut down when the test ends.
func newTracker(t testing.TB, opts ...Option) (*Tracker, *recorder) {
	t.Helper()
	rec := &recorder{}
	return newTrackerOn(t, rec, opts...), rec
}

func newTrackerOn(t testing.TB, rec *recorder, opts ...Option) *Tracker {
	t.Helper()
	tr, err := New(append([]Option{WithLoggerProvider(rec)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = tr.Shutdown(ctx) // some tests leave a provider that blocks
	})
	return tr
}

func mustFlush(t testing.TB, tr *Tracker) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := tr.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

func spanContext(n byte) (context.Context, trace.SpanContext) {
	sc := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{15: n, 7: 1}, SpanID: trace.SpanID{7: n}, TraceFlags: trace.FlagsSampled,
	})
	return trace.ContextWithSpanContext(context.Background(), sc), sc
}

// conserve checks that every event that was handed in is counted once, and every accepted one too.
func conserve(t testing.TB, s Stats, sent uint64) {
	t.Helper()
	if got := s.Accepted + s.Refused + s.SampledOut + s.Dropped; got != sent || s.Received != sent {
		t.Errorf("accepted %d + refused %d + sampled out %d + dropped %d = %d, received %d; sent %d",
			s.Accepted, s.Refused, s.SampledOut, s.Dropped, got, s.Received, sent)
	}
	if got := uint64(s.Export.Queued) + s.Export.Emitted + s.Export.Disabled + s.Export.Lost; got != s.Accepted {
		t.Errorf("export %+v adds up to %d; accepted %d", s.Export, got, s.Accepted)
	}
	e := s.Export
	if got := e.Delivered + e.Failed + e.Missing + uint64(e.Unconfirmed); got != e.Emitted {
		t.Errorf("export %+v adds up to %d; emitted %d", e, got, e.Emitted)
	}
	var named, inMinutes uint64
	for _, n := range s.Names {
		named += n.Count
	}
	for _, m := range s.Minutes {
		inMinutes += m.Count
	}
	if want := s.Accepted + s.SampledOut + s.DroppedBy["queue_full"]; named != want || inMinutes != want {
		t.Errorf("by name %d, by minute %d; want %d", named, inMinutes, want)
	}
}

func send(h http.Handler, method, path, contentType, body string, edit ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://shop.example"+path, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.77:1234"
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for _, f := range edit {
		f(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func postJSON(h http.Handler, path, body string) *httptest.ResponseRecorder {
	return send(h, "POST", path, "application/json", body)
}

func header(key, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(key, value) }
}

// batchOf returns a batch-track body of n events with names and ids of their own.
func batchOf(n int, prefix string) string {
	var b strings.Builder
	b.WriteString(`{"session_id":"s-` + prefix + `","events":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"name":"load.event","id":"%s-%d","properties":{"n":%d,"plan":"pro"}}`, prefix, i, i)
	}
	return b.String() + "]}"
}

// heap is what is in use after a collection, in bytes.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
