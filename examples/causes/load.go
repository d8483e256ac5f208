// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// rates are the requests a second of each endpoint.
var rates = map[string]float64{
	"GET /cart": 30, "GET /products": 25, "POST /orders": 15, "GET /search": 15, "GET /labels": 15,
	"GET /report": 3, "GET /stats": 6, "GET /export": 3, "POST /prices": 3, "POST /batch": 6, "POST /render": 5,
	"GET /download": 6, "POST /upload": 6,
}

// order is what the parent tells the load: first where the shop is, later what becomes different.
type order struct {
	Shop string
	Seed uint64
	// Endpoint is the one that is different; "" for all.
	Endpoint string
	Times    float64 // as many requests as usual, if it is not 0
	Slow     float64 // share of the clients that read and write slowly
}

// maxOpen bounds the requests of an endpoint that are under way at the same time.
const maxOpen = 200

// loadProcess sends requests until its input ends.
func loadProcess() error {
	in := json.NewDecoder(os.Stdin)
	var first order
	if err := in.Decode(&first); err != nil {
		return err
	}
	var now atomic.Pointer[order]
	now.Store(&first)
	for endpoint, rate := range rates {
		go (&clients{shop: first.Shop, endpoint: endpoint, rate: rate, now: &now}).run(rand.New(rand.NewPCG(first.Seed, hash(endpoint))))
	}
	if err := hello(addresses{}); err != nil {
		return err
	}
	for {
		var next order
		if err := in.Decode(&next); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		now.Store(&next)
	}
}

// hash tells endpoints apart.
func hash(s string) (h uint64) {
	for _, c := range []byte(s) {
		h = h*31 + uint64(c)
	}
	return h
}

// clients are those of one endpoint.
type clients struct {
	shop, endpoint string
	rate           float64
	now            *atomic.Pointer[order]
	open           atomic.Int64
}

// run sends requests at random, on average at the rate.
func (c *clients) run(random *rand.Rand) {
	quick, slow := http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: maxOpen}}, http.Client{Transport: slowTransport()}
	for {
		now, rate := c.now.Load(), c.rate
		meant := now.Endpoint == "" || now.Endpoint == c.endpoint
		if now.Times > 0 && meant {
			rate *= now.Times
		}
		time.Sleep(time.Duration(random.ExpFloat64() / rate * float64(time.Second)))
		if c.open.Load() >= maxOpen {
			continue
		}
		client, pace := &quick, time.Duration(0)
		if random.Float64() < now.Slow && meant {
			client, pace = &slow, 10*time.Millisecond
		}
		c.open.Add(1)
		go func() {
			defer c.open.Add(-1)
			c.request(client, pace)
		}()
	}
}

// request sends one. What it finds is the shop's concern.
func (c *clients) request(client *http.Client, pace time.Duration) {
	method, path, _ := strings.Cut(c.endpoint, " ")
	var body io.Reader
	if path == "/upload" {
		body = io.MultiReader(&slowly{bytes.NewReader(make([]byte, 256<<10)), pace}) // of a size that is not known before
	}
	r, err := http.NewRequest(method, c.shop+path, body)
	if err != nil {
		return
	}
	res, err := client.Do(r)
	if err != nil {
		return
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, &slowly{res.Body, pace})
}

// slowly reads at most 16 KiB at a time, and rests in between.
type slowly struct {
	io.Reader
	pace time.Duration
}

func (s *slowly) Read(b []byte) (int, error) {
	if s.pace > 0 {
		time.Sleep(s.pace)
		b = b[:min(len(b), 16<<10)]
	}
	return s.Reader.Read(b)
}

// slowTransport has connections that take little before somebody reads.
func slowTransport() http.RoundTripper {
	t := &http.Transport{MaxIdleConnsPerHost: maxOpen}
	t.DialContext = (&net.Dialer{Control: smallBuffer}).DialContext
	return t
}
