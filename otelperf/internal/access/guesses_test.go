// SPDX-License-Identifier: Apache-2.0

package access

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
)

// sender is a request from an address, behind a proxy if forwardedFor is not empty.
func sender(peer, forwardedFor string) *http.Request {
	r := from(peer, "192.0.2.2:2", "shop.example")
	if forwardedFor != "" {
		r.Header.Set("X-Forwarded-For", forwardedFor)
	}
	return r
}

func guess(g *Guard, peer, forwardedFor, token string) *httptest.ResponseRecorder {
	r, w := sender(peer, forwardedFor), httptest.NewRecorder()
	r.Header.Set("Authorization", "Bearer "+token)
	g.Wrap(page).ServeHTTP(w, r)
	return w
}

// apart returns a Guard for which no two of the senders are one client by chance.
func apart(senders ...*http.Request) *Guard {
	for {
		g, clients := New(Config{BearerToken: secret}), map[*atomic.Int64]bool{}
		for _, r := range senders {
			clients[g.guesses.of(r).client] = true
		}
		one := len(clients) < len(senders)
		for _, r := range senders {
			one = one || clients[g.guesses.of(r).forwards]
		}
		if !one {
			return g
		}
	}
}

// Who guesses is slowed down: not even the right token is looked at before its time. The owner elsewhere is let in meanwhile, and
// so is a login of before.
func TestWhoGuessesTheTokenHasToWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const guesser, owner = "198.51.100.1:1234", "203.0.113.5:1"
		g := apart(sender(guesser, ""), sender(owner, ""))
		session := g.sessions.start()
		for i := range 10 {
			if w := guess(g, guesser, "", fmt.Sprint("wrong", i)); w.Code != http.StatusUnauthorized {
				t.Fatalf("guess %d: %d", i, w.Code)
			}
		}
		for range 100 { // which does not make it longer
			w := guess(g, guesser, "", secret)
			if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "6" {
				t.Fatalf("after ten wrong tokens: %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
			}
		}
		if w := guess(g, "198.51.100.1:9999", "", secret); w.Code != http.StatusTooManyRequests {
			t.Errorf("from another port: %d", w.Code)
		}
		if w := guess(g, owner, "", secret); w.Code != http.StatusOK {
			t.Errorf("the owner at another address: %d", w.Code)
		}
		r := from(guesser, "192.0.2.2:2", "shop.example")
		r.AddCookie(&http.Cookie{Name: cookieName, Value: session})
		if got := status(g, r); got != http.StatusOK {
			t.Errorf("who is logged in at the same address: %d", got)
		}
		login := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader("token="+secret))
		login.RemoteAddr = guesser
		login.Header.Set("Content-Type", formType)
		login.Header.Set("Accept", "text/html")
		w := httptest.NewRecorder()
		g.Wrap(page).ServeHTTP(w, login)
		if w.Code != http.StatusTooManyRequests || !strings.Contains(w.Body.String(), "Try again in 6 s") || len(w.Result().Cookies()) != 0 {
			t.Errorf("a login: %d %s", w.Code, w.Body)
		}
		time.Sleep(6*time.Second - time.Millisecond)
		if w := guess(g, guesser, "", secret); w.Code != http.StatusTooManyRequests {
			t.Errorf("a moment too early: %d", w.Code)
		}
		time.Sleep(time.Millisecond)
		if w := guess(g, guesser, "", "wrong"); w.Code != http.StatusUnauthorized {
			t.Errorf("after six seconds: %d", w.Code)
		}
		if w := guess(g, guesser, "", secret); w.Code != http.StatusTooManyRequests {
			t.Errorf("a second one after six seconds: %d", w.Code)
		}
		time.Sleep(6 * time.Second)
		for range 100 {
			if w := guess(g, guesser, "", secret); w.Code != http.StatusOK {
				t.Fatalf("the right token in its time: %d", w.Code)
			}
		}
		time.Sleep(time.Hour)
		for i := range 11 {
			if w, want := guess(g, guesser, "", "wrong"), 401+i/10*28; w.Code != want {
				t.Errorf("guess %d of an hour later: %d, want %d", i, w.Code, want)
			}
		}
	})
}

// Behind a proxy all have its address: whom it names has to wait, and it alone, and who writes names of their own gets at most
// twenty times as far.
func TestGuessesBehindAProxy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const proxy = "10.0.0.2:1234"
		owners := []string{"203.0.113.5", "2001:db8::1", "nobody"}
		g := apart(sender(proxy, "198.51.100.1"), sender(proxy, owners[0]), sender(proxy, owners[1]), sender(proxy, owners[2]))
		for i := range 20 {
			w := guess(g, proxy, fmt.Sprintf("203.0.113.%d, 198.51.100.1", i), "wrong") // what the client wrote stands first
			if want := 401 + i/10*28; w.Code != want {
				t.Fatalf("guess %d: %d, want %d", i, w.Code, want)
			}
		}
		for _, owner := range append(owners, "198.51.100.1, 203.0.113.5") {
			if w := guess(g, proxy, owner, secret); w.Code != http.StatusOK {
				t.Errorf("the owner at %s: %d", owner, w.Code)
			}
		}
		looked := 0
		for i := range 1000 {
			if guess(g, proxy, fmt.Sprintf("2001:db8:%x::1", i), "wrong").Code == http.StatusUnauthorized {
				looked++
			}
		}
		if looked < 100 || looked > 200 {
			t.Errorf("%d guesses of 1000 by a thousand names were looked at, want at most 200 less those before", looked)
		}
	})
}

// One client has 2^64 addresses of IPv6.
func TestGuessesFromOneNetwork(t *testing.T) {
	g := apart(sender("[2001:db8::]:1", ""), sender("[2001:db8:0:1::1]:1", ""))
	var last int
	for i := range 11 {
		last = guess(g, "[2001:db8::"+strconv.Itoa(i)+"]:1", "", "wrong").Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the eleventh guess of a /64: %d", last)
	}
	if w := guess(g, "[2001:db8:0:1::1]:1", "", secret); w.Code != http.StatusOK {
		t.Errorf("the owner in the next /64: %d", w.Code)
	}
}

// A million clients take no more memory than one, and requests at the same time are counted each.
func TestGuessesAreBounded(t *testing.T) {
	if size := unsafe.Sizeof(guesses{}); size > 40<<10 {
		t.Errorf("%d bytes", size)
	}
	g := New(Config{BearerToken: secret})
	var looked atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				if guess(g, "198.51.100.1:1", "", "wrong").Code == http.StatusUnauthorized {
					looked.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n := looked.Load(); n < 10 || n > 10+8+20 { // 20: two minutes of a machine that stands still
		t.Errorf("%d guesses were looked at", n)
	}
	r := from("198.51.100.7:1", "192.0.2.2:2", "shop.example")
	if allocated := testing.AllocsPerRun(100, func() { g.guesses.of(r).failed() }); allocated != 0 {
		t.Errorf("a wrong token allocates %v times", allocated)
	}
}
