// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"slices"
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
)

// usualEvery is how often there is a copy of what is usual at most, and usualReach how far back copies go.
const (
	usualEvery = 10 * time.Second
	usualReach = 15 * time.Minute
)

// usual is what the ordinary requests of an endpoint spend their time on. While a spike is open it is what it was before that began:
// there are copies of the last quarter of an hour, the older the fewer, at most 20 of 152 bytes. What is learned meanwhile is thrown away
// when the spike ends, unless that has become the baseline.
//
// The zero value is ready to use. All methods are safe for concurrent use.
type usual struct {
	mu     sync.Mutex // guards all below
	live   slowlog.Usual
	calls  callMeans   // as live
	names  callNames   // of calls
	copies []usualCopy // oldest first
	before *usualCopy
}

var usualCategories = [...]slowlog.Category{slowlog.Own, slowlog.DB, slowlog.HTTP, slowlog.RPC, slowlog.Messaging, slowlog.Cache}

type usualCopy struct {
	at      time.Time
	ms      [len(usualCategories)]float32
	samples int
	calls   callMeans
}

func (u *usual) observe(b slowlog.Breakdown, calls map[string]slowlog.CallTime, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if n := len(u.copies); u.before == nil && (n == 0 || now.Sub(u.copies[n-1].at).Abs() >= usualEvery) {
		u.copy(now)
	}
	u.live.Observe(b)
	u.calls.observe(&u.names, calls, u.live.Normal().Samples)
}

// copy adds one, and drops those that are too old, and those in between of which the neighbours are near enough for their age.
func (u *usual) copy(now time.Time) {
	u.copies = append(u.copies, u.now(now))
	for i := len(u.copies) - 2; i >= 0; i-- {
		newer, old := u.copies[i+1].at, now.Sub(u.copies[i].at) > usualReach
		if old || i > 0 && newer.Sub(u.copies[i-1].at) <= now.Sub(newer)/2 {
			u.copies = slices.Delete(u.copies, i, i+1)
		}
	}
}

// now is what was learned so far.
func (u *usual) now(at time.Time) usualCopy {
	normal := u.live.Normal()
	c := usualCopy{at: at, samples: normal.Samples, calls: u.calls}
	for i, category := range usualCategories {
		c.ms[i] = float32(normal.Breakdown[category])
	}
	return c
}

// freeze makes usual what it was at a time, or as long before as there is a copy.
func (u *usual) freeze(since time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.before != nil {
		return
	}
	then := u.now(since)
	for _, c := range slices.Backward(u.copies) {
		if then = c; !c.at.After(since) {
			break
		}
	}
	u.before, u.copies = &then, nil
	u.live.Reset()
	u.calls = callMeans{}
}

func (c *usualCopy) normal() slowlog.Normal {
	n := slowlog.Normal{Samples: c.samples, Breakdown: slowlog.Breakdown{}}
	for i, category := range usualCategories {
		if c.ms[i] > 0 {
			n.Breakdown[category] = float64(c.ms[i])
		}
	}
	return n
}

// thaw lets usual change again: from what it was before the spike, or from what it was in the spike, if that is the baseline now.
func (u *usual) thaw(rebased bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.before != nil && !rebased {
		u.live.Restore(u.before.normal())
		u.calls = u.before.calls
	}
	u.before = nil
}

func (u *usual) normal() slowlog.Normal {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.before != nil {
		return u.before.normal()
	}
	return u.live.Normal()
}

// means are what an ordinary request does with its dependencies. all is false if there are others than these.
func (u *usual) means() (means map[string]callMean, all bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	calls := &u.calls
	if u.before != nil {
		calls = &u.before.calls
	}
	means = make(map[string]callMean, len(u.names.names))
	for i, name := range u.names.names {
		means[name] = calls[i]
	}
	return means, !u.names.more
}
