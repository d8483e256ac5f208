// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"net/http"
	"reflect"

	"github.com/felixge/httpsnoop"
	"go.opentelemetry.io/otel/trace"
)

// middleware is shared by all handlers of one New.
type middleware struct {
	cfg      Config
	prefixes prefixes
	labels   routeLabels
	joined   joined
	otelhttp uintptr // see otelhttpCall
}

// New returns the middleware. Handlers that it wraps at several places of one chain
// work together; those of another New do not know of them.
func New(cfg Config) func(http.Handler) http.Handler {
	if cfg.Counters == nil {
		cfg.Counters = new(Counters)
	}
	m := &middleware{cfg: cfg, otelhttp: otelhttpCall()}
	if cfg.Spans != nil {
		cfg.Spans.m = m
	}
	return func(next http.Handler) http.Handler { return m.instance(next) }
}

// handler is one instance: a place in a chain.
type handler struct {
	m      *middleware
	next   http.Handler
	mux    matcher        // nil: next is none
	plain  *http.ServeMux // mux, if it is that
	hidden bool           // http.TimeoutHandler is in between
}

func (m *middleware) instance(next http.Handler) *handler {
	h := &handler{m: m, next: next}
	h.mux, h.hidden = matcherOf(next)
	h.plain, _ = h.mux.(*http.ServeMux)
	return h
}

// ServeHTTP is to stay a function of its own, since it asks for its caller.
//
//go:noinline
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	direct := callerPC() == h.m.otelhttp && h.m.otelhttp != 0
	e, part := h.m.exchangeOf(r.Context())
	switch {
	case part:
		h.next.ServeHTTP(w, r)
	case e != nil && (e.got.RequestURI == r.RequestURI || sameWriter(w, e.w)):
		h.serveInner(e, w, r, direct)
	case e != nil && e.sees(trace.SpanContextFromContext(r.Context())):
		// A handler serves a request of its own making (a batch, say) inside the
		// one it got: part of that, not to be mistaken for it.
		h.servePart(w, r)
	case h.m.ignored(r):
		h.next.ServeHTTP(w, r)
	default:
		h.serveOuter(w, r, direct)
	}
}

func (h *handler) serveOuter(w http.ResponseWriter, r *http.Request, direct bool) {
	e := newExchange(h.m, w, r)
	e.nested.owner, e.mux = h, h.plain
	v := visit{e: e, h: h, w: w, got: r, span: trace.SpanFromContext(e.Context), patternBefore: r.Pattern, direct: direct}
	if sc := v.span.SpanContext(); sc.IsValid() && !sc.IsRemote() {
		e.span = sc
	} else if h.m.cfg.Spans != nil {
		h.m.cfg.Spans.want()
	}
	if h.m.cfg.Goroutines != nil {
		h.m.cfg.Goroutines.label(e)
		defer e.unlabel()
	}
	v.passed = e.with()
	defer v.leave()
	_, limited := e.Context.Deadline()
	if limited && e.span.IsValid() && h.m.cfg.Spans != nil {
		h.m.cfg.Spans.outlive(e, e.span)
	}
	h.foresee(&v, limited)
	h.next.ServeHTTP(e.writer(), v.passed)
	v.returned = true
}

func (h *handler) serveInner(e *exchange, w http.ResponseWriter, r *http.Request, direct bool) {
	v := visit{e: e, h: h, w: w, got: r, passed: r, span: trace.SpanFromContext(r.Context()), patternBefore: r.Pattern, direct: direct}
	var again bool
	if v.depth, again = e.enter(h, r, v.span.SpanContext()); again {
		h.servePart(w, r)
		return
	}
	defer v.leave()
	_, limited := r.Context().Deadline()
	h.foresee(&v, limited)
	h.next.ServeHTTP(w, r)
	v.returned = true
}

// sameWriter says whether two writers write the same reply, as far as they unwrap. It
// tells a request whose RequestURI was rewritten from one that a handler made.
func sameWriter(a, b http.ResponseWriter) bool {
	a, b = httpsnoop.Unwrap(a), httpsnoop.Unwrap(b)
	t := reflect.TypeOf(a)
	return t == reflect.TypeOf(b) && t.Kind() == reflect.Pointer && a == b
}

func (m *middleware) ignored(r *http.Request) (ignored bool) {
	if m.cfg.Ignore == nil {
		return false
	}
	defer m.cfg.Counters.Faults.Recover("Middleware")
	return m.cfg.Ignore(r)
}

func (m *middleware) stopped() (stopped bool) {
	if m.cfg.Stopped == nil {
		return false
	}
	defer m.cfg.Counters.Faults.Recover("Middleware")
	return m.cfg.Stopped()
}
