// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

// An exchange is one request and its reply, from the outermost instance's arrival to
// its return. It is the context that the instances below find, holds what the
// ResponseWriter has seen, and the request that they get: one allocation for all of it. It is not pooled, as
// handlers may leave goroutines behind that still hold the context or the writer
// (http.TimeoutHandler does), which is also why it is all atomics and a lock.
type exchange struct {
	context.Context // of the request as it arrived

	m       *middleware
	w       http.ResponseWriter // as it arrived
	got     *http.Request       // as it arrived: those below have copies, but may change the URL
	began   time.Duration       // since epoch
	method  string              // known method or _OTHER
	path    string              // of the URL
	rawPath string

	status   atomic.Int32 // 0: nothing sent yet
	marks    atomic.Uint32
	bytes    atomic.Int64
	declared atomic.Int64           // Content-Length of the reply + 1; 0: none
	frames   atomic.Pointer[frames] // nil unless the body is in frames
	slot     *goroutineSlot         // nil: its goroutine is not labelled
	labels   context.Context        // that of the goroutine, if slot is not nil
	stamps   [2]string              // the values of X-Response-Time and Server-Timing, in text
	text     [timingSize]byte       // written once
	head     bool
	upgrade  bool // the client asked for another protocol
	labelled bool // its goroutine was before, by the program

	mu       sync.Mutex // guards what follows
	span     trace.SpanContext
	pattern  string // Request.Pattern as the instance nearest to the handler saw it: its path is the route
	mended   mended
	labeled  string    // the route that otelhttp's Labeler has of us
	expected *expected // nil: nothing
	nested   nesting
	mux      *http.ServeMux // next to the innermost instance that has one and sees the path that the client asked for
	below    trace.SpanID   // of the span by which Spans knows the exchange, written once

	nextBelow *exchange // guarded by the shard of Spans

	wrapper writer       // of w, for those below
	copied  http.Request // what the outermost instance passes on; see with
}

// mended is what the span already got, so that two instances do it once.
type mended struct {
	span    trace.SpanID
	route   string
	outcome slowlog.Outcome
	told    bool // outcome
}

// expected is what a mux was asked for in advance, by the instance at a depth.
type expected struct {
	pattern string
	depth   int
}

// Bits of exchange.marks.
const (
	markStamped    = 1 << iota // headers have been set
	markHijacked               // the connection is the handler's
	markEvents                 // a stream by its type
	markLines                  // a stream if it is flushed
	markFlushed                // the handler flushed
	markFrames                 // the body is in frames
	markText                   // in base64
	markRPC                    // there may be a grpc-status
	markLate                   // a write began after the client had left
	markWriteError             // a write failed by the client's doing
	markCut                    // the deadline of writes ended the reply
	markPanicked               // an instance saw a panic
	markTimedOut               // http.TimeoutHandler has replied instead
	markOutlived               // the span may end before the handler returns
	markLimited                // the handler of a span below may be left behind
	markMisled                 // the span's status may be one that the client never got
	markFinished               // the outermost instance returned
)

// epoch is what exchanges count from: one reading of the clock instead of two.
var epoch = time.Now()

// took is how long ago the request arrived.
func (e *exchange) took() time.Duration { return time.Since(epoch) - e.began }

type exchangeKey struct{ m *middleware }

func newExchange(m *middleware, w http.ResponseWriter, r *http.Request) *exchange {
	e := &exchange{
		Context: r.Context(),
		m:       m,
		w:       w,
		got:     r,
		began:   time.Since(epoch),
		method:  methodName(r.Method),
		head:    r.Method == http.MethodHead,
		upgrade: r.Header["Upgrade"] != nil,
	}
	if r.URL != nil {
		e.path, e.rawPath = r.URL.Path, r.URL.RawPath
	}
	return e
}

// exchangeOf is the exchange of a request. part tells that the request is another one, made inside it.
func (m *middleware) exchangeOf(ctx context.Context) (e *exchange, part bool) {
	switch v := ctx.Value(exchangeKey{m}).(type) {
	case *exchange:
		return v, false
	case apart:
		return nil, true
	}
	return nil, false
}

// Value makes the exchange the context that carries it. It has the labels of its goroutine, too: what the handler runs with labels of
// its own (pprof.Do) has both, and ours are back after it.
func (e *exchange) Value(key any) any {
	if key == (exchangeKey{e.m}) {
		return e
	}
	if key == labelKey && e.slot != nil {
		return e.labels.Value(key)
	}
	return e.Context.Value(key)
}

// String keeps fmt from printing the exchange, which would read it without its lock.
func (e *exchange) String() string { return "otelperf.request" }

func (e *exchange) mark(bit uint32)        { e.marks.Or(bit) }
func (e *exchange) marked(bit uint32) bool { return e.marks.Load()&bit != 0 }

func (e *exchange) spanContext() trace.SpanContext {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.span
}

func (e *exchange) sees(sc trace.SpanContext) bool {
	return e.spanContext().SpanID() == sc.SpanID()
}

// learn takes the pattern that an instance found, as it leaves. The first is kept: the instance
// nearest to the handler returns first. One that was expected further below, or where nothing new was found, is nearer.
// It gives what is known now.
func (e *exchange) learn(v *visit, pattern string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.nested.leave(v.h)
	if templateOf(e.pattern) != "" {
		return e.pattern
	}
	if x := e.expected; x != nil && (x.depth > v.depth || v.passed.Pattern == v.patternBefore) {
		pattern = x.pattern
	}
	e.pattern = pattern
	return pattern
}

func (e *exchange) routeName() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	route := templateOf(e.pattern)
	if route == "" && e.expected != nil {
		return templateOf(e.expected.pattern)
	}
	return route
}

// told is an outcome that a span has to be told.
type told struct {
	outcome slowlog.Outcome
	needed  bool // its status does not tell it
}

// claim says which of route and outcome the span still lacks, and takes it as done. before is the route that it had of us.
func (e *exchange) claim(span trace.SpanID, route string, o told) (needRoute, needOutcome bool, before string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := &e.mended
	if m.span != span {
		*m = mended{span: span}
	}
	before = m.route
	needRoute = route != "" && m.route != route
	needOutcome = o.needed && (!m.told || m.outcome != o.outcome)
	if needRoute {
		m.route = route
	}
	if needOutcome {
		m.outcome, m.told = o.outcome, true
	}
	return needRoute, needOutcome, before
}

// requestPath is the path that the client asked for, escaped, without its query.
func (e *exchange) requestPath() string {
	if e.got.RequestURI == "" { // a request that did not come from a server
		return (&url.URL{Path: e.path, RawPath: e.rawPath}).EscapedPath()
	}
	path, _, _ := strings.Cut(e.got.RequestURI, "?")
	if strings.HasPrefix(path, "/") {
		return path
	}
	if u, err := url.ParseRequestURI(path); err == nil { // the absolute form, for proxies
		return u.EscapedPath()
	}
	return ""
}

// methodName is the method as semantic conventions want it: bounded.
func methodName(method string) string {
	if method == http.MethodGet || method == http.MethodPost {
		return method
	}
	switch upper := strings.ToUpper(method); upper {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return upper
	}
	return "_OTHER"
}
