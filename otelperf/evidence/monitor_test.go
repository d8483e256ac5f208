// SPDX-License-Identifier: Apache-2.0

package evidence_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/evidence"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// till is a shop whose carts need a lock, which reports hold for as long as they take.
type till struct {
	mu     sync.Mutex
	report atomic.Int64 // ns
}

func (s *till) cart(http.ResponseWriter, *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	time.Sleep(time.Millisecond)
}

func (s *till) totals(http.ResponseWriter, *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	time.Sleep(time.Duration(s.report.Load()))
}

// visit asks for a page over and over until ctx is over.
func visit(ctx context.Context, t *testing.T, client *http.Client, url string, pause time.Duration) {
	for ctx.Err() == nil {
		res, err := client.Get(url)
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		time.Sleep(pause)
	}
}

// spiked is what is read of GET spikes and GET evidence.
type spiked struct {
	Spikes []struct {
		ID         string
		Start      time.Time
		Recordings []uint64
	}
	Recordings []struct {
		ID        uint64
		End       time.Time
		Endpoints []struct {
			Endpoint  string
			Sentences []string
		}
	}
}

func ask(t *testing.T, h http.Handler, path string) (v spiked) {
	t.Helper()
	w := testrig.Call(h, http.MethodGet, path)
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("GET %s: %d %v", path, w.Code, err)
	}
	return v
}

// of returns the first recording of a spike that names words as a cause of the carts.
func (v *spiked) of(recordings []uint64, words ...string) (id uint64, sentence string, end time.Time) {
	for _, r := range v.Recordings {
		for _, mine := range recordings {
			for _, e := range r.Endpoints {
				if mine != r.ID || e.Endpoint != "GET /cart" {
					continue
				}
				for _, s := range e.Sentences {
					if strings.Contains(s, words[0]) && strings.Contains(s, words[1]) {
						return r.ID, s, r.End
					}
				}
			}
		}
	}
	return 0, "", time.Time{}
}

// TestFromASpikeToItsCause: a service of otelhttp becomes slow, and the spike has a recording that says why, with its trace.
func TestFromASpikeToItsCause(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a baseline")
	}
	mon, err := otelperf.New(
		otelperf.WithEvidence(evidence.New(evidence.WithLimits(evidence.Limits{RecordingsPerHour: 360, Cooldown: time.Second, CPUShare: 1, WorkPerHour: time.Hour}))),
		otelperf.WithBaseline(baseline.Config{Grace: time.Second, Cooldown: time.Second}), otelperf.WithAuthorizer(func(*http.Request) bool { return true }),
		otelperf.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(mon.SpanProcessor(nil)))
	s, mux := &till{}, http.NewServeMux()
	mux.HandleFunc("GET /cart", s.cart)
	mux.HandleFunc("GET /report", s.totals)
	server := httptest.NewServer(otelhttp.NewHandler(mux, "shop", otelhttp.WithTracerProvider(tp)))
	defer server.Close()
	ctx, stop := context.WithCancel(t.Context())
	var visitors sync.WaitGroup
	for range 4 {
		visitors.Go(func() { visit(ctx, t, server.Client(), server.URL+"/cart", 10*time.Millisecond) })
	}
	visitors.Go(func() { visit(ctx, t, server.Client(), server.URL+"/report", 20*time.Millisecond) })

	h := mon.Handler()
	testrig.Eventually(t, "there is a baseline", func() bool {
		for _, e := range mon.Summary(otelperf.WindowAll).Endpoints {
			if e.Route == "/cart" && e.State != "learning" {
				return true
			}
		}
		return false
	})
	s.report.Store(int64(250 * time.Millisecond))
	slowFrom := time.Now()
	var id uint64
	var spike string
	testrig.Eventually(t, "a spike has a cause", func() bool {
		v := ask(t, h, "/evidence")
		for _, sp := range ask(t, h, "/spikes").Spikes {
			var words string
			var end time.Time
			if id, words, end = v.of(sp.Recordings, "waiting for the lock at monitor_test.go:", "held by GET /report"); id > 0 {
				t.Logf("%v after the start (recorded until %v): %s", time.Since(slowFrom), end.Sub(slowFrom), words)
				spike = sp.ID
				return true
			}
		}
		return false
	})
	if w := testrig.Call(h, http.MethodGet, "/spikes/"+spike+"/trace"); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), "go 1.") {
		t.Errorf("its trace: %d %.100s", w.Code, w.Body)
	}
	stop()
	visitors.Wait()
	if err := mon.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := mon.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	stacks := make([]byte, 1<<20)
	if all := string(stacks[:runtime.Stack(stacks, true)]); strings.Contains(all, "evidence.(*Recorder)") {
		t.Errorf("a goroutine is left:\n%s", all)
	}
}
