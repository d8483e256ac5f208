// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// labelsOf are the labels that a context has, in the order of their keys; "" for none.
func labelsOf(ctx context.Context) string {
	var all []string
	pprof.ForLabels(ctx, func(key, value string) bool { all = append(all, key+"="+value); return true })
	slices.Sort(all)
	return strings.Join(all, " ")
}

// goroutineLabels are those that the profile has of goroutines with a function on their stack.
func goroutineLabels(t *testing.T, function string) string {
	t.Helper()
	var b strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
		t.Fatal(err)
	}
	for group := range strings.SplitSeq(b.String(), "\n\n") {
		if strings.Contains(group, function) {
			_, labels, _ := strings.Cut(group, "# labels: ")
			labels, _, _ = strings.Cut(labels, "\n")
			return labels
		}
	}
	return "no such goroutine"
}

//go:noinline
func lookedAt(t *testing.T) string { return goroutineLabels(t, "httpmw.lookedAt") }

// A request's goroutine has a label of ours from its arrival on, beside and after labels of the handler's own, until it ends in
// whatever way; then it has what it had before.
func TestGoroutinesAreLabelled(t *testing.T) {
	for _, tt := range []struct {
		about string
		ctx   context.Context
		end   func()
		after string
	}{
		{"returns", t.Context(), func() {}, ""},
		{"panics", t.Context(), func() { panic("x") }, ""},
		{"aborts", t.Context(), func() { panic(http.ErrAbortHandler) }, ""},
		{"has labels already", pprof.WithLabels(t.Context(), pprof.Labels("tenant", "a")), func() {}, `{"tenant":"a"}`},
		{"has labels already, and panics", pprof.WithLabels(t.Context(), pprof.Labels("tenant", "a")), func() { panic("x") }, `{"tenant":"a"}`},
	} {
		t.Run(tt.about, func(t *testing.T) {
			g := NewGoroutines()
			var seen []string
			h := New(Config{Goroutines: g})(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				seen = append(seen, lookedAt(t))
				pprof.Do(r.Context(), pprof.Labels("own", "b"), func(context.Context) { seen = append(seen, lookedAt(t)) })
				seen = append(seen, lookedAt(t))
				if l := g.Labelled(time.Now(), 0); len(l) != 1 || !strings.Contains(seen[0], `"`+g.Key()+`":"`+l[0].Value+`"`) {
					t.Errorf("labelled requests: %+v; the goroutine has %s", l, seen[0])
				}
				tt.end()
			}))
			func() {
				defer func() { _ = recover() }()
				pprof.SetGoroutineLabels(tt.ctx)
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", http.NoBody).WithContext(tt.ctx))
			}()
			if got := lookedAt(t); got != tt.after {
				t.Errorf("after it the goroutine has the labels %q, want %q", got, tt.after)
			}
			if len(seen) != 3 || seen[0] != seen[2] || !strings.Contains(seen[0], g.Key()) || !strings.Contains(seen[1], g.Key()) || !strings.Contains(seen[1], `"own":"b"`) {
				t.Errorf("labels in the handler, in pprof.Do, after it: %q", seen)
			}
			if strings.Contains(seen[0], "tenant") != (tt.after != "") {
				t.Errorf("labels of the program's own: %q", seen[0])
			}
			if l := g.Labelled(time.Now(), 0); len(l) != 0 {
				t.Errorf("after it %+v are labelled", l)
			}
		})
	}
}

// Instances of several places of one chain label once, Monitors beside each other each with a key of its own.
func TestLabelsOfSeveralInstances(t *testing.T) {
	one, two := NewGoroutines(), NewGoroutines()
	mw := New(Config{Goroutines: one})
	var inside string
	h := mw(mw(New(Config{Goroutines: two})(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { inside = labelsOf(r.Context()) }))))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", http.NoBody))
	if strings.Count(inside, "=") != 2 || !strings.Contains(inside, one.Key()+"=") || !strings.Contains(inside, two.Key()+"=") || one.Key() == two.Key() {
		t.Errorf("labels %q, want one of %s and one of %s", inside, one.Key(), two.Key())
	}
}

