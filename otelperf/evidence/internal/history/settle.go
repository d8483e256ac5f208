// SPDX-License-Identifier: Apache-2.0

package history

import (
	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/site"
)

// reasonsOf are the reasons of waits, by what their stacks say: a wait that is older than the recording has none.
var reasonsOf = map[causes.State]Reason{
	causes.ChanSend: ChanSend, causes.ChanReceive: ChanReceive, causes.Select: Select, causes.Lock: Sync, causes.RWLock: Sync,
	causes.WaitGroup: Sync, causes.Cond: Cond, causes.Sleep: Sleep, causes.NetworkRead: Network, causes.NetworkWrite: Network,
}

// ending is what ended a wait: a line, and the endpoint of the request that waited.
type ending struct {
	waker    site.ID
	endpoint string
}

// settle finds out what waits were for that are older than the recording. One without a stack is taken for those that the same line
// ended for the same endpoint, if these were for one thing.
func (r *reader) settle(step func() error) error {
	votes := map[ending]map[site.ID]int{} // as many as there are goroutines at most
	for g := range r.Goroutines {
		if s := r.old(Goroutine(g)); s != nil && s.Stack == 0 && s.WakerStack != 0 {
			votes[r.ending(Goroutine(g), 0)] = map[site.ID]int{}
		}
	}
	for g := range r.Goroutines {
		for i, s := range r.Goroutines[g].Stretches {
			if s.State != Waiting || s.Stack == 0 || s.WakerStack == 0 || len(votes) == 0 {
				continue
			}
			if v := votes[r.ending(Goroutine(g), i)]; v != nil {
				v[s.Stack]++
			}
		}
		if g%1024 == 0 {
			if err := step(); err != nil {
				return err
			}
		}
	}
	for g := range r.Goroutines {
		s := r.old(Goroutine(g))
		if s == nil {
			continue
		}
		if s.Stack == 0 && s.WakerStack != 0 {
			s.Stack = most(votes[r.ending(Goroutine(g), 0)])
		}
		if reason, ok := reasonsOf[r.Sites.At(s.Stack).State]; ok {
			s.Reason = reason
		}
	}
	return nil
}

// old returns the wait of a goroutine that is older than the recording, if there is one.
func (r *reader) old(g Goroutine) *Stretch {
	if l := &r.Goroutines[g]; len(l.Stretches) > 0 && l.Stretches[0].State == Waiting && l.Stretches[0].Reason == Untold {
		return &l.Stretches[0]
	}
	return nil
}

// ending of a goroutine's wait.
func (r *reader) ending(g Goroutine, i int) ending {
	l := &r.Goroutines[g]
	e := ending{waker: l.Stretches[i].WakerStack}
	if m := r.At(g, r.until(l, i)); m != nil {
		e.endpoint = m.Endpoint
	}
	return e
}

// most is what three quarters of the votes are for, or 0.
func most(votes map[site.ID]int) (winner site.ID) {
	total := 0
	for id, n := range votes {
		total += n
		if n > votes[winner] || n == votes[winner] && id < winner {
			winner = id
		}
	}
	if 4*votes[winner] < 3*total {
		return 0
	}
	return winner
}

// nameHandlers finds out which endpoint an outermost function serves, where that is one.
func (r *reader) nameHandlers(step func() error) error {
	r.Handlers = map[string]string{} // as many as there are sites at most
	for i := range r.Marks {
		m := &r.Marks[i]
		r.Between(m.Goroutine, m.From, m.To, func(s *Stretch, _, _ Time) bool {
			outer := r.Sites.At(s.Stack).Outer
			if was, ok := r.Handlers[outer]; ok && was != m.Endpoint {
				r.Handlers[outer] = "" // of several
			} else if outer != "" && !ok {
				r.Handlers[outer] = m.Endpoint
			}
			return true
		})
		if i%256 == 0 {
			if err := step(); err != nil {
				return err
			}
		}
	}
	return nil
}
