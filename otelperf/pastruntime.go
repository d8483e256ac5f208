// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/past"
	"github.com/otelperf/otelperf-go/otelperf/internal/runtimesignals"
)

// What is said of the runtime of a past time.
const (
	noSignals   = "no signals of the runtime are stored of that time"
	notUsual    = "what was usual then is not stored"
	meansOfMany = "the numbers are means of all instances that share the history"
)

// runtimeThen are the runtime's signals of a fixed time or of a window of days, as far as they are stored.
func (m *Monitor) runtimeThen(p companion.Period) (a runtimeAnswer, err error) {
	a = runtimeAnswer{
		origin: m.origin(), Window: Window(p.Window), StepSeconds: 60, Unusual: []runtimesignals.Deviation{}, Signals: []runtimesignals.Line{},
		Pools: []runtimesignals.PoolState{}, Notes: []string{},
	}
	from, to, long := m.beyond(p)
	if !long {
		from, to = p.From, upToNow(p.To)
	}
	a.From, a.To = from.UTC(), to.UTC()
	a.Start = a.From
	switch {
	case m.cfg.feed != nil:
		a.Notes = append(a.Notes, notOfProcess)
		return a, nil
	case !long:
		m.rememberedSignals(&a)
	default:
		if err := m.readSignals(&a); err != nil {
			return a, err
		}
	}
	a.Signals = slices.DeleteFunc(a.Signals, func(l runtimesignals.Line) bool { return l.Now == nil })
	if len(a.Signals) == 0 {
		a.Notes = append(a.Notes, noSignals)
	} else {
		a.Notes = append(a.Notes, notUsual)
	}
	return a, nil
}

// rememberedSignals fills in those of a time within the last hour, in steps of ten seconds.
func (m *Monitor) rememberedSignals(a *runtimeAnswer) {
	const step = 10
	now := time.Now()
	series := m.runtime.Series(now, min(runtimesignals.Seconds, int(now.Sub(a.From)/time.Second)+step), step)
	series.Between(a.From, a.To)
	a.Start, a.StepSeconds, a.Signals = series.Start.UTC(), step, series.Signals
}

// readSignals fills in those of a time of which memory does not have all.
func (m *Monitor) readSignals(a *runtimeAnswer) error {
	s, err := m.past.Signals(a.From, a.To)
	if err != nil {
		return refused(err)
	}
	if !s.Start.IsZero() {
		a.Start = s.Start
	}
	a.StepSeconds = int(s.Step / time.Second)
	order := map[string]int{}
	for i := range s.Lines {
		l := lineOf(&s.Lines[i])
		_, _, order[l.StoredName()] = runtimesignals.Stored(l.StoredName())
		a.Signals = append(a.Signals, l)
	}
	slices.SortStableFunc(a.Signals, func(x, y runtimesignals.Line) int { return cmp.Compare(order[x.StoredName()], order[y.StoredName()]) })
	if s.Note != "" {
		a.Notes = append(a.Notes, s.Note)
	}
	if note := past.Pending(s.Pending); note != "" && a.Window == "" {
		a.Notes = append(a.Notes, note)
	}
	if len(s.Instances) > 1 {
		a.Notes = append(a.Notes, meansOfMany)
	}
	return nil
}

// lineOf is a stored signal as an answer has it.
func lineOf(s *past.Signal) runtimesignals.Line {
	r, peaks, _ := runtimesignals.Stored(s.Name)
	l := runtimesignals.Line{Reading: r, Values: s.Mean}
	if peaks {
		l.Values = s.Max
	}
	l.OfThen(l.Values)
	return l
}

// runtimeOfThen is what a summary of a fixed time says of the runtime. Where a history could not be read for the summary it is not asked again:
// what memory has is said, if that is all of the time.
func (m *Monitor) runtimeOfThen(p companion.Period, stored *past.Stored) *runtimesignals.Report {
	out := &runtimesignals.Report{Unusual: []runtimesignals.Deviation{}, Signals: []runtimesignals.Reading{}, Pools: []runtimesignals.PoolState{}}
	if _, _, long := m.beyond(p); long && !stored.Read() {
		out.Notes = []string{noSignals}
		if stored != nil {
			out.Notes = []string{stored.Note}
		}
		if began, _ := m.engine.Stored(); stored != nil && m.cfg.feed == nil && !p.From.Before(began) {
			a := runtimeAnswer{From: p.From, To: upToNow(p.To)}
			m.rememberedSignals(&a)
			out.Signals = readingsOf(a.Signals)
		}
		return out
	}
	a, err := m.runtimeThen(p)
	if err != nil {
		out.Notes = []string{err.Error()}
		return out
	}
	out.Signals, out.Notes = readingsOf(a.Signals), a.Notes
	return out
}

// readingsOf are those of which something is known.
func readingsOf(lines []runtimesignals.Line) []runtimesignals.Reading {
	out := []runtimesignals.Reading{}
	for i := range lines {
		if lines[i].Now != nil {
			out = append(out, lines[i].Reading)
		}
	}
	return out
}
