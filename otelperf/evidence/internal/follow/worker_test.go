// SPDX-License-Identifier: Apache-2.0

package follow

import (
	"slices"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/site"
)

// stack returns the site of one, the innermost function first.
func (p *past) stack(functions ...string) site.ID {
	var frames []site.Frame
	for _, f := range functions {
		frames = append(frames, site.Frame{Func: f, File: "cart.go", Line: 88})
	}
	return p.Sites.Of(slices.Values(frames))
}

// TestAWorkerIsFollowedBeyondItsJob: it takes from the channel when it begins the next one, and what it was at before kept the sender
// waiting. A lock's holder is not: before its job, the lock was somebody else's.
func TestAWorkerIsFollowedBeyondItsJob(t *testing.T) {
	for _, tt := range []struct {
		name   string
		reason history.Reason
		roots  []string
		want   history.Time // known
	}{
		{"a channel", history.ChanSend, []string{"main.worker"}, 60 * ms},
		{"a lock", history.Sync, []string{"main.worker"}, 0},
		{"a channel that a server's goroutine takes from", history.ChanSend, []string{"net/http.HandlerFunc.ServeHTTP", "net/http.(*conn).serve"}, 0},
	} {
		p := newPast(400 * ms)
		working := p.stack(append([]string{"time.Sleep", "main.deliver"}, tt.roots...)...)
		worker := p.goroutine(
			history.Stretch{From: 1, State: history.Waiting, Reason: history.Sleep, Stack: working, Waker: history.None}, running(159*ms),
			history.Stretch{From: 161 * ms, State: history.Waiting, Reason: history.Sleep, Stack: working, Waker: history.None}, running(200*ms))
		p.Goroutines[worker].First = working
		g := p.goroutine(history.Stretch{From: 100 * ms, State: history.Waiting, Reason: tt.reason, Stack: p.stack("runtime.chansend1", "main.enqueue"), Waker: worker}, running(160*ms))
		p.request(worker, 160*ms, 200*ms)
		m := p.request(g, 100*ms, 160*ms)
		known := history.Time(0)
		for reason, d := range Request(&p.History, m).Pieces {
			if reason.What != causes.Unknown {
				known += d
			}
		}
		if known != tt.want {
			t.Errorf("%s: of %v it is known who held it up, want %v", tt.name, known, tt.want)
		}
	}
}

// TestAHandlerIsNamedByItsEndpoint though the end of the request was not seen.
func TestAHandlerIsNamedByItsEndpoint(t *testing.T) {
	p := newPast(400 * ms)
	rendering := p.stack("main.burn", "main.render", "net/http.(*conn).serve")
	for range 2 {
		busy := p.goroutine(history.Stretch{From: 1, State: history.Running, Stack: rendering, Waker: history.None})
		p.Goroutines[busy].First = rendering
	}
	p.Handlers = map[string]string{"main.render": "POST /render"}
	if w := (&walk{h: &p.History}); w.runner(0, ms) != "POST /render" {
		t.Errorf("got %q", w.runner(0, ms))
	}
	p.Handlers = nil
	if w := (&walk{h: &p.History}); w.runner(1, ms) != "handler main.render" || w.runner(history.None, ms) != collector {
		t.Errorf("got %q and %q", w.runner(1, ms), w.runner(history.None, ms))
	}
}
