// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/fleet"
)

// shared is a store of a fleet in memory, which may be gone.
type shared struct {
	gone atomic.Bool
	mu   sync.Mutex // guards all
	all  map[fleet.Key][]byte
}

func (s *shared) Put(_ context.Context, k fleet.Key, blob []byte, _ time.Duration) error {
	return s.do(func() { s.all[k] = blob })
}

func (s *shared) Remove(_ context.Context, k fleet.Key) error {
	return s.do(func() { delete(s.all, k) })
}

func (s *shared) All(_ context.Context, service string) (entries []fleet.Entry, more int, err error) {
	return entries, 0, s.do(func() {
		for k, blob := range s.all {
			if k.Service == service {
				entries = append(entries, fleet.Entry{Blob: blob, Left: 30 * time.Second})
			}
		}
	})
}

func (s *shared) do(f func()) error {
	if s.gone.Load() {
		return fmt.Errorf("connection refused")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	return nil
}

// balanced are three instances behind a load balancer, which asks them by turns.
func balanced(t *testing.T, store fleet.Store) (front *httptest.Server, sites []*site) {
	t.Helper()
	for _, name := range []string{"shop-a", "shop-b", "shop-c"} {
		s := newInstance(t, name, nil, nil, otelperf.WithFleet(store))
		for range 40 {
			s.send(request{route: "/items", path: "/items", took: 10 * time.Millisecond})
		}
		sites = append(sites, s)
	}
	var turn atomic.Uint64
	front = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sites[turn.Add(1)%3].server.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { front.CloseClientConnections(); front.Close() })
	return front, sites
}

// Behind a load balancer the page shows all instances together, whoever answers: from the switch, from the notice, and from an address.
func TestFleet(t *testing.T) {
	store := &shared{all: map[fleet.Key][]byte{}}
	front, _ := balanced(t, store)
	tb := newTab(t)
	tb.do(chromedp.Navigate(front.URL + "/ops/x/"))
	tb.until(live + ` && !document.getElementById("scope").hidden && document.getElementById("fleet-section").hidden`)
	tb.click(`document.querySelector('#scope input[value="fleet"]')`)
	const all = `!document.getElementById("fleet-section").hidden && document.getElementById("scope-all").textContent === "All 3 instances" &&
		document.querySelectorAll("#fleet-instances tbody tr").length === 3 && document.getElementById("identity").textContent.includes("all instances")`
	tb.until(all)
	for _, text := range []string{"shop-a", "shop-b", "shop-c"} {
		tb.until(fmt.Sprintf(`document.getElementById("fleet-instances").textContent.includes(%q)`, text))
	}
	tb.until(`document.getElementById("fleet-line").textContent.startsWith("None is out of line") && location.hash.includes("scope=fleet") && document.getElementById("notice").hidden`)
	tb.until(`[...document.querySelectorAll("#fleet-instances tbody tr")].every((r) => r.textContent.includes("40"))`)
	tb.until(`document.getElementById("link-text").textContent === "every 2\u202fs"`)

	store.gone.Store(true)
	tb.until(`document.getElementById("fleet-wrong").textContent.includes("connection refused") && document.querySelectorAll("#fleet-instances tbody tr").length === 3`)
	store.gone.Store(false)
	tb.until(all + ` && document.getElementById("fleet-wrong").hidden`)

	tb.click(`document.querySelector('#scope input[value="instance"]')`)
	tb.until(`document.getElementById("fleet-section").hidden && !location.hash.includes("scope")`)
	tb.do(chromedp.Navigate(front.URL + "/ops/x/#scope=fleet&window=24h"))
	tb.until(`document.getElementById("unknown-text").textContent.includes("window=24h")`)
	tb.until(all)
	// A mark of one instance is not known to the one that is asked to compare around it.
	tb.quiet(front.URL, func(m string) bool { return strings.Contains(m, "404") && strings.Contains(m, "/compare?") })
}

// The notice of several instances leads to all of them; who is out of line is named.
func TestNoticeLeadsToTheFleet(t *testing.T) {
	store := &shared{all: map[fleet.Key][]byte{}}
	front, _ := balanced(t, store)
	const out = `"out_of_line":[{"instance":"shop-b","method":"GET","route":"/items","kind":"http","matter":"latency","quantile":0.99,"own_ms":90,"others_ms":10,"own_share":null,"others_share":null,"text":"shop-b is out of line at GET /items: its p99 is 90 ms, that of the others 10 ms"}]`
	patched := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/stream") {
			http.Error(w, "no stream here", http.StatusServiceUnavailable) // so that each poll is answered by another one
			return
		}
		r.Header.Del("Accept-Encoding")
		answer := httptest.NewRecorder()
		front.Config.Handler.ServeHTTP(answer, r)
		for k, v := range answer.Header() {
			if k != "Content-Length" {
				w.Header()[k] = v
			}
		}
		w.WriteHeader(answer.Code)
		body := answer.Body.Bytes()
		if r.FormValue("scope") == "fleet" {
			body = bytes.Replace(body, []byte(`"out_of_line":[]`), []byte(out), 1)
		}
		_, _ = w.Write(body)
	}))
	t.Cleanup(func() { patched.CloseClientConnections(); patched.Close() })
	tb := newTab(t)
	tb.do(chromedp.Navigate(patched.URL + "/ops/x/"))
	tb.until(`!document.getElementById("notice").hidden && document.getElementById("notice-text").textContent.includes("look at all of them together")`)
	tb.click(`document.getElementById("notice-fleet")`)
	tb.until(`document.getElementById("fleet-out").textContent.includes("shop-b is out of line at GET /items") && document.getElementById("notice").hidden`)
	tb.until(`document.getElementById("fleet-line").textContent === ""`)
}
