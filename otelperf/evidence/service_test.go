// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// shop is a service in which reports hold the lock that carts need.
type shop struct {
	mu     sync.Mutex
	report chan time.Duration // how long the next one takes
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/cart":
		lockCart(&s.mu)
	case "/report":
		s.mu.Lock()
		time.Sleep(<-s.report)
		s.mu.Unlock()
	}
}

// TestService records a service of otelhttp, from the processor's marks to the sentence.
func TestService(t *testing.T) {
	p, err := spikeprocessor.New(nil, spikeprocessor.WithSlowThreshold(long/4))
	if err != nil {
		t.Fatal(err)
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p))
	s := &shop{report: make(chan time.Duration, 10)}
	mux := http.NewServeMux()
	mux.Handle("GET /cart", s)
	mux.Handle("GET /report", s)
	server := httptest.NewServer(otelhttp.NewHandler(mux, "shop", otelhttp.WithTracerProvider(tp)))
	defer server.Close()
	get := func(path string) {
		res, err := server.Client().Get(server.URL + path)
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}

	r := New(WithLimits(Limits{CPUShare: 1}))
	if err := r.Start(p.Link().MarkRoots); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	if err := r.Arm("GET /cart is slow", long); err != nil {
		t.Fatal(err)
	}
	testrig.Eventually(t, "requests are marked", func() bool {
		get("/cart")
		return r.marks.since.Load() != 0
	})
	for range 6 {
		get("/cart")
	}
	for range 6 { // each round has slow requests; there must be a whole one in the recording
		s.report <- long
		var all sync.WaitGroup
		all.Go(func() { get("/report") })
		testrig.Eventually(t, "the report runs", func() bool { return len(s.report) == 0 })
		for range 6 {
			all.Go(func() { get("/cart") })
		}
		all.Wait()
	}
	testrig.Eventually(t, "there is a recording", func() bool { return len(r.Recordings()) == 1 })
	rec := r.Recordings()[0]
	if rec.Error != "" || rec.Reason != "GET /cart is slow" || rec.Slow < 5 || time.Since(rec.Start) > time.Hour || !rec.End.After(rec.Start) || rec.WorkNanos == 0 {
		t.Errorf("recording %+v", rec)
	}
	if most := mostWaited(endpoint(t, &rec, victim)); most.State != causes.Lock || !strings.Contains(most.Line.Func, "lockCart") || most.Who != "GET /report" {
		t.Errorf("most of the waiting is %+v", most)
	}
	if trace := r.Trace(rec.ID); !strings.HasPrefix(string(trace), "go 1.") || len(trace) != rec.Bytes {
		t.Errorf("the trace has %d bytes, want %d", len(trace), rec.Bytes)
	}
}

// TestSomebodyElsesFlightRecorder is respected: it goes on, and it is said why there is none of ours.
func TestSomebodyElsesFlightRecorder(t *testing.T) {
	theirs := newFlight()
	if err := theirs.Start(); err != nil {
		t.Fatal(err)
	}
	defer theirs.Stop()
	r := New()
	if err := r.Start(func(Mark) { t.Error("requests are marked in it") }); err != nil {
		t.Fatal(err)
	}
	if err := r.Arm("", 0); err != nil {
		t.Fatal(err)
	}
	testrig.Eventually(t, "the recorder gave up", func() bool { return r.Status().Error != "" })
	if err := r.Arm("", 0); !errors.Is(err, ErrStart) || !strings.Contains(err.Error(), "already enabled") {
		t.Errorf("got %v, want ErrStart and why", err)
	}
	if err := r.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := snapshot(theirs); err != nil {
		t.Errorf("theirs does not go on: %v", err)
	}
}

// TestBesideATrace: a trace that somebody takes with net/http/pprof meanwhile, from before the recording or from within it, goes on to
// its end, and ours works.
func TestBesideATrace(t *testing.T) {
	theirs := httptest.NewServer(http.HandlerFunc(pprof.Trace))
	defer theirs.Close()
	fetch := func() {
		res, err := theirs.Client().Get(theirs.URL + "?seconds=0.3")
		if err != nil {
			t.Error(err)
			return
		}
		defer res.Body.Close()
		if trace, err := io.ReadAll(res.Body); err != nil || !strings.HasPrefix(string(trace), "go 1.") {
			t.Errorf("theirs has %d bytes, %v", len(trace), err)
		}
	}
	ours := raw(t, func(p *program) {
		p.normal(victim, func() { backOff(0) })
		p.all.Go(fetch)
		p.slow(victim, func() { backOff(3 * long) })
	})
	if e := endpoint(t, found(t, ours), victim); e.Slow != 8 || mostWaited(e).State != causes.Sleep || !strings.Contains(mostWaited(e).Line.Func, "backOff") {
		t.Errorf("of %d slow requests most of the time is %+v", e.Slow, mostWaited(e))
	}
}

// mostWaited is the reason of the largest part of what was waited for: a machine that is busy with others has its share besides.
func mostWaited(e causes.Endpoint) (most causes.Reason) {
	sums := map[causes.Reason]int64{}
	for _, q := range e.Requests {
		for _, p := range q.Parts {
			if p.State != causes.Runnable && p.State != causes.NotScheduled && p.State != causes.Running {
				if sums[p.Reason] += p.Nanos; sums[p.Reason] > sums[most] {
					most = p.Reason
				}
			}
		}
	}
	return most
}
