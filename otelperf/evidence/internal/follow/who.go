// SPDX-License-Identifier: Apache-2.0

package follow

import (
	"cmp"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/site"
)

// maxServed is how many library goroutines in a row are followed to the one that they serve.
const maxServed = 4

// who says on whose behalf a goroutine works at a moment: a request's, or its own, or, where a library's goroutine serves somebody
// else as a connection's loops do, that of whoever it wakes next.
func (w *walk) who(g history.Goroutine, at history.Time) string {
	if m := w.h.Of(g, at); m != nil {
		return w.request(m)
	}
	l := &w.h.Goroutines[g]
	if l.GCWorker {
		return collector
	}
	s := w.h.Sites.At(l.First)
	if s.Begin != "" {
		return "goroutine " + s.Begin
	}
	outer := w.outer(g, at)
	if servesHTTP(s) { // a request of which the end was not seen
		if outer != "" {
			return w.handler(outer)
		}
		return w.named(g)
	}
	if m := w.served(g, at); m != nil {
		return w.request(m)
	}
	if outer != "" { // a library runs the program's code, and the library's name would say little
		return "goroutine " + outer
	}
	return w.owners[len(w.owners)-1]
}

func (w *walk) request(m *history.Mark) string {
	if m == w.m {
		return causes.Itself
	}
	return m.Endpoint
}

// handler is what a request is called of which the end was not seen, by the outermost function of the program's own code.
func (w *walk) handler(outer string) string {
	if endpoint := w.h.Handlers[outer]; endpoint != "" {
		return endpoint
	}
	return "handler " + outer
}

// named is what a goroutine is called that works on nobody's behalf.
func (w *walk) named(g history.Goroutine) string {
	s := w.h.Sites.At(w.h.Goroutines[g].First)
	for _, prefix := range recorder {
		if strings.HasPrefix(s.Root, prefix) {
			return "the recorder"
		}
	}
	return "goroutine " + cmp.Or(s.Name(), "of which nothing is known")
}

// recorder are the runtime's goroutines that make the recording.
var recorder = []string{"runtime.trace", "runtime.(*trace", "runtime/trace."}

// servesHTTP reports whether a goroutine is that of a server's connection or request.
func servesHTTP(s *site.Site) bool {
	return s.Root == "net/http.(*conn).serve" || strings.HasSuffix(s.Root, "http2serverConn).runHandler")
}

// outer is the outermost function of the program's own code that a goroutine is in.
func (w *walk) outer(g history.Goroutine, at history.Time) (outer string) {
	w.h.Between(g, at, at+1, func(s *history.Stretch, _, _ history.Time) bool {
		outer = w.h.Sites.At(s.Stack).Outer
		return false
	})
	return outer
}

// served returns the request for which a library's goroutine works.
func (w *walk) served(g history.Goroutine, at history.Time) *history.Mark {
	for range maxServed {
		next, ok := w.h.NextWoken(g, at)
		if !ok {
			return nil
		}
		if m := w.h.Of(next.Who, next.At); m != nil {
			return m
		}
		if w.h.Sites.At(w.h.Goroutines[next.Who].First).Begin != "" {
			return nil
		}
		g, at = next.Who, next.At
	}
	return nil
}
