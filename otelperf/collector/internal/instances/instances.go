// SPDX-License-Identifier: Apache-2.0

// Package instances finds the instances of a service that are slow while the others are not: one of two hundred never moves the p99 of
// them all. Of each it counts requests, and those that took longer than what is slow at their endpoint for the whole service; package
// outofline says which counts differ.
//
// # Bounds
//
// An instance is 1.5 KiB and the text that names it, of at most 1 KiB. There are as many as New is told; further ones are counted, and
// looked at once another was silent for ten minutes.
package instances

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/outofline"
)

const (
	slots = 600 / outofline.Ten
	// DefaultMost is how many there are unless set.
	DefaultMost = 1000
	silent      = 600 // seconds after which an instance is forgotten
	back        = 120 // seconds for which one was in line, when it is told
)

// Instance is who exports.
type Instance struct {
	Name       string   // service.instance.id, or what there is in its place
	Attributes []string // of those that were asked for, "key=value"
}

// Verdict is that one is out of line, or is no longer.
type Verdict struct {
	Instance
	Since    time.Time // when it was found
	Ended    bool      // it was found no longer for two minutes, or has been silent for ten
	Seconds  int64     // that were looked at when it was found last, as what follows
	Requests uint64    // of it
	Slow     uint64    // of these
	Others   float64   // share of the others' requests that are slow
}

// Instances are those of a service. It is safe for concurrent use.
type Instances struct {
	most int

	mu      sync.Mutex // guards all below
	by      map[uint64]*instance
	order   []*instance
	beyond  uint64
	news    bool // a report with slow requests came since Judge was called last
	reports [][]outofline.Report
}

type instance struct {
	Instance
	id      uint64
	seen    int64
	reports [slots]outofline.Report // by the number of ten seconds since 1970
	out     *Verdict                // nil: in line
	found   int64                   // when it was out of line last
}

// New returns Instances with room for so many; 0 is DefaultMost.
func New(most int) *Instances {
	return &Instances{most: cmp.Or(max(most, 0), DefaultMost), by: map[uint64]*instance{}}
}

// Report is what an instance did in an interval that has just ended.
type Report struct {
	Requests, Slow uint64
	Expected       float64       // of Requests, how many would be slow at most, were it like the others
	Length         time.Duration // of the interval; 0 is Ten
}

// Add takes in a report of the instance with this id. who says who that is, when it is new.
func (x *Instances) Add(now time.Time, id uint64, r Report, who func() Instance) {
	if r.Requests == 0 {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	in := x.by[id]
	if in == nil {
		if len(x.by) >= x.most {
			x.beyond++
			return
		}
		in = &instance{Instance: who(), id: id}
		x.by[id] = in
		x.order = append(x.order, in)
	}
	in.seen = now.Unix()
	s := &in.reports[in.seen/outofline.Ten%slots]
	if s.At/outofline.Ten != in.seen/outofline.Ten {
		*s = outofline.Report{}
	}
	s.At = in.seen
	s.Requests += uint32(min(r.Requests, 1<<24))
	s.Beyond += uint32(min(r.Slow, r.Requests, 1<<24))
	s.Expected += float32(min(r.Expected, 1<<24))
	s.Tens = max(s.Tens, uint32(min(max((r.Length+outofline.Ten*time.Second/2)/(outofline.Ten*time.Second), 1), slots)))
	x.news = x.news || r.Slow > 0
}

// Judge returns what is new: it is to be called about once a second.
func (x *Instances) Judge(now time.Time) (news []Verdict) {
	x.mu.Lock()
	defer x.mu.Unlock()
	second := now.Unix()
	news = x.forget(second)
	if x.news {
		x.news = false
		x.reports = x.reports[:0]
		for _, in := range x.order {
			x.reports = append(x.reports, in.reports[:])
		}
		for _, e := range outofline.FindCounted(second, x.reports) {
			in := x.order[e.Index]
			in.found = second
			if in.out == nil {
				in.out = &Verdict{Instance: in.Instance, Since: now}
			}
			v := in.out
			isNew := v.Seconds == 0
			v.Seconds, v.Requests, v.Slow, v.Others = e.Seconds, e.Requests, e.Beyond, e.Others
			if isNew {
				news = append(news, *v)
			}
		}
	}
	for _, in := range x.order {
		if in.out != nil && second-in.found > back {
			news = append(news, in.end())
		}
	}
	return news
}

func (in *instance) end() Verdict {
	v := *in.out
	v.Ended = true
	in.out = nil
	return v
}

// forget gives up those that have been silent.
func (x *Instances) forget(second int64) (news []Verdict) {
	kept := x.order[:0]
	for _, in := range x.order {
		if second-in.seen <= silent {
			kept = append(kept, in)
			continue
		}
		if in.out != nil {
			news = append(news, in.end())
		}
		delete(x.by, in.id)
	}
	clear(x.order[len(kept):])
	x.order = kept
	return news
}

// OutOfLine are those that are, by name.
func (x *Instances) OutOfLine() (out []Verdict) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, in := range x.order {
		if in.out != nil {
			out = append(out, *in.out)
		}
	}
	slices.SortFunc(out, func(a, b Verdict) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// Count is how many instances are known, and how many reports of others were left out for want of room.
func (x *Instances) Count() (known int, beyond uint64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.by), x.beyond
}
