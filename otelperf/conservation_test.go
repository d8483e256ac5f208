// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric/noop"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// client talks HTTP/1.1 over one connection that it keeps. It does no more than it must, and sends its requests in batches: the
// server is under test.
type client struct {
	conn net.Conn
	r    *bufio.Reader
	seen map[string]int // replies by "METHOD ROUTE outcome"
}

// round sends a batch and reads the replies, whose statuses it returns.
func (c *client) round(batch string, statuses []int) error {
	if _, err := io.WriteString(c.conn, batch); err != nil {
		return err
	}
	for i := range statuses {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if statuses[i], err = strconv.Atoi(string(line[9:12])); err != nil {
			return err
		}
		if err := c.skip(); err != nil {
			return err
		}
	}
	return nil
}

// skip reads over the headers and the body.
func (c *client) skip() error {
	length := 0
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			_, err = c.r.Discard(length)
			return err
		}
		if value, ok := strings.CutPrefix(string(line), "Content-Length: "); ok {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return err
			}
		}
	}
}

// counted is an endpoint of the service that the clients call, as the summary names it.
type counted struct{ method, path, route string }

var countedEndpoints = []counted{
	{"GET", "/users/{n}", "/users/{id}"},
	{"GET", "/answer/{n}", "/answer/{n}"}, // its status depends on n
	{"POST", "/orders", "/orders"},
	{"GET", "/nowhere/{n}", "(unmatched)"},
}

// countingShop answers as the clients expect it.
func countingShop() *http.ServeMux {
	mux := testrig.Shop(nil)
	mux.HandleFunc("GET /answer/{n}", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.PathValue("n"))
		w.WriteHeader([]int{200, 404, 500, 201, 429, 503}[n%6])
	})
	return mux
}

// batchSize is a multiple of the number of endpoints and of statuses.
const batchSize = 4 * 6 * 2

// run sends n requests and counts what comes back.
func (c *client) run(n int) error {
	var batch strings.Builder
	statuses := make([]int, batchSize)
	for done := 0; done < n; {
		statuses = statuses[:min(batchSize, n-done)]
		batch.Reset()
		for i := range statuses {
			e := countedEndpoints[i%len(countedEndpoints)]
			path := strings.ReplaceAll(e.path, "{n}", strconv.Itoa(done+i/len(countedEndpoints)))
			batch.WriteString(e.method + " " + path + " HTTP/1.1\r\nHost: shop\r\n\r\n")
		}
		if err := c.round(batch.String(), statuses); err != nil {
			return err
		}
		for i, status := range statuses {
			e := countedEndpoints[i%len(countedEndpoints)]
			c.seen[e.method+" "+e.route+" "+outcomeOf(status)]++
		}
		done += len(statuses)
	}
	return nil
}

func outcomeOf(status int) string {
	switch {
	case status >= 500:
		return "server_error"
	case status >= 400:
		return "client_error"
	}
	return "ok"
}

// 100,000 requests of 8 clients over real connections, while others poll the summary: in the end the service's numbers are the
// clients' numbers, endpoint by endpoint and outcome by outcome, and totals never went down.
func TestConservationConcurrentSafe(t *testing.T) {
	const clients = 8
	each := 12_500
	if testing.Short() {
		each = 1_000
	}
	requests := uint64(clients * each)
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // the race detector makes collections dear
	rg := newRig(t, plan{alone: true}, otelperf.WithHeaders(false))
	rg.meters = noop.NewMeterProvider() // spans are what is counted here
	rg.Serve(t, rg.instrument(rg.mon.Middleware(countingShop())), false)
	all := make([]*client, clients)
	for i := range all {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", rg.Server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		all[i] = &client{conn: conn, r: bufio.NewReader(conn), seen: map[string]int{}}
	}
	stop := make(chan struct{})
	var polls, load sync.WaitGroup
	polls.Go(func() { poll(t, rg.mon, stop) })
	for i, c := range all {
		load.Go(func() {
			if err := c.run(each); err != nil {
				t.Errorf("client %d: %v", i, err)
			}
		})
	}
	load.Wait()
	close(stop)
	polls.Wait()

	want := map[string]int{}
	for _, c := range all {
		for k, n := range c.seen {
			want[k] += n
		}
	}
	s := rg.settled(t, requests)
	if got := seen(s); !maps.Equal(got, want) {
		t.Errorf("the summary has\n%v, the clients saw\n%v", list(got), list(want))
	}
	if s.TotalRequests != requests || s.Count != requests {
		t.Errorf("%d requests, %d in the window, want %d", s.TotalRequests, s.Count, requests)
	}
	if n := producedCount(t, rg.mon, "otelperf.request.duration"); n != requests {
		t.Errorf("the Producer has %d requests, want %d", n, requests)
	}
	if d := s.Diagnostics; d.Processor.Faults+d.Engine.Faults+d.MiddlewareFaults+d.Processor.Overflowed > 0 {
		t.Errorf("diagnostics: %+v", d)
	}
}

// poll reads summaries until stop, and checks that totals only grow.
func poll(t *testing.T, mon *otelperf.Monitor, stop <-chan struct{}) {
	last := uint64(0)
	every := time.NewTicker(100 * time.Millisecond)
	defer every.Stop()
	for {
		select {
		case <-stop:
			return
		case <-every.C:
		}
		s := mon.Summary(otelperf.Window1m)
		if s.TotalRequests < last {
			t.Errorf("total went from %d to %d", last, s.TotalRequests)
			return
		}
		sum := uint64(0)
		for i := range s.Endpoints {
			sum += s.Endpoints[i].Count
		}
		if sum != s.Count {
			t.Errorf("rows add up to %d, the totals say %d", sum, s.Count)
			return
		}
		last = s.TotalRequests
	}
}

// seen are the rows of a summary in the clients' words.
func seen(s *otelperf.Summary) map[string]int {
	got := map[string]int{}
	for i := range s.Endpoints {
		for outcome, n := range s.Endpoints[i].ByOutcome {
			got[s.Endpoints[i].Name()+" "+outcome] = int(n)
		}
	}
	return got
}

func list(m map[string]int) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, "  %s: %d\n", k, m[k])
	}
	return b.String()
}
