// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"net/http"
	"reflect"
)

// Where a request may be answered before its handler returns, as http.TimeoutHandler does it, the route has to be known
// before: reading Request.Pattern while the mux may write it would be a race. So the mux is asked in advance, which costs
// as much as the match itself. That is done for requests with a deadline, of which net/http has none.

// matcher is http.ServeMux, and what looks like it.
type matcher interface {
	Handler(r *http.Request) (h http.Handler, pattern string)
}

// matcherOf finds the mux that an instance stands next to. hidden tells that there is an http.TimeoutHandler in between,
// which passes a request of its own to the mux: what that writes on it is seen by nobody.
func matcherOf(next http.Handler) (mux matcher, hidden bool) {
	if inner := insideTimeout(next); inner != nil {
		next, hidden = inner, true
	}
	mux, _ = next.(matcher)
	return mux, hidden && mux != nil
}

// insideTimeout is the handler inside of an http.TimeoutHandler, nil for other handlers. net/http does not tell it; should a
// version name it differently, it is not found.
func insideTimeout(h http.Handler) http.Handler {
	v := reflect.ValueOf(h)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Type().String() != "*http.timeoutHandler" || v.Type().Elem().PkgPath() != "net/http" {
		return nil
	}
	f := v.Elem().FieldByName("handler")
	if !f.IsValid() || f.Type() != reflect.TypeFor[http.Handler]() {
		return nil
	}
	return *(*http.Handler)(f.Addr().UnsafePointer())
}

// foresee asks the mux for the route where it could not be learned in time. limited tells that the request has a deadline.
func (h *handler) foresee(v *visit, limited bool) {
	if h.mux == nil {
		return
	}
	if !limited && !h.hidden {
		return
	}
	defer h.m.cfg.Counters.Faults.Recover("Middleware")
	_, pattern := h.mux.Handler(v.got)
	if templateOf(pattern) == "" {
		return
	}
	pattern = v.shown(pattern)
	v.e.expect(&expected{pattern, v.depth})
	if limited {
		v.repair(pattern, told{}) // the span may end before we see the request again
	}
}

// expect takes a route that a mux is going to find. The last counts, which is nearest to the handler.
func (e *exchange) expect(x *expected) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.expected = x
}
