// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

const (
	manyCalls     = 10              // equal calls of a request that are many
	repeatedEvery = 4 * time.Second // at most one request in that time is looked at
	repeatedRing  = 32              // requests that are remembered: those of two minutes or more
	repeatedLeast = 20              // requests before anything is said: they are of 76 seconds or more
	repeatedNone  = 8               // so many requests in a row without many calls, and nothing is said any more
	repeatedNames = 4               // dependencies of an endpoint
)

// RepeatedCalls says that most requests of an endpoint make many equal calls of one dependency: an N+1, however fast it is.
type RepeatedCalls struct {
	// Dependency is the route of the dependency's row.
	Dependency string
	// CallsPerRequest is the median of the requests that were looked at: at least 10.
	CallsPerRequest int
	// AtLeast reports that requests had more child spans than are held, and so, maybe, more calls.
	AtLeast bool
	// Parallel reports whether in most of these requests the calls ran at the same time.
	Parallel bool
	// Share of the requests looked at that made 10 equal calls or more, above 0.5 and at most 1.
	Share float64
	// Requests is how many were looked at: 20 to 32, at most one in four seconds.
	Requests int
	// TraceID is that of such a request in the slow log, the last one; not valid if there is none.
	TraceID trace.TraceID
}

// repeated remembers the equal calls of some requests of an endpoint. There is none for an endpoint until one of its requests that
// is looked at makes many; it takes less than 3 KiB, the names, of at most 520 bytes, included.
type repeated struct {
	mu    sync.Mutex // guards all below
	last  time.Time  // when the last request was looked at
	names [repeatedNames]string
	ring  [repeatedRing]repeats
	n     int // requests so far
}

// repeats are the calls of one request by the place of their dependency in repeated.names.
type repeats struct {
	calls    [repeatedNames]uint16 // 0: not many
	parallel [repeatedNames]bool
	more     bool // it had more child spans
}

// repeat looks at the equal calls of a request, unless it was a stream. Of an endpoint that has ordinary requests these come first.
func (c *core) repeat(s *sample, children []slowlog.Span, now time.Time) {
	if s.stream {
		return
	}
	r := s.entry.repeated.Load()
	if r != nil && !r.due(now) {
		return
	}
	calls := slices.DeleteFunc(slowlog.RepeatedCalls(children, manyCalls), func(x slowlog.Repeated) bool { return x.Dependency == conventions.OverflowRoute })
	if r == nil {
		if len(calls) == 0 {
			return
		}
		r = new(repeated)
		if !s.entry.repeated.CompareAndSwap(nil, r) {
			r = s.entry.repeated.Load()
		}
	}
	r.observe(calls, s.kin.dropped > 0, now)
}

// due reports whether it is time to look at another request.
func (r *repeated) due(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return now.Sub(r.last).Abs() >= repeatedEvery
}

func (r *repeated) observe(calls []slowlog.Repeated, more bool, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	this := repeats{more: more}
	for _, known := range []bool{true, false} { // the others must not take the places of these
		for _, x := range calls {
			if slices.Contains(r.names[:], x.Dependency) != known {
				continue
			}
			if i := r.place(x.Dependency, &this); i >= 0 {
				this.calls[i], this.parallel[i] = uint16(x.Count), x.Parallel
			}
		}
	}
	r.ring[r.n%repeatedRing] = this
	r.n++
	r.last = now
}

// place of a dependency, -1 if there is none: it may have that of one which most requests do not call often.
func (r *repeated) place(dependency string, this *repeats) int {
	place, least := -1, len(r.seen())/2+1
	for i, name := range r.names {
		if name == dependency {
			return i
		}
		if n := r.many(i); n < least && this.calls[i] == 0 {
			place, least = i, n
		}
	}
	if place >= 0 {
		r.names[place] = dependency
		for i := range r.ring {
			r.ring[i].calls[place], r.ring[i].parallel[place] = 0, false
		}
	}
	return place
}

// seen are the requests that are remembered, in no order.
func (r *repeated) seen() []repeats { return r.ring[:min(r.n, repeatedRing)] }

// many is how many requests made many calls of a dependency.
func (r *repeated) many(i int) (n int) {
	for _, x := range r.seen() {
		if x.calls[i] > 0 {
			n++
		}
	}
	return n
}

// mended reports whether the last requests made no more many calls.
func (r *repeated) mended(i int) bool {
	for back := range min(r.n, repeatedNone) {
		if r.ring[(r.n-1-back)%repeatedRing].calls[i] > 0 {
			return false
		}
	}
	return true
}

// worst is the dependency that most requests call often, the most often called one; ok is false if there is none, or if too
// few requests were looked at.
func (r *repeated) worst() (found RepeatedCalls, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.seen()
	if len(seen) < repeatedLeast {
		return found, false
	}
	for i, name := range r.names {
		many := r.many(i)
		if 2*many <= len(seen) || r.mended(i) {
			continue
		}
		var counts []int
		parallel, more := 0, false
		for _, x := range seen {
			counts = append(counts, int(x.calls[i]))
			if x.parallel[i] {
				parallel++
			}
			more = more || x.more && x.calls[i] > 0
		}
		slices.Sort(counts)
		if median := counts[len(counts)/2]; median > found.CallsPerRequest {
			found = RepeatedCalls{
				Dependency: name, CallsPerRequest: median, AtLeast: more, Parallel: 2*parallel > many,
				Share: float64(many) / float64(len(seen)), Requests: len(seen),
			}
		}
	}
	return found, found.CallsPerRequest > 0
}

// repeatedCalls is Link.RepeatedCalls.
func (c *core) repeatedCalls(ep conventions.Endpoint) (found RepeatedCalls, ok bool) {
	e := c.table.find(ep)
	if e == nil {
		return found, false
	}
	r := e.repeated.Load()
	if r == nil {
		return found, false
	}
	if found, ok = r.worst(); ok {
		found.TraceID = c.exampleOf(ep, found.Dependency)
	}
	return found, ok
}

// exampleOf is the last request in the slow log, of those that are kept for the endpoint, that called a dependency often.
func (c *core) exampleOf(ep conventions.Endpoint, dependency string) (id trace.TraceID) {
	var last time.Time
	for entry := range c.store.Slowest(ep.Method, ep.Route, 0) {
		if entry.Anatomy != nil && entry.Kind == ep.Kind.String() && entry.Start.After(last) && entry.Anatomy.Calls()[dependency].Count >= manyCalls {
			id, last = entry.TraceID, entry.Start
		}
	}
	return id
}
