// SPDX-License-Identifier: Apache-2.0

package collectortest

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Gate stands in front of a collector's OTLP/HTTP receiver and can make it slow or have it refuse, as an overloaded one does.
type Gate struct {
	Address string // host:port

	Delay   atomic.Int64 // nanoseconds that each export waits
	Refuse  atomic.Bool  // answer 503
	Refused atomic.Int64 // how often that was done
}

// NewGate returns an open gate to the collector at address. It ends with the test.
func NewGate(t testing.TB, address string) *Gate {
	t.Helper()
	g := &Gate{}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(time.Duration(g.Delay.Load()))
		if g.Refuse.Load() {
			g.Refused.Add(1)
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	g.Address = strings.TrimPrefix(srv.URL, "http://")
	return g
}
