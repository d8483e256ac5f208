// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"
	"unsafe"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

var list = conventions.Endpoint{Kind: conventions.KindHTTP, Method: "GET", Route: "/list"}

// looked is a rig whose time goes on by a step with each request.
type looked struct {
	*rig
	now time.Time
}

func newLooked(t *testing.T, opts ...Option) *looked {
	l := &looked{newRig(t, opts...), t0}
	l.link.Digest(l.now)
	return l
}

// request makes calls of each of the statements within ten milliseconds, or within as many seconds, and lets a step pass.
func (l *looked) request(step time.Duration, slow bool, calls int, statements ...string) {
	ctx, root := l.startRequest(context.Background(), list.Route)
	l.calls(ctx, calls, statements...)
	stop(root, map[bool]int{false: 10, true: 10_000}[slow])
	l.pass(step)
}

func (l *looked) calls(ctx context.Context, calls int, statements ...string) {
	for i := range calls {
		for _, text := range statements {
			_, c := l.start(ctx, "query", i%10, dbCall(text)...)
			stop(c, i%10+1)
		}
	}
}

// pass does what the engine does once a second.
func (l *looked) pass(step time.Duration) {
	l.now = l.now.Add(step)
	l.link.TakeDeltas(func(*Delta) {})
	l.link.Digest(l.now)
}

// none wants nothing to be said of an endpoint.
func (l *looked) none(t *testing.T, when string) {
	t.Helper()
	if r, ok := l.link.RepeatedCalls(list); ok {
		t.Errorf("%s: %+v, want nothing", when, r)
	}
}

func (l *looked) some(t *testing.T, when string) (r RepeatedCalls) {
	t.Helper()
	r, ok := l.link.RepeatedCalls(list)
	if !ok {
		t.Fatalf("%s nothing is known of repeated calls", when)
	}
	return r
}

const authors = "SELECT * FROM authors WHERE id = 7"

// TestRepeatedCallsOfFastRequests: said after 20 requests of more than a minute, and no more soon after they are mended.
func TestRepeatedCallsOfFastRequests(t *testing.T) {
	l := newLooked(t)
	began := l.now
	for l.now.Sub(began) < 75*time.Second {
		l.request(time.Second, false, 25, authors)
		l.none(t, "after less than 76 seconds")
	}
	for range 10 {
		l.request(time.Second, false, 25, authors)
	}
	r := l.some(t, "after 85 seconds")
	if r.Dependency != "postgresql SELECT authors" || r.CallsPerRequest != 25 || r.Share != 1 || r.Requests < 20 || r.AtLeast || r.TraceID.IsValid() {
		t.Errorf("got %+v, want 25 calls in all of at least 20 requests, and no trace", r)
	}
	for mended := l.now; l.now.Sub(mended) < 40*time.Second; {
		l.request(time.Second, false, 1, authors)
	}
	l.none(t, "40 seconds after it was mended")
	for range 200 {
		l.request(time.Second, false, 30, authors)
	}
	if r := l.some(t, "when it has come back"); r.CallsPerRequest != 30 {
		t.Errorf("got %+v, want 30 calls", r)
	}
}

// TestRepeatedCallsOfSomeRequests: most requests have to make them.
func TestRepeatedCallsOfSomeRequests(t *testing.T) {
	for _, tc := range []struct {
		of   [8]int // calls
		want RepeatedCalls
	}{
		{of: [8]int{25, 1, 25, 1, 25, 1, 25, 1}},
		{of: [8]int{9, 9, 9, 9, 9, 9, 9, 9}},
		{of: [8]int{25, 1, 12, 1, 25, 25, 30, 1}, want: RepeatedCalls{CallsPerRequest: 25, Share: 0.625, Requests: 32}},
		{of: [8]int{10, 11, 12, 13, 14, 15, 16, 17}, want: RepeatedCalls{CallsPerRequest: 14, Share: 1, Requests: 32}},
		{of: [8]int{400, 400, 400, 400, 400, 400, 400, 400}, want: RepeatedCalls{CallsPerRequest: 256, AtLeast: true, Share: 1, Requests: 32}},
	} {
		l := newLooked(t)
		for i := range 64 {
			l.request(5*time.Second, false, tc.of[i%8], authors)
		}
		got, _ := l.link.RepeatedCalls(list)
		got.Dependency, got.Parallel = "", false
		if got != tc.want {
			t.Errorf("of requests with %v calls: got %+v, want %+v", tc.of, got, tc.want)
		}
	}
}

// TestRepeatedCallsOfSlowRequests: where all requests are slow they are looked at, and one of them is the example.
func TestRepeatedCallsOfSlowRequests(t *testing.T) {
	l := newLooked(t)
	for range 25 {
		l.request(5*time.Second, true, 12, authors)
	}
	r := l.some(t, "of slow requests")
	found := false
	for e := range l.SlowLog().Lookup(r.TraceID) {
		found = e.Route == list.Route
	}
	if r.CallsPerRequest != 12 || !found {
		t.Errorf("got %+v, want 12 calls and a request of the slow log", r)
	}
}

