// SPDX-License-Identifier: Apache-2.0

package stacks

import (
	"context"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/site"
	"github.com/otelperf/otelperf-go/slowlog/fault"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

const key = "request"

var stats = conventions.Endpoint{Method: "GET", Route: "/stats"}

// serving is the function that stands for Middleware.
//
//go:noinline
func serving(handler func()) {
	handler()
	runtime.KeepAlive(handler) // no tail call
}

//go:noinline
func handler(c chan struct{}) { <-c }

// rig is a sampler, and goroutines that hang in handler until the end of the test.
type rig struct {
	*Sampler
	slow    []Request
	release chan struct{}
	all     sync.WaitGroup
}

func newRig(t *testing.T) *rig {
	rg := &rig{release: make(chan struct{})}
	rg.Sampler = New(Config{
		Key: key, Frame: "github.com/otelperf/otelperf-go/otelperf/internal/stacks.serving", Own: []string{site.MainModule()}, Faults: new(fault.Log),
		Slow: func(time.Time) []Request { return rg.slow },
	})
	t.Cleanup(func() {
		close(rg.release)
		rg.all.Wait()
	})
	return rg
}

// hang starts a request with a label, and n goroutines that it does not wait for.
func (rg *rig) hang(label string, n int) Request {
	var begun sync.WaitGroup
	begun.Add(1 + n)
	rg.all.Go(func() {
		pprof.Do(context.Background(), pprof.Labels(key, label), func(context.Context) {
			for range n {
				rg.all.Go(func() { begun.Done(); handler(rg.release) })
			}
			serving(func() { begun.Done(); handler(rg.release) })
		})
	})
	begun.Wait()
	var id trace.SpanID
	copy(id[:], fmt.Sprintf("%8s", label))
	return Request{SpanID: id, Endpoint: stats, Age: time.Second, Label: label}
}

// first takes a profile, and returns where the first request is.
func (rg *rig) first(t *testing.T) *Seen {
	t.Helper()
	rg.notBefore = time.Time{}
	rg.look(time.Now())
	seen := rg.Of(rg.slow[0].SpanID)
	if seen == nil {
		t.Fatalf("the first request was not seen: %+v", rg.Status())
	}
	return seen
}

// Nothing is sampled while nothing is slow, nor where no goroutine has a label; closing leaves no goroutine.
func TestNothingIsSampledWhileNothingIsSlow(t *testing.T) {
	for about, slow := range map[string][]Request{"nothing is slow": nil, "no label": {{SpanID: trace.SpanID{1}, Endpoint: stats, Age: time.Minute}}} {
		synctest.Test(t, func(t *testing.T) {
			rg := newRig(t)
			rg.slow = slow
			rg.Start()
			time.Sleep(time.Minute)
			synctest.Wait()
			if n := rg.Status().Profiles; n != 0 {
				t.Errorf("%s: %d profiles", about, n)
			}
			if err := rg.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// The next profile comes no earlier than a hundred times the CPU time of the last one, whatever is new.
func TestShareOfCPU(t *testing.T) {
	rg := newRig(t)
	rg.slow = []Request{rg.hang("a", 0)}
	rg.first(t)
	status := rg.Status()
	rg.slow = append(rg.slow, Request{SpanID: trace.SpanID{9}, Endpoint: stats, Label: "new"})
	took := 20 * time.Millisecond
	now := time.Now()
	rg.notBefore = now.Add(restFactor * took)
	for _, d := range []time.Duration{0, time.Second, restFactor*took - 1} {
		if rg.look(now.Add(d)); rg.Status().Profiles != status.Profiles {
			t.Fatalf("a profile %v after one that took %v", d, took)
		}
	}
	if rg.look(now.Add(restFactor * took)); rg.Status().Profiles != status.Profiles+1 {
		t.Error("no profile when it is time for one")
	}
	rested := rg.notBefore.Sub(now)
	if spent := rg.Status().CPUTime - status.CPUTime; rested < restFactor*spent {
		t.Errorf("a profile that took %v is followed by a rest of %v", spent, rested)
	}
}

// Requests that have been running for long are sampled less often, new ones at once.
func TestLongRunningRequests(t *testing.T) {
	s := New(Config{})
	old := Request{SpanID: trace.SpanID{1}, Age: time.Minute, Label: "old"}
	now := time.Now()
	s.profiled, s.latest = now, map[trace.SpanID]*Seen{old.SpanID: {}}
	for d, want := range map[time.Duration]bool{busyPause: false, 2900 * time.Millisecond: false, 3 * time.Second: true} {
		if got := s.due([]Request{old}, now.Add(d)); got != want {
			t.Errorf("%v after the last profile one is due: %t, want %t", d, got, want)
		}
	}
	if !s.due([]Request{old, {SpanID: trace.SpanID{2}, Age: time.Second, Label: "new"}}, now.Add(busyPause)) {
		t.Error("a new request has to wait")
	}
}

// With many goroutines profiles are rare, and with too many there are none; both is said.
func TestManyGoroutines(t *testing.T) {
	rg := newRig(t)
	rg.slow = []Request{rg.hang("a", 0)}
	for range 20_000 {
		rg.all.Go(func() { <-rg.release })
	}
	rg.first(t)
	status := rg.Status()
	t.Logf("%d goroutines: %v of CPU time", status.Goroutines, status.CPUTime)
	rest := restFactor * status.CPUTime
	if said := strings.Contains(status.Note, "there is one every"); said != (rest > 2*time.Second) || status.Goroutines < 20_000 {
		t.Errorf("%+v, a rest of %v", status, rest)
	}
	rg.limit, rg.notBefore = 20_000, time.Time{}
	rg.look(time.Now().Add(time.Hour))
	if got := rg.Status(); got.Profiles != status.Profiles || !strings.Contains(got.Note, "stacks are sampled where there are at most 20000") || rg.Of(rg.slow[0].SpanID) != nil {
		t.Errorf("above the limit: %+v", got)
	}
}

// What others that have the label of a request do is not taken for its own doing, nor shown where it does not wait for them.
func TestOwnGoroutine(t *testing.T) {
	rg := newRig(t)
	rg.slow = []Request{rg.hang("a", 3), rg.hang("b", 0)}
	a, b := rg.first(t), rg.Of(rg.slow[1].SpanID)
	if a.State != causes.ChanReceive || len(a.Started) != 1 || a.Started[0].Count != 3 || len(b.Started) != 0 {
		t.Errorf("%+v\n%+v", a, b)
	}
	groups := rg.Groups([]trace.SpanID{rg.slow[0].SpanID, rg.slow[1].SpanID, {7}})
	if len(groups) != 2 || !strings.HasPrefix(groups[1].Sentence, "1 request of GET /stats is waiting to receive from a channel at sampler_test.go:") {
		t.Errorf("groups %+v", groups)
	}
	id := rg.slow[0].SpanID
	rg.slow = nil
	rg.look(time.Now())
	if rg.Of(id) != nil || len(rg.Groups([]trace.SpanID{id})) != 0 {
		t.Error("what is not slow any more is still shown")
	}
}

// A fault in a look is counted, and does not end the sampling.
func TestFaultsWhileLooking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t)
		looks := 0
		rg.cfg.Slow = func(time.Time) []Request { looks++; panic("x") }
		rg.Start()
		time.Sleep(3*time.Second + time.Millisecond)
		synctest.Wait()
		if looks != 3 || rg.cfg.Faults.Count() != 3 {
			t.Errorf("%d looks, %d faults; want 3 each", looks, rg.cfg.Faults.Count())
		}
		if err := rg.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
