// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
)

// posted is a request that a receiver has got.
type posted struct {
	header http.Header
	path   string
	body   string
}

// receiver is a sink's counterpart. answer says what it answers to the n-th request, from 1.
type receiver struct {
	mu     sync.Mutex
	all    []posted
	answer func(n int) int
	header map[string]string
}

func (r *receiver) take(req *http.Request) int {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, posted{req.Header, req.URL.Path, string(body)})
	if r.answer != nil {
		return r.answer(len(r.all))
	}
	return http.StatusOK
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	code := r.take(req)
	for k, v := range r.header {
		w.Header().Set(k, v)
	}
	w.WriteHeader(code)
}

// RoundTrip has the receiver stand in a bubble, in place of the network; 0 is no answer at all.
func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	code := r.take(req)
	if code == 0 {
		return nil, fmt.Errorf("dial tcp: connection refused")
	}
	h := http.Header{}
	for k, v := range r.header {
		h.Set(k, v)
	}
	return &http.Response{StatusCode: code, Header: h, Body: http.NoBody, Request: req}, nil
}

func (r *receiver) got() []posted {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]posted(nil), r.all...)
}

// serve runs a receiver until the test ends.
func serve(t *testing.T, r *receiver) string {
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	return s.URL
}

func newNotifier(t *testing.T, opts ...Option) *Notifier {
	t.Helper()
	n, err := New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// through has a Notifier's only sink talk to r.
func through(n *Notifier, r http.RoundTripper) *Notifier {
	n.cfg.sinks[0].client.Transport = r
	return n
}

// notice is one of an incident at GET /cart.
func notice(kind, id string) otelperf.Notice {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	sp := otelperf.Spike{
		ID: id, State: "open", Matter: "latency", Severity: "critical", Start: start, At: start.Add(7 * time.Second), Reason: "GET /cart: p99 900 ms, usually 80 ms",
		Cause: "GET /cart: +380 ms a slow request; 96 % in POST inventory", SlowRequests: []otelperf.RequestRef{{TraceID: "27312a11f8764283f11d5b05a115414e"}},
		Endpoints: []otelperf.SpikeEndpoint{{Method: "GET", Route: "/cart", Matter: "latency", Kind: "http", State: "open", Start: start, At: start.Add(7 * time.Second)}},
	}
	return otelperf.Notice{Kind: kind, Time: time.Now().UTC(), Service: "shop", Instance: "shop-1", Version: "1.4.2", Spike: sp}
}
