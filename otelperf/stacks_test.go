// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	pprofile "github.com/google/pprof/profile"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// hanging is a real server whose requests hang until release is closed.
type hanging struct {
	*rig
	mux     *http.ServeMux
	release chan struct{}
	all     sync.WaitGroup
}

func newHanging(t *testing.T, opts ...otelperf.Option) *hanging {
	h := &hanging{mux: http.NewServeMux(), release: make(chan struct{})}
	h.rig = newRig(t, plan{}, append([]otelperf.Option{everybody, otelperf.WithSlowThreshold(20 * time.Millisecond)}, opts...)...)
	return h
}

// serve starts the server, with the given Middleware around the mux; its requests end before it does.
func (h *hanging) serve(t *testing.T, middleware func(http.Handler) http.Handler) {
	h.Serve(t, h.instrument(middleware(h.mux)), false)
	t.Cleanup(func() {
		close(h.release)
		h.all.Wait()
	})
}

// send sends n requests that nobody waits for.
func (h *hanging) send(n int, path string) {
	for range n {
		h.all.Go(func() { _, _, _ = h.Do(context.Background(), http.MethodGet, path) })
	}
}

// active waits until GET active is as it should be.
func (h *hanging) active(t *testing.T, what string, as func(a map[string]any) bool) (a map[string]any) {
	t.Helper()
	testrig.Eventually(t, what, func() bool {
		a = answer(t, h.mon.Handler(), "/active")
		return as(a)
	})
	return a
}

// sampled waits until n requests were sampled.
func (h *hanging) sampled(t *testing.T, n int) map[string]any {
	t.Helper()
	return h.active(t, fmt.Sprintf("%d requests were sampled", n), func(a map[string]any) bool {
		seen := 0
		for _, r := range listOf(a, "active") {
			if r["doing"] != nil {
				seen++
			}
		}
		return seen == n
	})
}

// sentences are those of the groups, by route.
func sentences(a map[string]any) map[string]string {
	all := map[string]string{}
	for _, g := range listOf(a, "groups") {
		all[g["route"].(string)] += g["sentence"].(string)
	}
	return all
}

// holder has functions in which a request waits, each a line of the program's own.
type holder struct {
	mu   sync.Mutex
	rw   sync.RWMutex
	c    chan struct{} // closed at the end
	full chan int
	db   *sql.DB
}

func (x *holder) lock(r *http.Request)  { x.mu.Lock(); x.mu.Unlock() }   //nolint:staticcheck // to wait is all
func (x *holder) rlock(r *http.Request) { x.rw.RLock(); x.rw.RUnlock() } //nolint:staticcheck // to wait is all
func (x *holder) receive(*http.Request) { <-x.c }
func (x *holder) wait(r *http.Request) {
	select {
	case <-x.c:
	case <-r.Context().Done():
	}
}
func (x *holder) send(*http.Request) { x.full <- 1 }
func (x *holder) sleep(*http.Request) {
	for !closed(x.c) {
		time.Sleep(time.Second)
	}
}

func (x *holder) query(r *http.Request) {
	conn, err := x.db.Conn(r.Context())
	if err == nil {
		<-x.c
		_ = conn.Close()
	}
}

func (x *holder) children(r *http.Request) {
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() { x.lock(r) })
	}
	wg.Wait()
}

func (x *holder) labels(r *http.Request) {
	pprof.Do(r.Context(), pprof.Labels("tenant", "a"), func(context.Context) { x.receive(r) })
}

