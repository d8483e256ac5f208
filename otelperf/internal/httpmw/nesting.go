// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/trace"
)

// maxNested is how many instances below the outermost are told from one that serves a request anew. Those below them work
// as if each of their requests were the client's.
const maxNested = 4

// nesting is the instances that a request is in.
type nesting struct {
	owner *handler // the outermost
	inner [maxNested]*handler
	depth int // of the innermost; 0: the owner
}

// enter takes an instance below the owner in. again tells that the request is in it already: its handler serves a request of its
// own, a copy of the client's perhaps, through the same handler.
func (n *nesting) enter(h *handler) (depth int, again bool) {
	known := n.inner[:min(n.depth, maxNested)]
	for _, k := range known {
		again = again || k == h
	}
	if again || h == n.owner {
		return 0, true
	}
	if n.depth < maxNested {
		n.inner[n.depth] = h
	}
	n.depth++
	return n.depth, false
}

// leave takes one out, which need not be the innermost where handlers are left behind.
func (n *nesting) leave(h *handler) {
	if h == n.owner {
		return
	}
	known := n.inner[:min(n.depth, maxNested)]
	for i, k := range known {
		if k == h {
			copy(known[i:], known[i+1:])
			known[len(known)-1] = nil
			break
		}
	}
	n.depth--
}

// enter notes that the request is in an instance, the span that it has there, and the mux.
func (e *exchange) enter(h *handler, r *http.Request, sc trace.SpanContext) (depth int, again bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if h.plain != nil {
		e.mux = nil
		if r.URL != nil && r.URL.Path == e.path {
			e.mux = h.plain
		}
	}
	if depth, again = e.nested.enter(h); !again && sc.IsValid() && !sc.IsRemote() {
		e.span = sc
	}
	return depth, again
}

// servePart serves a request that a handler made inside the exchange: part of that, for all instances below.
func (h *handler) servePart(w http.ResponseWriter, r *http.Request) {
	passed := r.WithContext(apart{r.Context(), h.m})
	defer func() {
		handUp(r, passed)
		r.Pattern = passed.Pattern
	}()
	h.next.ServeHTTP(w, passed)
}

// apart is a context in which the exchange above is not to be found.
type apart struct {
	context.Context
	m *middleware
}

func (a apart) Value(key any) any {
	if key == (exchangeKey{a.m}) {
		return a
	}
	return a.Context.Value(key)
}
