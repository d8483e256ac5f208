// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

const (
	workTakes   = 2 * time.Millisecond // a request of the service
	pollEvery   = time.Millisecond     // one poll of the summary: 1,000 a second
	idleClients = 1000
)

// service is a server as a program has it: its own work, and the companion endpoint, on one listener.
func service(tb testing.TB) *rig {
	tb.Helper()
	rg := newRig(tb, plan{alone: true}, everybody)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /work", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(workTakes)
		_, _ = io.WriteString(w, "done")
	})
	mux.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", rg.mon.Handler()))
	rg.Serve(tb, rg.instrument(rg.mon.Middleware(mux)), false)
	return rg
}

// expect is a GET that is answered with 200. It may be called by goroutines of the test.
func (rg *rig) expect(tb testing.TB, path string) {
	resp, _, err := rg.Do(context.Background(), http.MethodGet, path)
	if err != nil || resp.StatusCode != http.StatusOK {
		tb.Errorf("GET %s: %v %v", path, resp, err)
	}
}

// paced calls f each interval for d, late or not, each call in a goroutine of its own, and returns how long the calls took.
func paced(d, interval time.Duration, f func()) (took []time.Duration) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	begin := time.Now()
	for i := range int(d / interval) {
		due := begin.Add(time.Duration(i) * interval)
		time.Sleep(time.Until(due))
		wg.Go(func() {
			f()
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(due)) // from when it was due: a delay of the sender counts
		})
	}
	wg.Wait()
	return took
}

func p99(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[(len(d)*99-1)/100]
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// A thousand polls a second cost five evaluations: equal polls share an answer for 200 ms.
func TestPollsShareAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{}, everybody)
		h := rg.mon.Handler()
		before := rg.mon.Diagnostics().Engine.Ticks
		for range 999 {
			answer(t, h, "/summary")
			time.Sleep(time.Millisecond)
		}
		if n := rg.mon.Diagnostics().Engine.Ticks - before; n != 5 {
			t.Errorf("%d evaluations by 999 polls in 999 ms, want 5", n)
		}
		rg.request("GET", "/a", http.StatusOK, time.Millisecond)
		time.Sleep(200 * time.Millisecond)
		if v := answer(t, h, "/summary"); v["total_requests"] != 1.0 {
			t.Errorf("200 ms after a request the summary has %v of them", v["total_requests"])
		}
	})
}

// Polls that come while the service works are all answered, and are not among its requests.
func TestPollsAreNotRequests(t *testing.T) {
	const clients, each = 8, 50
	rg := service(t)
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range each {
				rg.expect(t, "/work")
			}
		})
		wg.Go(func() {
			for range each {
				rg.expect(t, "/debug/otelperf/summary")
			}
		})
	}
	wg.Wait()
	if s := rg.settled(t, clients*each); rows(s) != "GET /work ok=400" {
		t.Errorf("endpoints are %s, want the work alone", rows(s))
	}
}

// A thousand clients that want the stream and then never read: as many as the bound says have it, the others a 503, and the
// service works on.
func TestIdleStreamsAreBounded(t *testing.T) {
	rg := service(t)
	before := heap()
	limit := rg.mon.Settings().MaxStreams
	conns, refused := rg.idle(t, idleClients)
	if want := idleClients - limit; refused != want || rg.mon.Diagnostics().Streams.Clients != limit {
		t.Errorf("%d of %d refused, %d have the stream; want %d and %d", refused, idleClients, rg.mon.Diagnostics().Streams.Clients, want, limit)
	}
	for range 50 {
		rg.expect(t, "/work")
	}
	if grown := heap() - before; grown > 64<<20 {
		t.Errorf("%d idle clients take %d MiB", idleClients, grown>>20)
	}
	runtime.KeepAlive(conns)
	for _, c := range conns {
		_ = c.Close()
	}
	testrig.Eventually(t, "the streams have ended", func() bool { return rg.mon.Diagnostics().Streams.Clients == 0 })
}

// BenchmarkWork is how long a request of the service takes, alone and with load on the companion endpoint.
func BenchmarkWork(b *testing.B) {
	for _, bm := range []struct {
		name  string
		under func(*testing.B, *rig)
	}{
		{"alone", func(*testing.B, *rig) {}},
		{"polls", func(b *testing.B, rg *rig) { rg.polled(b) }},
		{"idle streams", func(b *testing.B, rg *rig) { rg.idle(b, idleClients) }},
	} {
		b.Run(bm.name, func(b *testing.B) {
			rg := service(b)
			bm.under(b, rg)
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				rg.expect(b, "/work")
				took = append(took, time.Since(began))
			}
			b.ReportMetric(float64(median(took)), "p50-ns")
			b.ReportMetric(float64(p99(took)), "p99-ns")
		})
	}
}

// polled polls the summary until the benchmark ends.
func (rg *rig) polled(b *testing.B) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			paced(100*pollEvery, pollEvery, func() { rg.expect(b, "/debug/otelperf/summary") })
		}
	}()
	b.Cleanup(func() { stop(); <-ended })
}

// idle opens n connections, asks for the stream on each, and reads no further than the status.
func (rg *rig) idle(tb testing.TB, n int) (conns []net.Conn, refused int) {
	tb.Helper()
	address := rg.Server.Listener.Addr().String()
	for range n {
		c, err := net.Dial("tcp", address)
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = c.Close() })
		conns = append(conns, c)
		if _, err := io.WriteString(c, "GET /debug/otelperf/stream HTTP/1.1\r\nHost: "+address+"\r\n\r\n"); err != nil {
			tb.Fatal(err)
		}
		status, err := bufio.NewReaderSize(c, 16).ReadString('\n')
		switch {
		case err != nil:
			tb.Fatal(err)
		case strings.Contains(status, " 503 "):
			refused++
		case !strings.Contains(status, " 200 "):
			tb.Fatalf("the status is %q", status)
		}
	}
	return conns, refused
}
