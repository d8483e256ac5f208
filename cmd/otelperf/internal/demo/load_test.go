// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestMixAddsUp(t *testing.T) {
	total := 0
	for _, m := range mix {
		total += m.share
	}
	if total != 1000 {
		t.Errorf("shares add up to %d, want 1000", total)
	}
}

func TestMixIsTheSameEachTime(t *testing.T) {
	a, b := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(1, 2))
	seen := map[string]int{}
	for i := range 5000 {
		x, y := pick(a), pick(b)
		if x != y {
			t.Fatalf("request %d is %+v and %+v", i, x, y)
		}
		seen[x.endpoint]++
	}
	if len(seen) != len(mix) {
		t.Errorf("5000 requests are of %d kinds, want %d: %v", len(seen), len(mix), seen)
	}
}

// The rate is kept whatever the replies take, what is too much is not sent, and all is accounted for.
func TestLoadIsAnOpenLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLoad("http://shop.invalid", time.Minute)
		slow := &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Hour)
			return httptest.NewRecorder().Result(), nil
		})}
		l.kept, l.fresh = slow, slow
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		l.run(ctx, 100)
		synctest.Wait()
		if n := len(l.slots); n != maxConcurrent {
			t.Errorf("%d are under way, want %d", n, maxConcurrent)
		}
		if err := l.wait(ctx); err == nil {
			t.Error("wait returned before the replies and before its context")
		}
		if err := l.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		all := l.sent.snapshot()
		if all.total() != maxConcurrent {
			t.Errorf("%d have a reply, want %d", all.total(), maxConcurrent)
		}
		if tried := all.total() + all.skipped; tried < 900 || tried > 1100 {
			t.Errorf("%d were to be sent in 10 s, want about 1000", tried)
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A request whose connection breaks is sent once.
func TestBrokenConnectionIsNotTriedAgain(t *testing.T) {
	var served atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if served.Add(1); r.URL.Path == "/panic" {
			panic(http.ErrAbortHandler)
		}
	}))
	defer s.Close()
	l := newLoad(s.URL, time.Minute)
	if status := l.do(shot{method: http.MethodGet, path: "/"}); status != http.StatusOK {
		t.Errorf("status is %d", status)
	}
	if status := l.do(shot{method: http.MethodGet, path: "/panic", breaks: true}); status != 0 {
		t.Errorf("status is %d, want none", status)
	}
	if n := served.Load(); n != 2 {
		t.Errorf("2 requests were served %d times", n)
	}
	l.kept.CloseIdleConnections()
}
