// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"bufio"
	"flag"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
)

// What the companion endpoint costs the service that it belongs to, in paired rounds: one with load on the endpoint, one
// without, in an order that alternates, so that a machine that is busy with other things is so in both. For figures:
//
//	go test -run 'TestLoad' -v ./otelperf -load 10s
var loadTime = flag.Duration("load", 400*time.Millisecond, "how long the load tests put load on the endpoint; 10s makes 10,000 polls")

const (
	pollEvery   = time.Millisecond     // one poll of summary: 1,000 a second
	workEvery   = 2 * time.Millisecond // one request of the service: 500 a second
	workTakes   = 2 * time.Millisecond
	idleClients = 1000
	// grossEffect is a median of the paired differences of p99 that, with the same sign in nearly all pairs, no noise explains.
	// What the load really costs is a small part of it; the log has the figure.
	grossEffect = 50 * time.Millisecond
)

// service is a server as a program has it: its own work, and the companion endpoint, on one listener.
func service(t *testing.T, opts ...otelperf.Option) *rig {
	t.Helper()
	rg := newRig(t, plan{alone: true}, append(opts, everybody)...)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /work", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(workTakes)
		_, _ = io.WriteString(w, "done")
	})
	mux.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", rg.mon.Handler()))
	rg.serve(rg.instrument(rg.mon.Middleware(mux)), false)
	rg.server.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = 256
	return rg
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

// work sends the service its own requests for d.
func (rg *rig) work(t *testing.T, d time.Duration) []time.Duration {
	return paced(d, workEvery, func() { rg.expect(t, "/work", http.StatusOK) })
}

func (rg *rig) expect(t *testing.T, path string, status int) {
	resp, _, err := rg.do(t.Context(), http.MethodGet, path)
	if err != nil || resp.StatusCode != status {
		t.Errorf("GET %s: %v %v", path, resp, err)
	}
}

func p99(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[(len(d)*99-1)/100]
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// compare runs pairs of rounds, and fails where the load moves the service's p99 by more than noise can.
func compare(t *testing.T, rg *rig, under func(d time.Duration, f func())) {
	t.Helper()
	pairs := min(max(4, int(*loadTime/(500*time.Millisecond))), 20)
	round := *loadTime / time.Duration(pairs)
	rg.work(t, round) // connections, caches
	var quiet, loaded, differences []time.Duration
	var all [2][]time.Duration
	for pair := range pairs {
		var p [2]time.Duration
		for _, with := range []int{pair % 2, 1 - pair%2} {
			var took []time.Duration
			if with == 0 {
				took = rg.work(t, round)
			} else {
				under(round, func() { took = rg.work(t, round) })
			}
			p[with] = p99(took)
			all[with] = append(all[with], took...)
		}
		quiet, loaded, differences = append(quiet, p[0]), append(loaded, p[1]), append(differences, p[1]-p[0])
	}
	d := median(differences)
	t.Logf("p99 of the service: %v without, %v with (medians of %d rounds of %v); median difference of pairs %v, from %v to %v", median(quiet), median(loaded), pairs, round, d, differences[0], differences[len(differences)-1])
	t.Logf("p50 of the service: %v without, %v with; %d requests each", median(all[0]), median(all[1]), len(all[0]))
	slower := 0
	for _, d := range differences {
		if d > 0 {
			slower++
		}
	}
	if otelperf.RaceEnabled {
		return // the detector makes each poll so much dearer that a thousand a second fill the machine
	}
	if d > max(grossEffect, 3*median(quiet)) && slower >= pairs-1 {
		t.Errorf("the load moves the service's p99 by %v, in %d of %d pairs upwards", d, slower, pairs)
	}
}

// Polls of the summary, a thousand a second, leave the service's latency where it is: equal polls share one snapshot.
func TestLoadOfPolls(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second or two")
	}
	rg := service(t)
	polls := 0
	compare(t, rg, func(d time.Duration, f func()) {
		var wg sync.WaitGroup
		wg.Go(func() {
			polls += len(paced(d, pollEvery, func() { rg.expect(t, "/debug/otelperf/summary", http.StatusOK) }))
		})
		f()
		wg.Wait()
	})
	t.Logf("%d polls", polls)
	if s := rg.mon.Summary(otelperf.WindowAll); len(s.Endpoints) != 1 {
		t.Errorf("endpoints are %s, want the work alone: polls are not requests of the service", rows(s))
	}
}

// A thousand clients that want the stream and then never read: as many as the bound says have it, the others a 503, and
// neither is felt.
func TestLoadOfIdleStreams(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second or two")
	}
	rg := service(t)
	before := inUse()
	limit := rg.mon.Settings().MaxStreams
	compare(t, rg, func(_ time.Duration, f func()) {
		conns, refused := rg.idle(t, idleClients)
		if want := idleClients - limit; refused != want || rg.mon.Diagnostics().Streams.Clients != limit {
			t.Errorf("%d of %d refused, %d have the stream; want %d and %d", refused, idleClients, rg.mon.Diagnostics().Streams.Clients, want, limit)
		}
		f()
		if grown := inUse() - before; grown > 64<<20 {
			t.Errorf("%d idle clients take %d MiB", idleClients, grown>>20)
		} else {
			t.Logf("%d idle clients: %d KiB and %d goroutines in this process, with those of the clients", idleClients, grown>>10, runtime.NumGoroutine())
		}
		for _, c := range conns {
			_ = c.Close()
		}
		eventually(t, "the streams have ended", func() bool { return rg.mon.Diagnostics().Streams.Clients == 0 })
	})
}

// idle opens n connections, asks for the stream on each, and reads no further than the status.
func (rg *rig) idle(t *testing.T, n int) (conns []net.Conn, refused int) {
	t.Helper()
	address := rg.server.Listener.Addr().String()
	for range n {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
		if _, err := io.WriteString(c, "GET /debug/otelperf/stream HTTP/1.1\r\nHost: "+address+"\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		status, err := bufio.NewReaderSize(c, 16).ReadString('\n')
		switch {
		case err != nil:
			t.Fatal(err)
		case strings.Contains(status, " 503 "):
			refused++
		case !strings.Contains(status, " 200 "):
			t.Fatalf("the status is %q", status)
		}
	}
	return conns, refused
}

// inUse is the heap in use, in bytes.
func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
