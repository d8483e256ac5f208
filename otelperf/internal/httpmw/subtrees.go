// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"net/http"
	"net/url"
	"sync/atomic"
)

// Subtrees are the first 8 rows of whole subtrees, for diagnostics. A request of a row that is known writes its count alone.
type Subtrees struct {
	rows [8]atomic.Pointer[Subtree]
}

// Subtree is a row of a whole subtree.
type Subtree struct {
	Method, Route string
	Handler       http.Handler  // that the mux has there; nil if no ServeMux next to Middleware knows
	Requests      atomic.Uint64 // see Counters.Subtrees
}

// All returns those there are, as they came.
func (s *Subtrees) All() (all []*Subtree) {
	for i := range s.rows {
		if row := s.rows[i].Load(); row != nil {
			all = append(all, row)
		}
	}
	return all
}

func (s *Subtrees) note(e *exchange, route string) {
	for i := range s.rows {
		row := s.rows[i].Load()
		if row == nil {
			handler, _ := e.ask()
			s.rows[i].CompareAndSwap(nil, &Subtree{Method: e.method, Route: route, Handler: handler})
			row = s.rows[i].Load()
		}
		if row.Method == e.method && row.Route == route {
			row.Requests.Add(1)
			return
		}
	}
}

// ask asks the mux next to Middleware what it has for the request; nothing if there is none.
func (e *exchange) ask() (h http.Handler, pattern string) {
	defer e.m.cfg.Counters.Faults.Recover("Middleware")
	e.mu.Lock()
	mux := e.mux
	e.mu.Unlock()
	if mux == nil {
		return nil, ""
	}
	h, pattern = mux.Handler(&http.Request{Method: e.method, Host: e.got.Host, URL: &url.URL{Path: e.path, RawPath: e.rawPath}})
	for {
		instance, ok := h.(*handler)
		if !ok {
			return h, pattern
		}
		h = instance.next
	}
}
