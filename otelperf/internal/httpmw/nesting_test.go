// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// A handler that serves copies of its request keeps its own route, whatever is below.
func TestCopiesServedInsideArePartOfTheRequest(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		for _, place := range places[1:] {
			rg := newRig(nil)
			var app http.Handler
			mux := http.NewServeMux()
			inner := rg.mw(muxOf("GET /users/{id}", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })))
			mux.Handle("GET /api/", http.StripPrefix("/api", inner))
			mux.HandleFunc("GET /batch/{n}", func(w http.ResponseWriter, r *http.Request) {
				var wg sync.WaitGroup
				for _, path := range []string{"/api/users/7", "/nowhere", "/api/users/8"} {
					wg.Go(func() {
						sub := r.Clone(r.Context())
						sub.URL.Path = path
						app.ServeHTTP(httptest.NewRecorder(), sub)
						if path != "/nowhere" && sub.Pattern != "GET /api/" {
							t.Errorf("%s: the copy has pattern %q", place.name, sub.Pattern)
						}
					})
				}
				wg.Wait()
				w.WriteHeader(http.StatusAccepted)
			})
			app = rg.mw(mux)
			rg.Serve(t, place.chain(rg, app), http2)
			rg.Get(t, "/batch/3")
			if d := rg.nextDone(t); d.Route != "/batch/{n}" || d.Status != http.StatusAccepted || len(rg.done) != 0 {
				t.Errorf("%s: reported %+v and %d more", place.name, d, len(rg.done))
			}
			if span := rg.Ended(t, 1); span.Name() != "GET /batch/{n}" || testrig.SpanAttr(span, "http.route") != "/batch/{n}" {
				t.Errorf("%s: span %q has route %q", place.name, span.Name(), testrig.SpanAttr(span, "http.route"))
			}
			rg.Server.Close()
		}
	}
}

func TestNesting(t *testing.T) {
	var hs [maxNested + 3]*handler
	for i := range hs {
		hs[i] = &handler{}
	}
	n := nesting{owner: hs[0]}
	for i, h := range hs[1:] {
		if depth, again := n.enter(h); depth != i+1 || again {
			t.Errorf("instance %d is entered at depth %d, again: %t", i+1, depth, again)
		}
	}
	if _, again := n.enter(hs[0]); !again {
		t.Error("the owner is not known")
	}
	n.leave(hs[1]) // left by a goroutine of its own
	if _, again := n.enter(hs[2]); !again {
		t.Error("one that is still entered is not known")
	}
	for _, h := range hs[2:] {
		n.leave(h)
	}
	if n.depth != 0 || n.inner != [maxNested]*handler{} {
		t.Errorf("left %+v", n)
	}
	if _, again := n.enter(hs[1]); again {
		t.Error("one that was left is thought to be entered")
	}
}
