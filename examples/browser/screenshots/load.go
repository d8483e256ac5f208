// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// visits are those of one endpoint, and how many there are a second.
type visits struct {
	method, path string
	rate         float64
}

// shopping is what visitors of the shop ask for: seven endpoints.
var shopping = []visits{
	{"GET", "/products", 22}, {"GET", "/products/", 16}, {"GET", "/search?q=teapot", 8}, {"GET", "/cart", 6}, {"POST", "/orders", 3},
	{"GET", "/export", 0.09}, {"GET", "/wp-login.php", 0.3},
}

// rare is what else happens.
var rare = []visits{{"GET", "/report", 0.05}, {"GET", "/voucher", 0.06}}

// tenanted are visits of the endpoints of n tenants: many of a few, few of most.
func tenanted(n int) []visits {
	all := make([]visits, n)
	for i := range all {
		all[i] = visits{"GET", tenantPath(i), 0.1 + 8/float64(1+i)}
	}
	return all
}

// startLoad sends requests until the function that it returns is called, which waits for the last of them.
func startLoad(ctx context.Context, s *shop, mix []visits) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // what breaks on a kept connection would be sent again
	var all sync.WaitGroup
	for _, m := range mix {
		all.Go(func() {
			for pause(ctx, time.Duration(rand.ExpFloat64()/m.rate*float64(time.Second))) {
				path := m.path
				if strings.HasSuffix(path, "/") {
					path += strconv.Itoa(rand.IntN(5000))
				}
				all.Go(func() { visit(ctx, client, m.method, s.url+path) })
			}
		})
	}
	all.Go(func() { browse(ctx, client, s.url) })
	return func() {
		cancel()
		all.Wait()
	}
}

// visit sends one request. What becomes of it is the shop's to tell.
func visit(ctx context.Context, client *http.Client, method, address string) {
	req, err := http.NewRequestWithContext(ctx, method, address, http.NoBody)
	if err != nil {
		return
	}
	if resp, err := client.Do(req); err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
}

// browse sends what the snippet in visitors' browsers would send.
func browse(ctx context.Context, client *http.Client, address string) {
	for pause(ctx, 400*time.Millisecond) {
		session := strconv.FormatUint(rand.Uint64(), 36)
		body := `{"session_id": "` + session + `", "page": "/products/{id}", "events": [{"type": "page_view", "kind": "load"}, {"type": "click", "target": "add-to-cart"},` +
			`{"type": "web_vital", "name": "lcp", "id": "` + session + `", "value": ` + strconv.Itoa(900+rand.IntN(1800)) + `},` +
			`{"type": "web_vital", "name": "inp", "id": "i` + session + `", "value": ` + strconv.Itoa(40+rand.IntN(220)) + `},` +
			`{"type": "web_vital", "name": "cls", "id": "c` + session + `", "value": 0.0` + strconv.Itoa(1+rand.IntN(9)) + `}]}`
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/t/interactions", strings.NewReader(body))
		if err != nil {
			return
		}
		req.Header.Set("Content-Type", "application/json")
		if resp, err := client.Do(req); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
	}
}
