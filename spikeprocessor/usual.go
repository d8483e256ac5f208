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
// there are copies of the last quarter of an hour, the older the fewer, at most 20 of 56 bytes. What is learned meanwhile is thrown away
// when the spike ends, unless that has become the baseline.
//
// The zero value is ready to use. All methods are safe for concurrent use.
type usual struct {
	mu     sync.Mutex // guards all below
	live   slowlog.Usual
	copies []usualCopy // oldest first
	before *slowlog.Normal
}

var usualCategories = [...]slowlog.Category{slowlog.Own, slowlog.DB, slowlog.HTTP, slowlog.RPC, slowlog.Messaging, slowlog.Cache}

type usualCopy struct {
	at      time.Time
	ms      [len(usualCategories)]float32
	samples int
}

func (u *usual) observe(b slowlog.Breakdown, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if n := len(u.copies); u.before == nil && (n == 0 || now.Sub(u.copies[n-1].at).Abs() >= usualEvery) {
		u.copy(now)
	}
	u.live.Observe(b)
}

// copy adds one, and drops those that are too old, and those in between of which the neighbours are near enough for their age.
func (u *usual) copy(now time.Time) {
	normal := u.live.Normal()
	c := usualCopy{at: now, samples: normal.Samples}
	for i, category := range usualCategories {
		c.ms[i] = float32(normal.Breakdown[category])
	}
	u.copies = append(u.copies, c)
	for i := len(u.copies) - 2; i >= 0; i-- {
		newer, old := u.copies[i+1].at, now.Sub(u.copies[i].at) > usualReach
		if old || i > 0 && newer.Sub(u.copies[i-1].at) <= now.Sub(newer)/2 {
			u.copies = slices.Delete(u.copies, i, i+1)
		}
	}
}

// freeze makes usual what it was at a time, or as long before as there is a copy.
func (u *usual) freeze(since time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.before != nil {
		return
	}
	then := u.live.Normal()
	for _, c := range slices.Backward(u.copies) {
		if then = c.normal(); !c.at.After(since) {
			break
		}
	}
	u.before, u.copies = &then, nil
	u.live.Reset()
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
		u.live.Restore(*u.before)
	}
	u.before = nil
}

func (u *usual) normal() slowlog.Normal {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.before != nil {
		return *u.before
	}
	return u.live.Normal()
}
