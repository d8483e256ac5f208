// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"math/rand/v2"
	"net/http"
	"strconv"
)

// shot is one request to be sent.
type shot struct {
	endpoint           string // as a summary names it
	method, path, body string
	breaks             bool // its connection breaks
}

// mix is what is asked of the shop, in thousandths.
var mix = []struct {
	share int
	make  func(*rand.Rand) shot
}{
	{450, func(*rand.Rand) shot { return get("GET /products", "/products") }},
	{300, func(r *rand.Rand) shot {
		return get("GET /products/{id}", "/products/"+strconv.Itoa(1+r.IntN(10_000)))
	}},
	{60, func(*rand.Rand) shot { return get("GET /checkout", "/checkout") }},
	{120, order},
	{15, func(*rand.Rand) shot { return get("GET /events", "/events") }},
	{50, func(r *rand.Rand) shot { // each path once, as from a scanner
		return get("GET (unmatched)", "/nope/"+strconv.FormatUint(r.Uint64(), 36))
	}},
	{5, func(*rand.Rand) shot {
		s := get("GET /panic", "/panic")
		s.breaks = true
		return s
	}},
}

func get(endpoint, path string) shot {
	return shot{endpoint: endpoint, method: http.MethodGet, path: path}
}

// order forgets what to order once in twenty times.
func order(r *rand.Rand) shot {
	s := shot{endpoint: "POST /orders", method: http.MethodPost, path: "/orders", body: `{"articles":["teapot"]}`}
	if r.IntN(20) == 0 {
		s.body = `{}`
	}
	return s
}

// pick draws a request from the mix.
func pick(r *rand.Rand) shot {
	n := r.IntN(1000)
	for _, m := range mix {
		if n -= m.share; n < 0 {
			return m.make(r)
		}
	}
	panic("demo: the shares of the mix do not add up to 1000") // a test keeps that they do
}