// A slot's label sets are used in turn: what a request left running has not the label of the next one in its slot.
func TestLabelsOfASlotTakeTurns(t *testing.T) {
	g := NewGoroutines()
	slots := (*g.slots.Load())[:1]
	g.slots.Store(&slots)
	var seen []string
	h := New(Config{Goroutines: g})(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = append(seen, labelsOf(r.Context())) }))
	for range labelTurns + 1 {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", http.NoBody))
	}
	if seen[0] != seen[labelTurns] || len(slices.Compact(slices.Sorted(slices.Values(seen)))) != labelTurns {
		t.Errorf("labels of %d requests in one slot: %q, want %d in turn", len(seen), seen, labelTurns)
	}
}

// Requests beyond the slots are served without a label, and the table grows.
func TestTheTableGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, release := NewGoroutines(), make(chan struct{})
		h := New(Config{Goroutines: g})(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
		const n = 2 * fewestSlots
		for range n {
			go h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", http.NoBody))
		}
		synctest.Wait()
		labelled := len(g.Labelled(time.Now(), 0))
		if labelled < fewestSlots*3/4 || labelled > fewestSlots || uint64(labelled)+g.Unlabelled() != n {
			t.Errorf("%d labelled, %d not, of %d with %d slots", labelled, g.Unlabelled(), n, fewestSlots)
		}
		for range 10 {
			g.Grow()
		}
		if got := len(*g.slots.Load()); got != 2*fewestSlots {
			t.Errorf("%d slots for %d requests that have one, want %d", got, labelled, 2*fewestSlots)
		}
		close(release)
		synctest.Wait()
		if l := g.Labelled(time.Now(), 0); len(l) != 0 {
			t.Errorf("%d are labelled after all have ended", len(l))
		}
	})
}

// The route of a running request is that of the mux beside the innermost instance that sees the path that was asked for.
func TestRoutesOfRunningRequests(t *testing.T) {
	for _, tt := range []struct {
		about, want string
		chain       func(mw testrig.Wrapper, mux *http.ServeMux) http.Handler
	}{
		{"next to the mux", "/users/{id}", func(mw testrig.Wrapper, mux *http.ServeMux) http.Handler { return mw(mux) }},
		{"outside and next to it", "/users/{id}", func(mw testrig.Wrapper, mux *http.ServeMux) http.Handler { return mw(replaced(mw(mux))) }},
		{"outside alone", "", func(mw testrig.Wrapper, mux *http.ServeMux) http.Handler { return mw(replaced(mux)) }},
		{"below another mux", "", func(mw testrig.Wrapper, mux *http.ServeMux) http.Handler {
			outer := http.NewServeMux()
			outer.Handle("/users/", http.StripPrefix("/users", mw(muxOf("/{id}", mux))))
			return mw(outer)
		}},
	} {
		g, got := NewGoroutines(), "not served"
		mux := http.NewServeMux()
		mux.HandleFunc("GET /users/{id}", func(http.ResponseWriter, *http.Request) {
			l := g.Labelled(time.Now(), 0)
			got = l[0].Route()
		})
		mux.HandleFunc("GET /{id}", func(http.ResponseWriter, *http.Request) {
			l := g.Labelled(time.Now(), 0)
			got = l[0].Route()
		})
		tt.chain(New(Config{Goroutines: g}), mux).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/users/7", http.NoBody))
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.about, got, tt.want)
		}
	}
}

func replaced(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(trace.ContextWithSpanContext(r.Context(), trace.SpanContext{})))
	})
}

// Streams are told from requests that hang.
func TestLabelledStreams(t *testing.T) {
	g := NewGoroutines()
	for kind, want := range map[string]bool{"text/event-stream": true, "text/html": false} {
		h := New(Config{Goroutines: g})(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = fmt.Fprint(w, "x")
			if l := g.Labelled(time.Now(), 0); len(l) != 1 || l[0].Stream != want {
				t.Errorf("%s: %+v, want stream %t", kind, l, want)
			}
		}))
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", http.NoBody))
	}
}
