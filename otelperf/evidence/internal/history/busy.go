// SPDX-License-Identifier: Apache-2.0

package history

import (
	"errors"
	"time"
)

const (
	bucket   = Time(time.Millisecond)
	tooShort = Time(5 * time.Microsecond) // to matter among those that had the CPUs
	maxRuns  = 1 << 22
)

// errTooBusy can be had from a broken trace only: no machine has so many CPUs.
var errTooBusy = errors.New("more goroutines ran than can have run")

// busy is who ran in which millisecond.
type busy struct {
	first Time      // where bucket 0 begins
	upTo  []int32   // where the entries of bucket i end
	runs  []runPart // by bucket
}

// runPart is a goroutine's time on a CPU within a bucket.
type runPart struct {
	who  Goroutine // None: it helped the garbage collector
	at   uint16    // microseconds after the bucket's begin
	used uint16    // microseconds, at least 1
}

// index sorts the running stretches into buckets.
func (b *busy) index(h *History, step func() error) error {
	b.first = h.Start
	n := int((h.End-h.Start)/bucket) + 1
	counts := make([]int32, n+1)
	if err := h.eachRun(step, func(_ Goroutine, i int, _, _ Time) { counts[i]++ }); err != nil {
		return err
	}
	total := int32(0) // eachRun has bounded it
	for i, c := range counts {
		counts[i] = total
		total += c
	}
	b.runs = make([]runPart, total)
	err := h.eachRun(step, func(g Goroutine, i int, at, d Time) {
		b.runs[counts[i]] = runPart{g, uint16(at / 1000), uint16(max(d/1000, 1))}
		counts[i]++
	})
	b.upTo = counts
	return err
}

// eachRun yields the running stretches of all goroutines, cut at the bounds of buckets. What is too short is left out.
func (h *History) eachRun(step func() error, yield func(g Goroutine, bucket int, at, d Time)) error {
	runs := 0
	for g := range h.Goroutines {
		l := &h.Goroutines[g]
		for i, s := range l.Stretches {
			if s.State != Running && s.State != Assisting {
				continue
			}
			who := Goroutine(g)
			if s.State == Assisting {
				who = None
			}
			for from, to := max(s.From, h.Start), h.until(l, i); from < to; {
				n := (from - h.Start) / bucket
				end := min(to, h.Start+(n+1)*bucket)
				if runs++; runs > maxRuns {
					return errTooBusy
				}
				if end-from >= tooShort {
					yield(who, int(n), from-h.Start-n*bucket, end-from)
				}
				from = end
			}
		}
		if g%1024 == 0 {
			if err := step(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Ran yields who ran in an interval, from when, and for how long; a goroutine many times, and None for what others did for the garbage
// collector. What began or ended within a millisecond of
// the interval's bounds is yielded as a whole.
func (h *History) Ran(from, to Time, yield func(g Goroutine, at Time, d time.Duration)) {
	b := &h.busy
	for i := max(0, int((from-b.first)/bucket)); i < len(b.upTo) && b.first+Time(i)*bucket < to; i++ {
		begin := int32(0)
		if i > 0 {
			begin = b.upTo[i-1]
		}
		for _, r := range b.runs[begin:b.upTo[i]] {
			at := b.first + Time(i)*bucket + Time(r.at)*1000
			d := time.Duration(r.used) * time.Microsecond
			if at < to && at+Time(d) > from {
				yield(r.who, at, d)
			}
		}
	}
}
