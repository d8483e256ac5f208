// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

func enqueue(jobs chan<- time.Duration, d time.Duration) { jobs <- d }

func consume(jobs <-chan time.Duration) {
	for d := range jobs {
		time.Sleep(d)
	}
}

func TestChannelBackpressure(t *testing.T) {
	r := recorded(t, func(p *program) {
		jobs := make(chan time.Duration)
		var consumer sync.WaitGroup
		consumer.Go(func() { consume(jobs) })
		p.normal(victim, func() { enqueue(jobs, 0) })
		p.slow(victim, func() { enqueue(jobs, long/4) })
		p.all.Wait()
		close(jobs)
		consumer.Wait()
	})
	check(t, r, want{
		state: causes.ChanSend, line: "enqueue", who: "goroutine evidence.TestChannelBackpressure.func1.1", what: causes.Sleep, where: "consume",
		sentence: "waiting to send to a channel at waits_test.go:14, received by goroutine",
	})
}

func acquire(sem chan<- struct{}) { sem <- struct{}{} }

func TestSemaphore(t *testing.T) {
	r := recorded(t, func(p *program) {
		sem, held := make(chan struct{}, 2), make(chan struct{})
		use := func() { acquire(sem); <-sem }
		p.normal(victim, use)
		for range 2 {
			p.request("POST /batch", false, func() {
				acquire(sem)
				held <- struct{}{}
				time.Sleep(long)
				<-sem
			})
			<-held
		}
		p.slow(victim, use)
	})
	check(t, r, want{state: causes.ChanSend, line: "acquire", who: "POST /batch", what: causes.Sleep})
}

// job is what a worker of a pool answers to.
type job struct {
	d    time.Duration
	done chan struct{}
}

func submit(jobs chan<- job, d time.Duration) {
	j := job{d, make(chan struct{})}
	jobs <- j
	<-j.done
}

// TestWorkerPool: a request waits for the answer of a worker, which works for another request first.
func TestWorkerPool(t *testing.T) {
	r := recorded(t, func(p *program) {
		jobs := make(chan job, 100)
		var workers sync.WaitGroup
		workers.Go(func() {
			for j := range jobs {
				time.Sleep(j.d)
				close(j.done)
			}
		})
		p.normal(victim, func() { submit(jobs, 0) })
		p.slow(victim, func() { submit(jobs, long/8) })
		p.all.Wait()
		close(jobs)
		workers.Wait()
	})
	check(t, r, want{state: causes.ChanReceive, line: "submit", who: "goroutine evidence.TestWorkerPool.func1.1", what: causes.Sleep})
}

func backOff(d time.Duration) { time.Sleep(d) }

func TestSleep(t *testing.T) {
	r := recorded(t, func(p *program) {
		p.normal(victim, func() { backOff(0) })
		p.slow(victim, func() { backOff(long) })
	})
	check(t, r, want{state: causes.Sleep, line: "backOff", who: causes.Itself, sentence: "% sleeping at waits_test.go:"})
}

func poll(d time.Duration) {
	select {
	case <-time.After(d):
	case <-make(chan struct{}):
	}
}

func TestTimer(t *testing.T) {
	r := recorded(t, func(p *program) {
		p.normal(victim, func() { poll(0) })
		p.slow(victim, func() { poll(long) })
	})
	check(t, r, want{state: causes.Select, line: "poll", who: causes.Itself, what: causes.Timer, sentence: "it was waiting for a timer"})
}

// TestOlderThanTheRecording: the holder's wait began before the recording, and has no stack. Who it is, is known from what it did
// afterwards.
func TestOlderThanTheRecording(t *testing.T) {
	var mu sync.Mutex
	held, end := make(chan struct{}), make(chan struct{})
	var holder sync.WaitGroup
	hold := func() {
		mu.Lock()
		close(held)
		time.Sleep(3 * long)
		mu.Unlock()
		<-end
	}
	r := found(t, stored(t, func(p *program) {
		p.normal(victim, func() {})
		p.slow(victim, func() { lockCart(&mu) })
	}, nil, func() {
		holder.Go(hold)
		<-held
	}))
	close(end)
	holder.Wait()
	check(t, r, want{state: causes.Lock, line: "lockCart", who: "goroutine evidence.TestOlderThanTheRecording.func1", share: 0.3, explained: 0.5})
}

// TestNothingSlow: requests that take no longer than normal ones have no cause, whatever they are called.
func TestNothingSlow(t *testing.T) {
	r := recorded(t, func(p *program) {
		for range 8 {
			p.request(victim, false, func() { backOff(long) })
		}
		p.slow(victim, func() { backOff(long / 8) })
	})
	for _, c := range endpoint(t, r, victim).Causes {
		if c.State == causes.Sleep {
			t.Errorf("normal waiting is named: %s", c.Sentence())
		}
	}
}

func TestBelowFiveSlowRequestsNothingIsNamed(t *testing.T) {
	for n := 4; n <= 5; n++ {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			r := recorded(t, func(p *program) {
				for range n {
					p.request(victim, true, func() { backOff(long) })
				}
			})
			e := endpoint(t, r, victim)
			if named := len(e.Causes) > 0; named != (n == 5) {
				t.Errorf("%d causes", len(e.Causes))
			}
			if len(e.Requests) != n {
				t.Errorf("%d requests have states, want %d", len(e.Requests), n)
			}
		})
	}
}

// TestAnotherGoroutinesMark: of the time before its goroutine began nothing is known, and nothing is named.
func TestAnotherGoroutinesMark(t *testing.T) {
	r := recorded(t, func(p *program) {
		p.normal(victim, func() {})
		p.slow(victim, func() {
			backOff(long)
		})
		start := time.Now()
		time.Sleep(long)
		for range 8 {
			p.all.Go(func() { p.end("GET /elsewhere", true, start) })
		}
	})
	e := endpoint(t, r, "GET /elsewhere")
	if len(e.Causes) != 0 || e.Explained > 0.5 {
		t.Errorf("causes %v, explained %.2f; want none", e.Causes, e.Explained)
	}
	check(t, r, want{state: causes.Sleep})
}

// TestTimelines show a request's own states in order.
func TestTimelines(t *testing.T) {
	r := recorded(t, func(p *program) {
		var mu sync.Mutex
		held := make(chan struct{})
		p.request("GET /report", false, func() { holdReport(&mu, held) })
		<-held
		p.slow(victim, func() { lockCart(&mu); backOff(long) })
	})
	for _, q := range endpoint(t, r, victim).Requests {
		var order []causes.State
		at := int64(0)
		for _, s := range q.Timeline {
			if s.OffsetNanos != at {
				t.Errorf("a span begins at %d, the last one ended at %d", s.OffsetNanos, at)
			}
			at += s.Nanos
			if time.Duration(s.Nanos) > long/2 && (s.State == causes.Lock || s.State == causes.Sleep) {
				order = append(order, s.State)
			}
		}
		if len(order) != 2 || order[0] != causes.Lock || order[1] != causes.Sleep {
			t.Errorf("the long ones are %v, want lock and sleep", order)
		}
		if at != q.Nanos {
			t.Errorf("the timeline is of %d ns, the request of %d", at, q.Nanos)
		}
	}
}
