// SPDX-License-Identifier: Apache-2.0

//go:build unix

package otelperf_test

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// Analytics events under load, from clients that are another process than the service. BenchmarkLoadOfEvents measures what
// the load costs the service; this test checks that each event is counted once, that memory is bounded and that nothing is
// left running.

const (
	eventClients = 50
	postSize     = 100
	postsEach    = 6  // of each client: 30,000 events
	batchesEach  = 40 // of each of as many goroutines of the service, of postSize/10: 20,000 events
	greedyPosts  = 20 // of one client, beyond its rate

	// slowRate has no client get another token while a test runs, so that what is over the rate does not depend on time.
	slowRate   = 1e-6 // events a second
	eventBurst = 10*postSize + postSize/2
)

// eventLoad is a load test under way.
type eventLoad struct {
	*eventService
	clients []*eventClient
	sum     batchSum
}

// post has each client send n batches.
func (l *eventLoad) post(t *testing.T, n int) {
	t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	for _, c := range l.clients {
		wg.Go(func() {
			for range n {
				sum, err := c.post(l.url + "/t/batch-track")
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

// track has the service's own code track n batches in each of its goroutines.
func (l *eventLoad) track(t *testing.T, n int) {
	t.Helper()
	var sum batchSum
	l.ask(t, fmt.Sprintf("/direct?batches=%d", n), &sum)
	l.sum.add(sum)
}

func TestEventsUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	l := &eventLoad{eventService: startEventService(t, slowRate), clients: newEventClients()}
	before := l.state(t)
	l.post(t, postsEach)
	l.track(t, batchesEach)
	after := l.state(t)
	t.Logf("%d events; heap %.1f MiB after a collection, at the start %.1f MiB; the service took %v of CPU time",
		l.sum.Sent, mib(after.Heap), mib(before.Heap), after.CPU-before.CPU)
	if grown := after.Heap - before.Heap; grown > 32<<20 {
		t.Errorf("the heap grew by %.1f MiB", mib(grown))
	}
	l.greedy(t)
	l.conserved(t)
	l.goroutinesEnd(t, before.Goroutines)
}

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// greedy has one client go beyond its rate: of the batch that empties its bucket half is dropped, those after it are not read.
func (l *eventLoad) greedy(t *testing.T) {
	t.Helper()
	for range greedyPosts {
		sum, err := l.clients[0].post(l.url + "/t/batch-track")
		check(t, err)
		l.sum.add(sum)
	}
	if want := (postsEach+greedyPosts)*postSize - eventBurst - postSize/2; l.sum.Unread != want {
		t.Errorf("%d events in requests that were not read, want %d", l.sum.Unread, want)
	}
	if n := l.state(t).Stats.DroppedBy["rate_limited"]; n != postSize/2 {
		t.Errorf("%d events of a batch that was read were over the rate, want %d", n, postSize/2)
	}
}

// conserved checks that each event that was sent is counted once, by the service as in its answers, and that each accepted
// one was emitted.
func (l *eventLoad) conserved(t *testing.T) {
	t.Helper()
	state, sum := l.state(t), l.sum
	s := state.Stats
	counted := batchSum{sum.Sent, int(s.Accepted), int(s.Refused), int(s.SampledOut), int(s.Dropped), sum.Unread}
	if counted != sum || sum.Accepted+sum.Refused+sum.SampledOut+sum.Dropped+sum.Unread != sum.Sent || int(s.Received)+sum.Unread != sum.Sent {
		t.Errorf("the answers add up to %+v; stats say %+v, received %d", sum, counted, s.Received)
	}
	var named uint64
	for _, n := range s.DroppedBy {
		named += n
	}
	if named != s.Dropped || s.RefusedBy["name"] != s.Refused || s.DroppedBy["duplicate"] == 0 || s.SampledOut == 0 || s.Refused == 0 {
		t.Errorf("the load has all kinds, each by name: %+v", s)
	}
	if s.HTTP.RefusedBy["429"] != uint64(sum.Unread/postSize) {
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
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if n = l.state(t).Goroutines; n <= before {
			return
		}
	}
	t.Errorf("the service has %d goroutines, at the start %d", n, before)
}
