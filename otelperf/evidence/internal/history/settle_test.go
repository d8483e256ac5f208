// SPDX-License-Identifier: Apache-2.0

package history

import (
	"slices"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/site"
)

// at returns the site of a stack, the innermost function first.
func at(t *site.Table, functions ...string) site.ID {
	var frames []site.Frame
	for _, f := range functions {
		frames = append(frames, site.Frame{Func: f, File: "shop.go", Line: 1})
	}
	return t.Of(slices.Values(frames))
}

// waits adds a goroutine that waited from the begin on, served a request meanwhile, and was woken by 0 at a line.
func waits(r *reader, s Stretch, until Time, endpoint string) Goroutine {
	g := Goroutine(len(r.Goroutines))
	s.State, s.Waker = Waiting, 0
	r.Goroutines = append(r.Goroutines, Life{Creator: None, Stretches: []Stretch{s, {From: until, Waker: None, State: Running}}, Marks: []int32{int32(len(r.Marks))}})
	r.Marks = append(r.Marks, Mark{Endpoint: endpoint, From: s.From, To: until + 1, Goroutine: g})
	return g
}

// TestWaitsOlderThanTheRecording have no reason, and perhaps no stack: what they were for is told by others that the same line ended.
func TestWaitsOlderThanTheRecording(t *testing.T) {
	table := site.NewTable(nil)
	send, other := at(table, "runtime.chansend1", "main.enqueue"), at(table, "sync.(*Mutex).Lock", "main.lock")
	receive, unlock, both := at(table, "runtime.chanrecv1", "main.worker"), at(table, "sync.(*Mutex).Unlock", "main.unlock"), at(table, "main.both")
	r := &reader{History: &History{Start: 1, End: 1000, Sites: table, Goroutines: []Life{{Creator: None}}}}
	told := waits(r, Stretch{From: 1, Reason: Untold, Stack: send, WakerStack: receive}, 100, "POST /orders")
	untold := waits(r, Stretch{From: 1, Reason: Untold, WakerStack: receive}, 110, "POST /orders")
	elsewhere := waits(r, Stretch{From: 1, Reason: Untold, WakerStack: receive}, 120, "GET /else")
	for i := range Time(4) {
		waits(r, Stretch{From: 200, Reason: ChanSend, Stack: send, WakerStack: receive}, 300+i, "POST /orders")
		waits(r, Stretch{From: 200, Reason: Sync, Stack: other, WakerStack: unlock}, 300+i, "GET /cart")
		waits(r, Stretch{From: 200, Reason: Sync, Stack: []site.ID{send, other}[i%2], WakerStack: both}, 300+i, "GET /cart")
	}
	cart := waits(r, Stretch{From: 1, Reason: Untold, WakerStack: unlock}, 130, "GET /cart")
	ambiguous := waits(r, Stretch{From: 1, Reason: Untold, WakerStack: both}, 140, "GET /cart")
	if err := r.settle(never); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		g      Goroutine
		stack  site.ID
		reason Reason
	}{
		"with a stack":                         {told, send, ChanSend},
		"without one":                          {untold, send, ChanSend},
		"of another endpoint":                  {elsewhere, 0, Untold},
		"a lock":                               {cart, other, Sync},
		"where the line ended different waits": {ambiguous, 0, Untold},
	} {
		if got := r.Goroutines[tt.g].Stretches[0]; got.Stack != tt.stack || got.Reason != tt.reason {
			t.Errorf("%s: stack %d, reason %d; want %d, %d", name, got.Stack, got.Reason, tt.stack, tt.reason)
		}
	}
}

func TestHandlersAreNamedByTheEndpointsTheyServe(t *testing.T) {
	table := site.NewTable(nil)
	r := &reader{History: &History{Start: 1, End: 1000, Sites: table}}
	waits(r, Stretch{From: 1, Stack: at(table, "time.Sleep", "main.render")}, 100, "POST /render")
	waits(r, Stretch{From: 1, Stack: at(table, "time.Sleep", "main.render")}, 100, "POST /render")
	waits(r, Stretch{From: 1, Stack: at(table, "time.Sleep", "main.wrapped")}, 100, "GET /a")
	waits(r, Stretch{From: 1, Stack: at(table, "time.Sleep", "main.wrapped")}, 100, "GET /b")
	waits(r, Stretch{From: 1, Stack: at(table, "time.Sleep")}, 100, "GET /b")
	if err := r.nameHandlers(never); err != nil {
		t.Fatal(err)
	}
	if h := r.Handlers; h["main.render"] != "POST /render" || h["main.wrapped"] != "" || len(h) != 2 {
		t.Errorf("got %v, want main.render for POST /render alone", h)
	}
}

// TestHelpersOfTheCollector: whoever waits for a CPU meanwhile waits for the collector.
func TestHelpersOfTheCollector(t *testing.T) {
	h := &History{Start: 1, End: 3 * bucket, Sites: site.NewTable(nil), Goroutines: []Life{
		{Stretches: []Stretch{{From: 1, State: Running, Waker: None}, {From: bucket, State: Assisting, Waker: None}, {From: 2 * bucket, State: Running, Waker: None}}},
	}}
	if err := h.busy.index(h, never); err != nil {
		t.Fatal(err)
	}
	ran := map[Goroutine]int{}
	h.Ran(1, 3*bucket, func(g Goroutine, _ Time, d time.Duration) {
		ran[g] += int(d.Round(100*time.Microsecond) / time.Millisecond)
	})
	if ran[0] != 2 || ran[None] != 1 {
		t.Errorf("ran %v, want 2 ms of its own and 1 ms for the collector", ran)
	}
}
