// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"cmp"
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// maxSpent is how many slow requests a Spent is of at most.
const maxSpent = 100

// Against is a mean for a request.
type Against struct {
	Slow  float64 // for a slow one
	Usual float64 // for an ordinary one
}

// More is how much more a slow request has.
func (a Against) More() float64 { return a.Slow - a.Usual }

// Spent is where slow requests of an endpoint spent their time, beside ordinary ones. While a spike is open these are those of before.
type Spent struct {
	Slow  int // requests, at most 100
	Usual int // ordinary requests, of the last 64 or more; below 10 they are too few to compare with

	Ms         Against                      // their durations, in milliseconds, as below
	Own        Against                      // in which no call ran
	Categories map[slowlog.Category]Against // of calls
	Calls      []CallSpent                  // what made most of the difference first; at most 64
	// AllCalls is false if the endpoint has dependencies of which it is not known what is usual. They are not in Calls.
	AllCalls bool
}

// CallSpent is what requests did with one dependency. Times are milliseconds.
type CallSpent struct {
	Dependency string           // route of its row
	Category   slowlog.Category // of its calls
	Count      Against          // calls
	Busy       Against          // in which at least one ran
	Each       Against          // duration of a call
}

// maxSpentCalls bounds Spent.Calls.
const maxSpentCalls = 64

// spent is Link.Spent.
func (c *core) spent(ep conventions.Endpoint, since time.Time, above time.Duration) (s Spent, ok bool) {
	e := c.table.find(ep)
	if e == nil {
		return s, false
	}
	var sum slowSum
	for entry := range c.store.All() {
		if sum.requests == maxSpent {
			break
		}
		if entry.Anatomy != nil && entry.Anatomy.Unrecorded == 0 && entry.Method == ep.Method && entry.Route == ep.Route && entry.Kind == ep.Kind.String() &&
			!entry.End().Before(since) && entry.Duration > above {
			sum.add(entry)
		}
	}
	usual := e.usual.normal()
	means, all := e.usual.means()
	return sum.against(&usual, means, all), true
}

// slowSum adds up what slow requests did.
type slowSum struct {
	requests   int
	ms         float64
	categories slowlog.Breakdown
	calls      map[string]slowlog.CallTime
}

func (s *slowSum) add(e *slowlog.Entry) {
	if s.requests++; s.requests == 1 {
		s.categories, s.calls = slowlog.Breakdown{}, map[string]slowlog.CallTime{}
	}
	s.ms += e.Duration.Seconds() * 1e3
	for category, ms := range e.Anatomy.Breakdown {
		s.categories[category] += ms
	}
	for name, c := range e.Anatomy.Calls() {
		if sum := s.calls[name]; len(s.calls) < maxSpentCalls || sum.Count > 0 {
			s.calls[name] = slowlog.CallTime{Category: c.Category, Count: sum.Count + c.Count, TotalMs: sum.TotalMs + c.TotalMs, BusyMs: sum.BusyMs + c.BusyMs}
		}
	}
}

// against compares with what is usual.
func (s *slowSum) against(usual *slowlog.Normal, means map[string]callMean, all bool) Spent {
	n := float64(max(s.requests, 1))
	out := Spent{Slow: s.requests, Usual: usual.Samples, Ms: Against{Slow: s.ms / n}, Categories: map[slowlog.Category]Against{}, AllCalls: true}
	for _, category := range usualCategories {
		a := Against{s.categories[category] / n, usual.Breakdown[category]}
		out.Ms.Usual += a.Usual
		if category == slowlog.Own {
			out.Own = a
		} else if a != (Against{}) {
			out.Categories[category] = a
		}
	}
	for name, c := range s.calls {
		mean, known := means[name]
		if !known && !all {
			out.AllCalls = false
			continue
		}
		call := CallSpent{
			Dependency: name, Category: c.Category, Count: Against{float64(c.Count) / n, float64(mean.count)},
			Busy: Against{c.BusyMs / n, float64(mean.busy)}, Each: Against{Slow: c.TotalMs / float64(max(c.Count, 1))},
		}
		if mean.count > 0 {
			call.Each.Usual = float64(mean.total / mean.count)
		}
		out.Calls = append(out.Calls, call)
	}
	order.By(out.Calls, func(a, b *CallSpent) int {
		return cmp.Or(cmp.Compare(b.Busy.More(), a.Busy.More()), cmp.Compare(a.Dependency, b.Dependency))
	})
	return out
}
