// SPDX-License-Identifier: Apache-2.0

package history

import (
	xtrace "golang.org/x/exp/trace"

	"github.com/otelperf/otelperf-go/otelperf/internal/site"
)

// stateOf is the state that a goroutine is in.
func stateOf(s xtrace.GoState, assisting bool) State {
	switch s {
	case xtrace.GoRunning:
		if assisting {
			return Assisting
		}
		return Running
	case xtrace.GoRunnable:
		return Runnable
	case xtrace.GoWaiting:
		return Waiting
	case xtrace.GoSyscall:
		return Syscall
	default:
		return Gone
	}
}

// transition ends a stretch and begins the next one.
func (r *reader) transition(ev xtrace.Event, t *xtrace.StateTransition, now Time) {
	from, to := t.Goroutine()
	g, actor := r.of(t.Resource.Goroutine()), r.of(ev.Goroutine())
	l, stack := &r.Goroutines[g], r.site(t.Stack)
	r.named(l, stack)
	if from == to { // each generation says anew what is there
		if s := l.last(); s != nil && s.Stack == 0 {
			s.Stack = stack
		}
		return
	}
	if from == xtrace.GoRunning {
		r.running--
	}
	if to == xtrace.GoRunning {
		r.running++
	}
	next := Stretch{From: now, Stack: stack, Waker: None, State: stateOf(to, l.assisting)}
	if to == xtrace.GoWaiting {
		next.Reason = reasons[t.Reason]
	}
	switch s := l.last(); {
	case from == xtrace.GoUndetermined && s == nil: // it was so all the time, and had no event before
		next.From = r.Start
	case from == xtrace.GoNotExist:
		l.Created, l.Creator = now, actor
	case from == xtrace.GoRunning && s != nil && s.Stack == 0: // where it was when it stopped
		s.Stack = stack
	case from == xtrace.GoWaiting && to == xtrace.GoRunnable && s != nil:
		s.Waker, s.WakerStack = actor, r.site(ev.Stack())
		r.wake(actor, g, s, now)
	}
	r.begin(l, next)
}

// named notes a stack of a goroutine if it says better than others how it began.
func (r *reader) named(l *Life, stack site.ID) {
	if l.First == 0 || r.Sites.At(l.First).Begin == "" && r.Sites.At(stack).Begin != "" {
		l.First = stack
	}
}

// wake notes whom a goroutine made run on. Where the program's own code did so, its stack says enough; and whoever waited for a
// connection has got it from somebody whom it served until then.
func (r *reader) wake(by, whom Goroutine, wait *Stretch, now Time) {
	if by == None {
		return
	}
	o := &r.Goroutines[by]
	r.named(o, wait.WakerStack)
	if s := r.Sites.At(wait.WakerStack); s.Outer != "" || r.Sites.At(wait.Stack).Pooled() && !s.Dials() {
		return
	}
	o.Wakes = append(o.Wakes, Wake{now, whom})
}

// begin begins a stretch.
func (r *reader) begin(l *Life, s Stretch) {
	l.Stretches = append(l.Stretches, s)
	r.stretches++
}

func (l *Life) last() *Stretch {
	if len(l.Stretches) == 0 {
		return nil
	}
	return &l.Stretches[len(l.Stretches)-1]
}

// assist begins or ends a goroutine's work for the garbage collector.
func (r *reader) assist(rg xtrace.Range, on bool, now Time) {
	if rg.Name != "GC mark assist" || rg.Scope.Kind != xtrace.ResourceGoroutine {
		return
	}
	l := r.life(rg.Scope.Goroutine())
	l.assisting = on
	was, is := Running, Assisting
	if !on {
		was, is = is, was
	}
	if s := l.last(); s != nil && s.State == was {
		r.begin(l, Stretch{From: now, Waker: None, State: is})
	}
}

// forget drops the older half of what was read.
func (r *reader) forget() {
	cut := r.Start + (r.End-r.Start)/2
	r.stretches = 0
	for g := range r.Goroutines {
		l := &r.Goroutines[g]
		n := 0
		for n < len(l.Stretches) && r.until(l, n) <= cut {
			n++
		}
		if n > 0 {
			l.Stretches = append([]Stretch(nil), l.Stretches[n:]...)
		}
		r.stretches += len(l.Stretches)
	}
	r.Start, r.Forgotten = cut, true
}
