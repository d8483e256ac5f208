// SPDX-License-Identifier: Apache-2.0

package follow

import (
	"slices"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/site"
)

const ms = history.Time(time.Millisecond)

// past is a history that a test writes down.
type past struct{ history.History }

func newPast(end history.Time) *past {
	return &past{history.History{Start: 1, End: end, Sites: site.NewTable(nil)}}
}

// at returns the site of a stack of this one function.
func (p *past) at(function string) site.ID {
	return p.Sites.Of(slices.Values([]site.Frame{{Func: function, File: "cart.go", Line: 88}}))
}

// goroutine adds one that began at a moment and was in these states.
func (p *past) goroutine(stretches ...history.Stretch) history.Goroutine {
	p.Goroutines = append(p.Goroutines, history.Life{Stretches: stretches, Creator: history.None})
	return history.Goroutine(len(p.Goroutines) - 1)
}

// request adds a mark.
func (p *past) request(g history.Goroutine, from, to history.Time) *history.Mark {
	p.Marks = append(p.Marks, history.Mark{Endpoint: "GET /cart", From: from, To: to, Goroutine: g})
	p.Goroutines[g].Marks = append(p.Goroutines[g].Marks, int32(len(p.Marks)-1))
	return &p.Marks[len(p.Marks)-1]
}

func running(from history.Time) history.Stretch {
	return history.Stretch{From: from, State: history.Running, Waker: history.None}
}

// sum adds up by states.
func sum(r Result) map[causes.State]history.Time {
	m := map[causes.State]history.Time{}
	for reason, d := range r.Pieces {
		m[reason.State] += d
	}
	return m
}

// TestLongerThanTheSchedulerAllows: the machine did not run a goroutine that was not asked to make way for so long.
func TestLongerThanTheSchedulerAllows(t *testing.T) {
	p := newPast(400 * ms)
	g := p.goroutine(running(100*ms), running(110*ms), running(200*ms), running(224*ms))
	got := sum(Request(&p.History, p.request(g, 100*ms, 224*ms)))
	if got[causes.NotScheduled] != 70*ms || got[causes.Running] != 54*ms {
		t.Errorf("got %v, want 70ms not scheduled of a stretch of 90ms, and none of one of 24ms", got)
	}
}

// TestStalls: when the whole process stood still, so did those that were ready.
func TestStalls(t *testing.T) {
	p := newPast(400 * ms)
	p.Stalls = []history.Interval{{From: 20 * ms, To: 50 * ms}, {From: 140 * ms, To: 170 * ms}, {From: 180 * ms, To: 220 * ms}}
	g := p.goroutine(history.Stretch{From: 100 * ms, State: history.Runnable, Waker: history.None}, running(190*ms), running(200*ms))
	got := sum(Request(&p.History, p.request(g, 100*ms, 200*ms)))
	if got[causes.NotScheduled] != 50*ms || got[causes.Runnable] != 50*ms {
		t.Errorf("got %v, want 50ms not scheduled and 50ms runnable", got)
	}
}

// chain returns n goroutines of which each waits for the next one, and a request on the first.
func chain(n int) (*past, *history.Mark) {
	p := newPast(200 * ms)
	lock := p.at("main.lock")
	for i := range n {
		p.goroutine(history.Stretch{From: 1, State: history.Waiting, Reason: history.Sync, Stack: lock, Waker: history.Goroutine(i + 1)}, running(100*ms))
	}
	p.goroutine(history.Stretch{From: 1, State: history.Waiting, Reason: history.Sleep, Stack: p.at("main.holder"), Waker: history.None}, running(100*ms))
	return p, p.request(0, 1, 100*ms)
}

func TestChainsAreFollowedToTheirHeads(t *testing.T) {
	p, m := chain(MaxHops - 1)
	r := Request(&p.History, m)
	if r.Cut || len(r.Pieces) != 1 {
		t.Fatalf("cut %v, pieces %v", r.Cut, r.Pieces)
	}
	for reason := range r.Pieces {
		if reason.What != causes.Sleep || reason.Where.Func != "main.holder" || reason.State != causes.Lock || reason.Line.Func != "main.lock" {
			t.Errorf("got %+v", reason)
		}
	}
}

func TestChainsHaveAnEnd(t *testing.T) {
	p, m := chain(MaxHops + 2)
	r := Request(&p.History, m)
	if !r.Cut {
		t.Error("it is not said that it was cut")
	}
	for reason := range r.Pieces {
		if reason.What != causes.Unknown {
			t.Errorf("got %+v, want unknown", reason)
		}
	}
}

