// SPDX-License-Identifier: Apache-2.0

package layers

import (
	"errors"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/compact"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// addSteps adds the steps of an hour that are asked for.
func (s *Sum) addSteps(r *reading, parts []Stored) error {
	hours, known, damage := r.open(parts)
	errs := []error{damage}
	wanted := pick(r.plan(known))
	for i := range hours {
		h := &hours[i]
		for row, name := range h.whole.Names {
			if wanted.none() {
				break
			}
			errs = append(errs, frameError(s.addParts(h, row, s.row(compact.Name(name)), &wanted)))
		}
		for j := range h.recent {
			if m := &h.recent[j]; wanted.minute(m.number) {
				errs = append(errs, s.addWhole(&m.whole))
			}
		}
	}
	return errors.Join(errs...)
}

func (s *Sum) addWhole(w *compact.Whole) error {
	var errs []error
	for i, name := range w.Names {
		row, err := w.Row(i)
		errs = append(errs, addStored(s.row(compact.Name(name)), &row, err))
	}
	return errors.Join(errs...)
}

// addParts adds what is wanted of a row of an hour, and reads no more of it than that takes.
func (s *Sum) addParts(h *hour, i int, to *history.Row, wanted *picked) error {
	row, err := h.whole.Row(i)
	if err != nil {
		return err
	}
	if wanted.hour {
		return addStored(to, &row, nil)
	}
	if err := row.Tally(&s.whole[0], &s.codec.scratch); err != nil {
		return err
	}
	if err := s.codec.reader.SplitOne(&h.tens, i, s.whole[:], 0, s.tens[:]); err != nil {
		return err
	}
	for k := range s.tens {
		if wanted.tens[k] {
			addTally(to, &s.tens[k])
		}
	}
	for k, minutes := range wanted.minutes {
		if minutes == 0 || s.tens[k].Empty() {
			continue
		}
		if err := s.codec.reader.SplitOne(&h.fine, i, s.tens[:], k, s.parts[:]); err != nil {
			return err
		}
		for j := range s.parts {
			if minutes>>j&1 != 0 {
				addTally(to, &s.parts[j])
			}
		}
	}
	return nil
}

// addTally adds what was done in a step.
func addTally(to *history.Row, t *compact.Tally) {
	if t.Empty() {
		return
	}
	to.Outcomes.Add(&t.Outcomes)
	if to.Guessed = to.Guessed || t.Guessed; t.Count == 0 {
		return
	}
	if to.Durations == nil {
		to.Durations = new(latency.Histogram)
	}
	t.AddTo(to.Durations)
}

// picked is which steps of an hour are wanted.
type picked struct {
	hour    bool
	tens    [hourTens]bool
	minutes [hourTens]uint16 // bits
}

func pick(steps []step) (p picked) {
	for _, s := range steps {
		switch s.depth {
		case ByHour:
			p.hour = true
		case ByTenMinutes:
			p.tens[s.i] = true
		default:
			p.minutes[s.i/tenMinutes] |= 1 << (s.i % tenMinutes)
		}
	}
	return p
}

func (p *picked) none() bool { return *p == picked{} }

// minute reports whether a minute of the hour is wanted.
func (p *picked) minute(i int) bool {
	return p.hour || p.tens[i/tenMinutes] || p.minutes[i/tenMinutes]>>(i%tenMinutes)&1 != 0
}