func (x *holder) afterLabels(r *http.Request) {
	pprof.Do(r.Context(), pprof.Labels("tenant", "a"), func(context.Context) {})
	x.receive(r)
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// Each slow request says what it waits for, and at which line, while it runs.
func TestWhereSlowRequestsAre(t *testing.T) {
	h := newHanging(t)
	x := &holder{c: h.release, full: make(chan int), db: testrig.DB(t, 1)}
	situations := []struct {
		route, state, sentence string
		do                     func(*http.Request)
	}{
		{"/lock/{id}", "lock", "2 requests of GET /lock/{id} are waiting for the lock at stacks_test.go", x.lock},
		{"/rlock", "rwlock", "2 requests of GET /rlock are waiting for the read-write lock at stacks_test.go", x.rlock},
		{"/receive", "chan_receive", "2 requests of GET /receive are waiting to receive from a channel at stacks_test.go", x.receive},
		{"/send", "chan_send", "2 requests of GET /send are waiting to send to a channel at stacks_test.go", x.send},
		{"/select", "select", "2 requests of GET /select are waiting in a select at stacks_test.go", x.wait},
		{"/sleep", "sleep", "2 requests of GET /sleep are sleeping at stacks_test.go", x.sleep},
		{"/children", "waitgroup", "2 requests of GET /children are waiting for goroutines at stacks_test.go", x.children},
		{"/labels", "chan_receive", "2 requests of GET /labels are waiting to receive from a channel at stacks_test.go", x.labels},
		{"/afterlabels", "chan_receive", "2 requests of GET /afterlabels are waiting to receive from a channel at stacks_test.go", x.afterLabels},
		{"/query", "db_connection", "2 requests of GET /query are waiting for a connection of the database pool at stacks_test.go", x.query},
	}
	conn, err := x.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	x.mu.Lock()
	x.rw.Lock()
	for _, s := range situations {
		h.mux.HandleFunc("GET "+s.route, func(_ http.ResponseWriter, r *http.Request) { s.do(r) })
	}
	h.serve(t, h.mon.Middleware)
	t.Cleanup(func() { // before the server waits for its requests
		x.mu.Unlock()
		x.rw.Unlock()
		_ = conn.Close()
		h.all.Go(func() {
			for range 2 {
				<-x.full
			}
		})
	})
	for _, s := range situations {
		h.send(2, strings.Replace(s.route, "{id}", "7", 1))
	}
	a := h.sampled(t, 2*len(situations))
	said := sentences(a)
	for _, s := range situations {
		if !strings.HasPrefix(said[s.route], s.sentence) {
			t.Errorf("GET active says %q\nwant %q", said[s.route], s.sentence)
		}
	}
	if got := said["/children"]; !strings.Contains(got, ": those are waiting for the lock at stacks_test.go") {
		t.Errorf("what those that are waited for do is not said: %q", got)
	}
	for _, r := range listOf(a, "active") {
		d := r["doing"].(map[string]any)
		if text := fmt.Sprint(d["stack"]); r["slow"] != true || !strings.Contains(text, "stacks_test.go") || strings.Contains(text, "httpmw") || strings.Contains(text, "0x") {
			t.Errorf("%s: %v", r["route"], r)
		}
	}
	if note, _ := a["note"].(string); note != "" && !strings.Contains(note, "a profile takes") { // on a busy machine
		t.Errorf("note %q, want none", note)
	}
	h.timesOfStacks(t, "/children", "waiting for the lock", "(goroutine that it started)")
	h.timesOfStacks(t, "/query", "waiting for a connection", "database/sql.(*DB).conn")
}

// timesOfStacks asks for where the slow requests of a route spend their time, in all formats.
func (h *hanging) timesOfStacks(t *testing.T, route, sentence, frame string) {
	t.Helper()
	frame = frame[strings.LastIndexByte(frame, '/')+1:]
	path := "/endpoints/stacks?method=GET&route=" + url.QueryEscape(route)
	a := answer(t, h.mon.Handler(), path)
	lines, stacks := listOf(a, "lines"), listOf(a, "stacks")
	if len(lines) != 1 || !strings.HasPrefix(lines[0]["sentence"].(string), sentence) || lines[0]["share"] != 1.0 || a["wall_ms"].(float64) <= 0 || a["samples"].(float64) < 2 {
		t.Errorf("%s: %v", route, a)
	}
	if len(stacks) == 0 || !strings.Contains(fmt.Sprint(stacks[0]["frames"]), frame) {
		t.Errorf("%s: no %s in %v", route, frame, stacks)
	}
	folded := testrig.Call(h.mon.Handler(), http.MethodGet, path+"&format=folded").Body.String()
	if first, _, _ := strings.Cut(folded, "\n"); !strings.Contains(first, ";") || !strings.Contains(first, frame) || strings.HasSuffix(first, " 0") {
		t.Errorf("%s folded: %q", route, first)
	}
	p, err := pprofile.Parse(bytes.NewReader(testrig.Call(h.mon.Handler(), http.MethodGet, path+"&format=pprof").Body.Bytes()))
	if err != nil || p.CheckValid() != nil || len(p.Sample) == 0 || p.Sample[0].Value[1] <= 0 {
		t.Errorf("%s as a profile: %v, %v", route, p, err)
	}
}

// What a request started and left behind is not taken for what a later one does, and labels end with their request.
func TestGoroutinesThatOutliveTheirRequest(t *testing.T) {
	h := newHanging(t)
	x := &holder{c: h.release}
	h.mux.HandleFunc("GET /leave", func(_ http.ResponseWriter, r *http.Request) { go x.receive(r) })
	h.mux.HandleFunc("GET /wait", func(_ http.ResponseWriter, r *http.Request) { x.wait(r) })
	h.serve(t, h.mon.Middleware)
	for range 200 {
		h.Get(t, "/leave")
	}
	h.send(3, "/wait")
	for _, r := range listOf(h.sampled(t, 3), "active") {
		if d := r["doing"].(map[string]any); d["state"] != "select" || r["route"] != "/wait" {
			t.Errorf("%v, want a request of /wait in its select", r)
		}
	}
}

// Where Middleware is missing it is said, and how to get it; where stacks are switched off, too.
func TestWhereSlowRequestsAreIsNotKnown(t *testing.T) {
	for _, tt := range []struct {
		about, note string
		middleware  bool
		opts        []otelperf.Option
	}{
		{"no Middleware", "Where 1 of 1 slow requests are is not known: wrap their handlers in Monitor.Middleware.", false, nil},
		{"switched off", "Where slow requests are is not looked at: WithStacks(false).", true, []otelperf.Option{otelperf.WithStacks(false)}},
	} {
		t.Run(tt.about, func(t *testing.T) {
			h := newHanging(t, tt.opts...)
			x := &holder{c: h.release}
			h.mux.HandleFunc("GET /wait", func(_ http.ResponseWriter, r *http.Request) { x.receive(r) })
			middleware := unchanged
			if tt.middleware {
				middleware = h.mon.Middleware
			}
			h.serve(t, middleware)
			h.send(1, "/wait")
			a := h.active(t, "the note says why", func(a map[string]any) bool { return a["note"] == tt.note })
			if len(listOf(a, "groups")) != 0 {
				t.Errorf("groups: %v", a["groups"])
			}
		})
	}
}

// Slow is what is slow for an endpoint: others are not looked at.
func TestOnlySlowRequestsAreSampled(t *testing.T) {
	h := newHanging(t, otelperf.WithEndpointSlowThreshold("GET /export", time.Hour))
	x := &holder{c: h.release}
	h.mux.HandleFunc("GET /export", func(_ http.ResponseWriter, r *http.Request) { x.receive(r) })
	h.mux.HandleFunc("GET /wait", func(_ http.ResponseWriter, r *http.Request) { x.receive(r) })
	h.serve(t, h.mon.Middleware)
	h.send(2, "/export")
	h.active(t, "the exports run", func(a map[string]any) bool { return a["count"] == 2.0 })
	h.send(1, "/wait")
	for _, r := range listOf(h.sampled(t, 1), "active") {
		if slow := r["path"] == "/wait"; (r["doing"] != nil) != slow || (r["slow"] == true) != slow {
			t.Errorf("%v", r)
		}
	}
	if w := testrig.Call(h.mon.Handler(), http.MethodGet, "/endpoints/stacks?method=GET&route=/export"); w.Code != http.StatusNotFound {
		t.Errorf("GET endpoints/stacks of one that nothing is known of: %d", w.Code)
	}
	if w := testrig.Call(h.mon.Handler(), http.MethodGet, "/endpoints/stacks?method=GET&route=/wait&format=svg"); w.Code != http.StatusBadRequest {
		t.Errorf("GET endpoints/stacks with an unknown format: %d", w.Code)
	}
}

// A stream takes as long as it takes: nothing is sampled for it.
func TestStreamsAreNotSampled(t *testing.T) {
	h := newHanging(t)
	x := &holder{c: h.release}
	h.mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: x\n\n")
		x.receive(r)
	})
	h.mux.HandleFunc("GET /wait", func(_ http.ResponseWriter, r *http.Request) { x.receive(r) })
	h.serve(t, h.mon.Middleware)
	h.send(2, "/events")
	h.active(t, "the streams run", func(a map[string]any) bool { return a["count"] == 2.0 })
	h.send(1, "/wait")
	for _, r := range listOf(h.sampled(t, 1), "active") {
		if (r["doing"] != nil) != (r["path"] == "/wait") {
			t.Errorf("%v", r)
		}
	}
}
