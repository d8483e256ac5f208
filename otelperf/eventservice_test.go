// SPDX-License-Identifier: Apache-2.0

//go:build unix

package otelperf_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/log/embedded"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	analytics "github.com/otelperf/otelperf-go/otelperf/events"
)

// The service that TestEventsUnderLoad and BenchmarkLoadOfEvents put load on, in a process of its own: this test binary once
// more.

// eventServiceEnv has the rate of a client, in events a second.
const eventServiceEnv = "OTELPERF_TEST_EVENT_SERVICE"

// eventService is the service seen from the process of its clients.
type eventService struct {
	url    string
	client *http.Client // of the test itself; clients have their own
}

// eventState is what the service says of itself, after a garbage collection.
type eventState struct {
	Stats      analytics.Stats
	Emitted    uint64        // what the log provider got
	Heap       int64         // bytes
	Goroutines int           // without the one that answers
	CPU        time.Duration // user and system, since the start
}

// startEventService starts the process. It ends when its standard input does: with the test, whatever becomes of it.
func startEventService(t testing.TB, clientRate float64) *eventService {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestEventService$", "-test.timeout=15m")
	cmd.Env = append(os.Environ(), fmt.Sprint(eventServiceEnv, "=", clientRate))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	check(t, err)
	stdout, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	t.Cleanup(func() {
		_ = stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Error("the service ended with", err)
		}
	})
	out := bufio.NewReader(stdout)
	address, err := out.ReadString('\n')
	check(t, err)
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return &eventService{url: "http://" + strings.TrimSpace(address), client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ask decodes the answer to a GET.
func (s *eventService) ask(t testing.TB, path string, answer any) {
	t.Helper()
	resp, err := s.client.Get(s.url + path)
	check(t, err)
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s", path, resp.Status)
	}
	check(t, json.NewDecoder(resp.Body).Decode(answer))
}

func (s *eventService) state(t testing.TB) (state eventState) {
	t.Helper()
	s.ask(t, "/state", &state)
	return state
}

// countingProvider is a log provider that keeps nothing.
type countingProvider struct {
	embedded.LoggerProvider
	n atomic.Uint64
}

type countingLogger struct {
	embedded.Logger
	n *atomic.Uint64
}

func (p *countingProvider) Logger(string, ...log.LoggerOption) log.Logger {
	return countingLogger{n: &p.n}
}
func (l countingLogger) Emit(context.Context, log.Record)                    { l.n.Add(1) }
func (l countingLogger) Enabled(context.Context, log.EnabledParameters) bool { return true }

// TestEventService is no test but the service, and runs only as a process of its own.
func TestEventService(t *testing.T) {
	clientRate, err := strconv.ParseFloat(os.Getenv(eventServiceEnv), 64)
	if err != nil {
		t.Skip("a part of TestEventsUnderLoad")
	}
	provider := &countingProvider{}
	mon, err := otelperf.New(otelperf.WithLoggerProvider(provider), otelperf.WithIgnoredPaths("/t/", "/control", "/state", "/direct"),
		otelperf.WithEvents(analytics.WithSampling(analytics.Sampling{Events: 0.8}), analytics.WithHandler(analytics.HandlerOptions{
			Rate: clientRate, Burst: eventBurst,
			ClientKey: func(r *http.Request) string { return r.Header.Get("X-Client") }, // all have one address
		})))
	check(t, err)
	tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(mon.Sampler(sdktrace.NeverSample())), sdktrace.WithSpanProcessor(mon.SpanProcessor(nil)))
	srv := &http.Server{ReadHeaderTimeout: time.Minute, Handler: otelhttp.NewHandler(mon.Middleware(eventRoutes(mon, provider)), "shop", otelhttp.WithTracerProvider(tp), otelhttp.WithFilter(mon.Filter))}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(listener) }()
	fmt.Println(listener.Addr())

	_, _ = io.Copy(io.Discard, os.Stdin) // until the process that started this one has ended
	check(t, srv.Close())
	<-done
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	check(t, errors.Join(mon.Shutdown(ctx), tp.Shutdown(ctx)))
}

func eventRoutes(mon *otelperf.Monitor, provider *countingProvider) http.Handler {
	blank := bytes.Repeat([]byte(" "), 4<<10) // as long as an answer to a batch
	mux := http.NewServeMux()
	mux.HandleFunc("GET /own", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "done") })
	mux.Handle("/t/", http.StripPrefix("/t", mon.TrackHandler()))
	mux.HandleFunc("POST /control", func(w http.ResponseWriter, r *http.Request) { // what any handler of such requests has to do
		_, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write(blank)
	})
	mux.HandleFunc("GET /direct", func(w http.ResponseWriter, r *http.Request) {
		batches, _ := strconv.Atoi(r.FormValue("batches"))
		every, _ := time.ParseDuration(r.FormValue("every"))
		_ = json.NewEncoder(w).Encode(trackDirectly(r.Context(), mon.Events(), batches, every))
	})
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, r *http.Request) {
		_, _ = mon.Events().Flush(r.Context()) // nothing to say: the provider has no ForceFlush
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		var u syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		_ = json.NewEncoder(w).Encode(eventState{
			Stats: mon.Events().Stats(), Emitted: provider.n.Load(), Heap: int64(m.HeapAlloc), Goroutines: runtime.NumGoroutine() - 1,
			CPU: time.Duration(u.Utime.Nano() + u.Stime.Nano()),
		})
	})
	return mux
}

// trackDirectly has the service's own code track so many batches in each of as many goroutines as there are clients, one
// every so often, until ctx ends.
func trackDirectly(ctx context.Context, tracker *analytics.Tracker, batches int, every time.Duration) (sum batchSum) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for g := range eventClients {
		wg.Go(func() {
			session := fmt.Sprintf("direct-%d", g)
			for i := 0; i < batches && ctx.Err() == nil; i++ {
				time.Sleep(every)
				batch := make([]analytics.Event, postSize/10)
				for i := range batch {
					batch[i] = analytics.Event{Name: "load.direct", SessionID: session, Properties: []attribute.KeyValue{attribute.Int("n", i), attribute.String("plan", "pro")}}
				}
				r := tracker.TrackBatch(ctx, batch)
				mu.Lock()
				sum.add(batchSum{len(batch), r.Accepted, r.Refused, r.SampledOut, r.Dropped, 0})
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return sum
}
