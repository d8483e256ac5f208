// SPDX-License-Identifier: Apache-2.0

package past

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
)

// maxSteps bounds those of an answer, whatever a store yields.
const maxSteps = 400

// Signals are the runtime's signals over time.
type Signals struct {
	Step  time.Duration
	Start time.Time // of the first step; zero if there is none
	Lines []Signal  // by name
	Whose
	Note string // what is missing; "" mostly
	Err  error  // as in a Coverage
	// Pending is as in a Coverage.
	Pending Span
}

// Signal is one of them. Of a step of which nothing is known both values are nil.
type Signal struct {
	Name      string // as in a history.Signal
	Mean, Max []*float64
}

// storedSignals is the store's part of them, each batch with signals alone.
type storedSignals struct {
	batches []*history.Batch
	step    time.Duration // the longest
	note    string
}

// Signals returns the runtime's signals from a time up to another, in whole steps of StepOf, or longer ones, where only such are stored.
func (r *Reader) Signals(from, to time.Time) (Signals, error) {
	from, to, note := longest(from, to)
	step := StepOf(to.Sub(from))
	first, last := from.Truncate(step), to.Add(step-1).Truncate(step)
	var s storedSignals
	p, err := r.part(first, last)
	if err == nil {
		if s, err = r.storedSignals(&p, min(step, history.Hour)); err == nil && r.recover(&p, s.note) {
			s, err = r.storedSignals(&p, min(step, history.Hour))
		}
	}
	if err != nil {
		if !r.Remembers(to) {
			return Signals{}, err
		}
		p, s = r.inMemory(first, last), storedSignals{note: r.unreadNote(err)}
	}
	all := slices.Clone(s.batches)
	if p.at.Before(upToNow(p.to)) {
		all = append(all, r.memory.Signals(p.at, upToNow(p.to))...)
	}
	out := stepped(all, first, max(step, s.step))
	out.Note, out.Err, out.Whose = both(note, both(s.note, p.note)), err, p.whose
	if end := upToNow(to); !p.pending.IsZero() && p.pending.Before(end) {
		out.Pending = Span{From: later(p.pending, from), To: end}
	}
	return out, nil
}

func (r *Reader) storedSignals(p *part, step time.Duration) (storedSignals, error) {
	from, to := p.from, p.until
	if !from.Before(to) {
		return storedSignals{}, nil
	}
	return cachedOf(&r.cache, fmt.Sprint("signals ", from.Unix(), to.Unix(), p.at.Unix(), p.late, p.renewal.At.UnixNano()), func() (s storedSignals, bytes int, err error) {
		q := history.Query{What: history.Signals, From: from, To: to, Step: step}
		err = r.read(q.What, from, to, func(ctx context.Context) error {
			return r.each(ctx, &q, &s.note, func(b *history.Batch) {
				if len(b.Signals) == 0 {
					return
				}
				s.batches, s.step = append(s.batches, b), max(s.step, b.Step)
				bytes += 100 + 32*len(b.Signals)
			})
		})
		return s, bytes, err
	})
}

// stepped puts batches into steps from a time on: the mean of the means, by their length, and the largest of the largest.
func stepped(all []*history.Batch, from time.Time, step time.Duration) (out Signals) {
	out.Step = step
	if len(all) == 0 {
		return out
	}
	out.Start = slices.MinFunc(all, func(a, b *history.Batch) int { return a.Time.Compare(b.Time) }).Time
	out.Start = later(from, out.Start).Truncate(step).UTC()
	last := 0
	at := func(b *history.Batch) int { return min(max(0, int(b.Time.Sub(out.Start)/step)), maxSteps) }
	for _, b := range all {
		last = max(last, at(b))
	}
	type sum struct{ mean, seconds, most []float64 }
	sums := map[string]*sum{}
	for _, b := range all {
		i, seconds := at(b), b.Step.Seconds()
		for _, s := range b.Signals {
			to := sums[s.Name]
			if to == nil {
				to = &sum{make([]float64, last+1), make([]float64, last+1), make([]float64, last+1)}
				sums[s.Name] = to
			}
			if to.seconds[i] == 0 {
				to.most[i] = float64(s.Max)
			}
			to.mean[i] += float64(s.Mean) * seconds
			to.seconds[i] += seconds
			to.most[i] = max(to.most[i], float64(s.Max))
		}
	}
	for name, s := range sums {
		line := Signal{Name: name, Mean: make([]*float64, last+1), Max: make([]*float64, last+1)}
		for i, seconds := range s.seconds {
			if seconds > 0 {
				line.Mean[i], line.Max[i] = new(s.mean[i]/seconds), new(s.most[i])
			}
		}
		out.Lines = append(out.Lines, line)
	}
	slices.SortFunc(out.Lines, func(a, b Signal) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return out
}