// TestCircles: goroutines that say to have woken each other, as a broken trace may have it.
func TestCircles(t *testing.T) {
	p := newPast(200 * ms)
	for i := range 2 {
		p.goroutine(history.Stretch{From: 1, State: history.Waiting, Reason: history.Sync, Waker: history.Goroutine(1 - i)})
	}
	p.Goroutines[0].Created, p.Goroutines[0].Creator = 50*ms, 0
	if r := Request(&p.History, p.request(0, 1, 100*ms)); !r.Cut {
		t.Errorf("not cut: %v", r.Pieces)
	}
}

func TestStepsAndStretchesAreBounded(t *testing.T) {
	p := newPast(history.Time(time.Hour))
	var many []history.Stretch
	for i := range 2 * MaxStretches {
		many = append(many, history.Stretch{From: history.Time(i)*10 + 1, State: history.Waiting, Reason: history.Sync, Waker: 1})
	}
	g := p.goroutine(many...)
	p.goroutine(running(1))
	m := p.request(g, 1, 2*MaxStretches*10)
	r := Request(&p.History, m)
	if !r.Cut {
		t.Error("it is not said that it was cut")
	}
	total := history.Time(0)
	for _, d := range r.Pieces {
		total += d
	}
	if total != m.To-m.From {
		t.Errorf("the parts are of %d ns, the request of %d", total, m.To-m.From)
	}
	spans := Timeline(&p.History, m)
	if len(spans) > MaxSpans {
		t.Errorf("%d spans, want at most %d", len(spans), MaxSpans)
	}
}

// TestBeforeTheRecording nothing is known.
func TestBeforeTheRecording(t *testing.T) {
	p := newPast(200 * ms)
	p.Start = 40 * ms
	g := p.goroutine(history.Stretch{From: 40 * ms, State: history.Waiting, Reason: history.Sleep, Stack: p.at("main.f"), Waker: history.None}, running(100*ms))
	got := sum(Request(&p.History, p.request(g, 20*ms, 100*ms)))
	if got[causes.BeforeRecording] != 20*ms || got[causes.Sleep] != 60*ms {
		t.Errorf("got %v, want 20ms before the recording and 60ms of sleep", got)
	}
	if got := sum(Request(&p.History, p.request(g, 10*ms, 30*ms))); got[causes.BeforeRecording] != 20*ms || len(got) != 1 {
		t.Errorf("all before the recording: got %v", got)
	}
}

// TestNetworkWaitsAreNotFollowed: what ends one is the runtime, on the back of whoever it was.
func TestNetworkWaitsAreNotFollowed(t *testing.T) {
	p := newPast(200 * ms)
	g := p.goroutine(history.Stretch{From: 1, State: history.Waiting, Reason: history.Network, Stack: p.at("internal/poll.(*FD).Read"), Waker: 1}, running(100*ms))
	p.goroutine(history.Stretch{From: 1, State: history.Waiting, Reason: history.Sleep, Waker: history.None})
	r := Request(&p.History, p.request(g, 1, 100*ms))
	for reason := range r.Pieces {
		if reason.State != causes.NetworkRead || reason.Who != causes.Itself || reason.What != causes.NetworkRead {
			t.Errorf("got %+v", reason)
		}
	}
}

// TestHowOften a request waited tells one long call from many short ones, whatever short waits are besides.
func TestHowOften(t *testing.T) {
	for _, tt := range []struct {
		long, short int // waits of 5 ms, and of 10 µs
		want        float64
	}{{1, 4, 1}, {30, 0, 30}, {30, 60, 30}, {0, 0, 0}} {
		p := newPast(400 * ms)
		var life []history.Stretch
		at := ms
		for i := range tt.long + tt.short {
			life = append(life, history.Stretch{From: at, State: history.Waiting, Reason: history.Sleep, Stack: p.at("main.f"), Waker: history.None})
			if at += 5 * ms; i >= tt.long {
				at += ms/100 - 5*ms
			}
			life = append(life, running(at))
			at += ms / 10
		}
		r := Request(&p.History, p.request(p.goroutine(append(life, running(at))...), ms, at))
		got := r.Waits[Wait{causes.Sleep, causes.Place{Func: "main.f", File: "cart.go", Line: 88}}].Number()
		if got < tt.want-0.01 || got > 1.01*tt.want+0.3 {
			t.Errorf("%d long and %d short waits count as %v, want about %v", tt.long, tt.short, got, tt.want)
		}
	}
}
