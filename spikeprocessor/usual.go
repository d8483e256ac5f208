// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
)

// How far back a spike may have begun before it was found, for what is usual to be as it was before.
const (
	usualCopies = 4
	usualEvery  = time.Minute
)

// usual is what the ordinary requests of an endpoint spend their time on. While a spike is open it is what it was before that began:
// of the last four minutes there are copies, one a minute, of some 300 bytes each. What is learned meanwhile is thrown away when the
// spike ends, unless that has become the baseline.
//
// The zero value is ready to use. All methods are safe for concurrent use.
type usual struct {
	mu     sync.Mutex // guards all below
	live   slowlog.Usual
	copies []usualCopy // at most usualCopies, oldest first
	before *slowlog.Normal
}

type usualCopy struct {
	at     time.Time
	normal slowlog.Normal
}

func (u *usual) observe(b slowlog.Breakdown, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if n := len(u.copies); u.before == nil && (n == 0 || now.Sub(u.copies[n-1].at).Abs() >= usualEvery) {
		if n == usualCopies {
			u.copies = append(u.copies[:0], u.copies[1:]...)
		}
		u.copies = append(u.copies, usualCopy{now, u.live.Normal()})
	}
	u.live.Observe(b)
}

// freeze makes usual what it was at a time.
func (u *usual) freeze(since time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.before != nil {
		return
	}
	then := u.live.Normal()
	for i := len(u.copies) - 1; i >= 0; i-- {
		if then = u.copies[i].normal; !u.copies[i].at.After(since) {
			break
		}
	}
	u.before, u.copies = &then, nil
	u.live.Reset()
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
