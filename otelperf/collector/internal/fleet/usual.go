// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
)

// usualMemory is how many requests a mean reaches back over.
const usualMemory = 64

// usual is what the ordinary requests of an endpoint spend their time on; it does not change while a spike is open.
type usual struct {
	requests  int
	ms        float64 // their duration
	paths     paths
	breakdown *slowlog.Usual // nil before the first
}

func (u *usual) observe(a *slowlog.Anatomy, p paths) {
	if u.breakdown == nil {
		u.breakdown = new(slowlog.Usual)
	}
	u.breakdown.Observe(a.Breakdown)
	u.requests++
	weight := 1 / float64(min(u.requests, usualMemory))
	u.ms += weight * (a.Root.DurationMs - u.ms)
	for i := range u.paths {
		u.paths[i].ms += weight * (p.of(u.paths[i].way) - u.paths[i].ms)
	}
	known := len(u.paths)
	for _, q := range p {
		if u.paths[:known].index(q.way) < 0 && len(u.paths) < maxPaths {
			q.ms *= weight
			u.paths = append(u.paths, q)
		}
	}
}

func (all paths) index(way string) int {
	for i := range all {
		if all[i].way == way {
			return i
		}
	}
	return -1
}

func (u *usual) normal() slowlog.Normal {
	if u.breakdown == nil {
		return slowlog.Normal{}
	}
	return u.breakdown.Normal()
}

// maxRecent is how many slow requests of an endpoint are compared with ordinary ones.
const maxRecent = 32

// recent are the last slow requests of an endpoint, the oldest first.
type recent []spent

// spent is where one of them spent its time.
type spent struct {
	end   time.Time
	took  time.Duration
	paths paths
}

func (r *recent) add(e *slowlog.Entry, p paths) {
	if len(*r) >= maxRecent {
		*r = append((*r)[:0], (*r)[1:]...)
	}
	*r = append(*r, spent{e.End(), e.Duration, p})
}