// TestRepeatedCallsOfEveryKind: jobs and consumers too, and no dependency.
func TestRepeatedCallsOfEveryKind(t *testing.T) {
	l := newLooked(t)
	for range 25 {
		for name, kind := range map[string]trace.SpanKind{"reindex": trace.SpanKindInternal, "orders": trace.SpanKindConsumer} {
			ctx, root := l.tracer.Start(context.Background(), name, trace.WithSpanKind(kind), trace.WithTimestamp(t0),
				trace.WithAttributes(attribute.String("messaging.system", "kafka"), attribute.String("messaging.destination.name", name)))
			l.calls(ctx, 20, authors)
			stop(root, 20)
		}
		l.pass(5 * time.Second)
	}
	kinds := map[conventions.Kind]int{}
	for e := range l.core.table.rows() {
		if r, ok := l.link.RepeatedCalls(e.endpoint); ok {
			kinds[e.endpoint.Kind] = r.CallsPerRequest
		}
	}
	if len(kinds) != 2 || kinds[conventions.KindJob] != 20 || kinds[conventions.KindConsumer] != 20 {
		t.Errorf("got %v, want 20 calls of the job and of the consumer", kinds)
	}
}

// TestNoRepeatedCalls: nothing is said of streams, and of calls that have no rows of their own.
func TestNoRepeatedCalls(t *testing.T) {
	l := newLooked(t)
	for range 30 {
		ctx, root := l.startRequest(context.Background(), list.Route)
		root.SetAttributes(conventions.OutcomeKey.String("stream"))
		l.calls(ctx, 25, authors)
		stop(root, 10)
		l.pass(5 * time.Second)
	}
	l.none(t, "of streams")
	for _, opt := range []Option{WithDependencies(false), WithAnatomy(false), WithMaxEndpoints(1)} {
		l := newLooked(t, opt)
		for range 30 {
			l.request(5*time.Second, false, 25, "SELECT * FROM first", authors)
		}
		if r, ok := l.link.RepeatedCalls(list); ok && r.Dependency == conventions.OverflowRoute {
			t.Errorf("calls of others are taken for equal: %+v", r)
		}
	}
}

// TestRepeatedCallsAmongManyNames: other dependencies in each request take no place of the one that is called by all.
func TestRepeatedCallsAmongManyNames(t *testing.T) {
	l := newLooked(t)
	turn := 0
	for range 40 {
		statements := []string{authors}
		for range 8 {
			turn++
			statements = append(statements, fmt.Sprintf("SELECT * FROM t%dx", turn))
		}
		if turn%16 == 0 {
			statements = append(statements[1:], authors)
		}
		l.request(5*time.Second, false, 10, statements...)
	}
	if r := l.some(t, "among many names"); r.Dependency != "postgresql SELECT authors" || r.Share != 1 {
		t.Errorf("got %+v, want the authors in all requests", r)
	}
	if size := unsafe.Sizeof(*l.core.table.find(list).repeated.Load()); size+repeatedNames*520 > 3<<10 {
		t.Errorf("an endpoint has %d bytes and four names", size)
	}
}

func TestRequestsWithoutRepeatedCallsTakeNoMemory(t *testing.T) {
	l := newLooked(t)
	for range 30 {
		l.request(5*time.Second, false, 9, authors)
	}
	if e := l.core.table.find(list); e.repeated.Load() != nil {
		t.Error("there is memory for an endpoint without repeated calls")
	}
}

func TestRepeatedCallsConcurrentSafe(t *testing.T) {
	l := newLooked(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				ctx, root := l.startRequest(context.Background(), list.Route)
				l.calls(ctx, 15, authors)
				stop(root, 10)
				l.link.RepeatedCalls(list)
			}
		})
	}
	for range 40 {
		l.request(5*time.Second, false, 15, authors)
	}
	wg.Wait()
	if r := l.some(t, "after 40 requests"); r.CallsPerRequest != 15 {
		t.Errorf("got %+v, want 15 calls", r)
	}
}

// TestRepeatedCallsBesideBusyEndpoints: hundreds of busy endpoints leave room for a quiet one, and each has its turn.
func TestRepeatedCallsBesideBusyEndpoints(t *testing.T) {
	l := newLooked(t)
	for range 240 {
		for i := range 250 {
			l.http("GET", fmt.Sprint("/busy", i), 200, time.Millisecond)
			l.http("GET", fmt.Sprint("/busy", i), 200, time.Millisecond)
		}
		l.request(time.Second, false, 12, authors)
	}
	if r := l.some(t, "beside 250 busy endpoints"); r.CallsPerRequest != 12 {
		t.Errorf("got %+v, want 12 calls", r)
	}
	for e := range l.core.table.rows() {
		if n := e.usual.normal().Samples; e.endpoint.Kind == conventions.KindHTTP && n < 5 {
			t.Errorf("of %s only %d requests were looked at", e.endpoint, n)
		}
	}
}
