// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

func lockCart(mu sync.Locker) {
	mu.Lock()
	mu.Unlock() //nolint:staticcheck // it is the waiting that counts
}

func holdReport(mu sync.Locker, held chan<- struct{}) {
	mu.Lock()
	close(held)
	time.Sleep(long)
	mu.Unlock()
}

func TestLockWithAHolder(t *testing.T) {
	r := recorded(t, func(p *program) {
		var mu sync.Mutex
		held := make(chan struct{})
		p.normal(victim, func() { lockCart(&mu) })
		p.request("GET /report", true, func() { holdReport(&mu, held) })
		<-held
		p.slow(victim, func() { lockCart(&mu) })
	})
	check(t, r, want{
		state: causes.Lock, line: "lockCart", who: "GET /report", what: causes.Sleep, where: "holdReport",
		sentence: "waiting for the lock at locks_test.go:15, held by GET /report (locks_test.go:22), which was sleeping",
	})
	if e := endpoint(t, r, "GET /report"); len(e.Causes) != 0 {
		t.Errorf("a cause is named for one slow request: %v", e.Causes)
	}
}

// TestHolderOutsideOfRequests: the goroutine began in a helper of the standard library, which is not what it is called.
func TestHolderOutsideOfRequests(t *testing.T) {
	r := recorded(t, func(p *program) {
		var mu sync.Mutex
		held := make(chan struct{})
		p.normal(victim, func() { lockCart(&mu) })
		p.all.Go(func() { holdReport(&mu, held) })
		<-held
		p.slow(victim, func() { lockCart(&mu) })
	})
	check(t, r, want{state: causes.Lock, line: "lockCart", who: "goroutine evidence.TestHolderOutsideOfRequests.func1.2", what: causes.Sleep, where: "holdReport"})
}

// TestReadersBehindAWriter: readers wait for a writer, which waits for the reader that holds them all up.
func TestReadersBehindAWriter(t *testing.T) {
	r := recorded(t, func(p *program) {
		var mu sync.RWMutex
		held := make(chan struct{})
		p.normal(victim, func() { lockCart(mu.RLocker()) })
		p.request("GET /export", false, func() { holdReport(mu.RLocker(), held) })
		<-held
		p.request("PUT /cart", false, func() { lockCart(&mu) })
		for mu.TryRLock() { // until the writer waits
			mu.RUnlock()
			runtime.Gosched()
		}
		p.slow(victim, func() { lockCart(mu.RLocker()) })
	})
	check(t, r, want{state: causes.RWLock, line: "lockCart", who: "GET /export", what: causes.Sleep, where: "holdReport"})
}

// TestConvoy: requests of one endpoint hold each other up, each for a while. The chain is followed to whoever holds the lock at the time.
func TestConvoy(t *testing.T) {
	r := recorded(t, func(p *program) {
		var mu sync.Mutex
		p.normal(victim, func() { lockCart(&mu) })
		p.slow(victim, func() { holdReport(&mu, make(chan struct{})) })
	})
	check(t, r, want{state: causes.Lock, line: "holdReport", who: victim, what: causes.Sleep, where: "holdReport"})
}

// stack is a lock that lets the one in first that came last.
type stack struct {
	mu      sync.Mutex
	held    bool
	waiting []chan struct{}
}

func (s *stack) waiters() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting)
}

func (s *stack) lock() {
	s.mu.Lock()
	if !s.held {
		s.held = true
		s.mu.Unlock()
		return
	}
	c := make(chan struct{})
	s.waiting = append(s.waiting, c)
	s.mu.Unlock()
	<-c
}

func (s *stack) unlock() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.waiting); n > 0 {
		close(s.waiting[n-1])
		s.waiting = s.waiting[:n-1]
	} else {
		s.held = false
	}
}

// TestPeersAreAskedForWhatWasBeforeTheWaker: those who came first are woken by those who came last, who did nothing most of the
// time. What those waited for says who held all up.
func TestPeersAreAskedForWhatWasBeforeTheWaker(t *testing.T) {
	r := recorded(t, func(p *program) {
		var s stack
		use := func() { s.lock(); s.unlock() }
		p.normal(victim, use)
		held := make(chan struct{})
		p.request("GET /report", false, func() {
			s.lock()
			close(held)
			for s.waiters() < 9 {
				time.Sleep(time.Millisecond)
			}
			s.unlock()
		})
		<-held
		p.slow(victim, use)
		for s.waiters() < 8 {
			runtime.Gosched()
		}
		time.Sleep(long)
		p.request("GET /late", false, use)
	})
	check(t, r, want{state: causes.ChanReceive, line: "lock", who: "GET /report"})
}

func waitReady(c *sync.Cond, ready *bool) {
	c.L.Lock()
	for !*ready {
		c.Wait()
	}
	c.L.Unlock()
}

func TestCondition(t *testing.T) {
	r := recorded(t, func(p *program) {
		c := sync.NewCond(&sync.Mutex{})
		ready := true
		p.normal(victim, func() { waitReady(c, &ready) })
		ready = false
		p.request("POST /prices", false, func() {
			time.Sleep(long)
			c.L.Lock()
			ready = true
			c.L.Unlock()
			c.Broadcast()
		})
		p.slow(victim, func() { waitReady(c, &ready) })
	})
	check(t, r, want{state: causes.Cond, line: "waitReady", who: "POST /prices", what: causes.Sleep})
}

func waitForChildren(child func()) {
	var wg sync.WaitGroup
	wg.Go(child)
	wg.Wait()
}

func slowChild() { time.Sleep(long) }

// TestChildren are part of their request.
func TestChildren(t *testing.T) {
	r := recorded(t, func(p *program) {
		p.normal(victim, func() { waitForChildren(func() {}) })
		p.slow(victim, func() { waitForChildren(slowChild) })
	})
	check(t, r, want{state: causes.WaitGroup, line: "waitForChildren", who: causes.Itself, what: causes.Sleep, where: "slowChild"})
}

// TestACreatorsRequestMustBeOpen: a goroutine that outlives the request which created it does not work for it.
func TestACreatorsRequestMustBeOpen(t *testing.T) {
	r := recorded(t, func(p *program) {
		var mu sync.Mutex
		begin, held := make(chan struct{}), make(chan struct{})
		p.normal(victim, func() { lockCart(&mu) })
		p.serve("POST /refresh", false, func() {
			p.all.Go(func() {
				<-begin
				holdReport(&mu, held)
			})
		})
		close(begin)
		<-held
		p.slow(victim, func() { lockCart(&mu) })
	})
	check(t, r, want{state: causes.Lock, line: "lockCart", who: "goroutine evidence.TestACreatorsRequestMustBeOpen.func1.2.1", what: causes.Sleep})
}
