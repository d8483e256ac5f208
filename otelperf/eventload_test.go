// SPDX-License-Identifier: Apache-2.0

//go:build unix

package otelperf_test

import (
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
)

// Analytics events under load: 50,000 a second from 50 clients, which are another process than the service. For figures:
//
//	go test -run TestLoadOfEvents -v ./otelperf -load 20s
//
// Each round measures the latency of the service's own endpoint in four situations: idle; while the clients send their
// requests to a handler that reads them and no more; while they send them to TrackHandler; and while the service itself
// tracks as many events. What the second and the third differ by is what the events cost. After the rounds the load goes on
// without a pause for as long as -load says.

const (
	eventClients = 50
	postSize     = 100
	postEvery    = 100 * time.Millisecond // of each client: 50,000 events a second together
	eventRounds  = 12                     // at most
	clientRate   = 20 * postSize          // events a second, twice of what a client sends
	clientBurst  = 10 * postSize
	greedyPosts  = 40 // of a client that goes beyond its rate
)

// eventLoad is a load test under way.
type eventLoad struct {
	*eventService
	clients []*eventClient
	sum     batchSum
}

// post has all clients send for d.
func (l *eventLoad) post(t *testing.T, path string, d time.Duration) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for n, c := range l.clients {
		wg.Go(func() {
			for range ticks(d, postEvery, n) {
				sum, err := c.post(l.url + path)
				mu.Lock()
				l.sum.add(sum)
				mu.Unlock()
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// track has the service track events itself for d.
func (l *eventLoad) track(t *testing.T, d time.Duration) {
	var sum batchSum
	l.ask(t, "/direct?for="+d.String(), &sum)
	l.sum.add(sum)
}

// latency asks the service's own endpoint for d, while load runs.
func (l *eventLoad) latency(t *testing.T, d time.Duration, load func()) []time.Duration {
	var wg sync.WaitGroup
	wg.Go(load)
	took := paced(d, workEvery, func() {
		resp, err := l.client.Get(l.url + "/own")
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	})
	wg.Wait()
	return took
}

func TestLoadOfEvents(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	l := &eventLoad{eventService: startEventService(t), clients: newEventClients()}
	before := l.state(t)
	l.rounds(t)

	began, sent := l.state(t), l.sum.Sent
	l.post(t, "/t/batch-track", *loadTime)
	sustained := l.state(t)
	t.Logf("%d events in %v without a pause; heap %.1f MiB after a collection, at the start %.1f MiB; the service took %.0f%% of a core",
		l.sum.Sent-sent, *loadTime, mib(sustained.Heap), mib(before.Heap), 100*(sustained.CPU-began.CPU).Seconds()/loadTime.Seconds())
	if grown := sustained.Heap - before.Heap; grown > 32<<20 {
		t.Errorf("the heap grew by %.1f MiB", mib(grown))
	}
	l.greedy(t)
	l.conserved(t)
	l.goroutinesEnd(t, before.Goroutines)
}

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// The situations of a round, and the pairs of them that are compared.
var (
	eventSituations = []string{"idle", "control", "batch-track", "Track"}
	eventPairs      = [][2]int{{1, 0}, {2, 1}, {2, 0}, {3, 0}}
)

// rounds runs the situations in an order that turns, and says how the latencies of each round differ.
func (l *eventLoad) rounds(t *testing.T) {
	n := min(max(2, int(*loadTime/time.Second)), eventRounds)
	d := max(*loadTime/time.Duration(n), 2*postEvery)
	loads := []func(){
		func() {}, func() { l.post(t, "/control", d) }, func() { l.post(t, "/t/batch-track", d) }, func() { l.track(t, d) },
	}
	quantiles := make([][2][]time.Duration, len(loads)) // by situation, of p50 and p99 of each round
	cpu := make([]time.Duration, len(loads))
	events := make([]int, len(loads))
	for round := range n {
		for i := range loads {
			i = (i + round) % len(loads)
			began, sent := l.state(t), l.sum.Sent
			took := l.latency(t, d, loads[i])
			cpu[i] += l.state(t).CPU - began.CPU
			events[i] += l.sum.Sent - sent
			quantiles[i][0], quantiles[i][1] = append(quantiles[i][0], median(took)), append(quantiles[i][1], p99(took))
		}
	}
	for i, s := range eventSituations {
		t.Logf("%-11s p50 %v, p99 %v (medians of %d rounds of %v); the service took %.1f%% of a core",
			s, median(slices.Clone(quantiles[i][0])), median(slices.Clone(quantiles[i][1])), n, d, 100*cpu[i].Seconds()/(float64(n)*d.Seconds()))
	}
	for _, p := range eventPairs {
		l.compared(t, p, quantiles)
	}
	t.Logf("an event of batch-track takes %.1f µs beyond reading its request, one of Track %.1f µs",
		perEvent(cpu[2]-cpu[1], events[2]), perEvent(cpu[3]-cpu[0], events[3]))
}

func perEvent(d time.Duration, n int) float64 { return float64(d.Microseconds()) / float64(max(n, 1)) }

// compared logs how much later the own endpoint answers in one situation than in another of the same round, and fails where
// that is more than noise can be.
func (l *eventLoad) compared(t *testing.T, pair [2]int, quantiles [][2][]time.Duration) {
	t.Helper()
	var ds [2][]time.Duration
	for q := range ds {
		for round, with := range quantiles[pair[0]][q] {
			ds[q] = append(ds[q], with-quantiles[pair[1]][q][round])
		}
		slices.Sort(ds[q])
	}
	last := len(ds[0]) - 1
	t.Logf("%s against %s: p50 %+v (%v to %v), p99 %+v (%v to %v)", eventSituations[pair[0]], eventSituations[pair[1]],
		median(ds[0]), ds[0][0], ds[0][last], median(ds[1]), ds[1][0], ds[1][last])
	if gross := median(ds[1]) > grossEffect && ds[1][0] > 0; gross && last >= 9 && !otelperf.RaceEnabled {
		t.Errorf("%s moves the service's p99 by %v, in each round", eventSituations[pair[0]], median(ds[1]))
	}
}

// greedy has one client send as fast as it can, so that it is over its rate.
func (l *eventLoad) greedy(t *testing.T) {
	for range greedyPosts {
		sum, err := l.clients[0].post(l.url + "/t/batch-track")
		check(t, err)
		l.sum.add(sum)
	}
}

// conserved checks that each event that was sent is counted once, by the service as the clients were told, and that each
// accepted one was emitted.
func (l *eventLoad) conserved(t *testing.T) {
	t.Helper()
	state, sum := l.state(t), l.sum
	s := state.Stats
	told := batchSum{sum.Sent, int(s.Accepted), int(s.Refused), int(s.SampledOut), int(s.Dropped), sum.Unread}
	if told != sum || sum.Accepted+sum.Refused+sum.SampledOut+sum.Dropped+sum.Unread != sum.Sent || int(s.Received)+sum.Unread != sum.Sent {
		t.Errorf("clients were told %+v; stats say %+v, received %d", sum, told, s.Received)
	}
	var named uint64
	for _, n := range s.DroppedBy {
		named += n
	}
	if named != s.Dropped || s.RefusedBy["name"] != s.Refused || s.DroppedBy["duplicate"] == 0 || s.DroppedBy["rate_limited"] == 0 || s.SampledOut == 0 || s.Refused == 0 {
		t.Errorf("the load has all kinds, each by name: %+v", s)
	}
	if s.HTTP.RefusedBy["429"] < uint64(sum.Unread/postSize) {
		t.Errorf("%d events in requests that were not read; answers %v", sum.Unread, s.HTTP.RefusedBy)
	}
	if state.Emitted != s.Accepted {
		t.Errorf("emitted %d of %d accepted events", state.Emitted, s.Accepted)
	}
	t.Logf("%d sent = %d accepted and emitted + %d refused %v + %d sampled out + %d dropped %v + %d in requests answered with 429 unread",
		sum.Sent, s.Accepted, s.Refused, s.RefusedBy, s.SampledOut, s.Dropped, s.DroppedBy, sum.Unread)
}

// goroutinesEnd closes the connections and waits until the service has no more goroutines than before.
func (l *eventLoad) goroutinesEnd(t *testing.T, before int) {
	t.Helper()
	for _, c := range l.clients {
		c.client.CloseIdleConnections()
	}
	l.client.CloseIdleConnections()
	n := 0
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if n = l.state(t).Goroutines; n <= before {
			return
		}
	}
	t.Errorf("the service has %d goroutines, at the start %d", n, before)
}
