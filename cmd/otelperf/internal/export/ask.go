// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
)

// ErrNoHistory is of a service without one.
var ErrNoHistory = errors.New("the service has no history: otelperf.WithHistory(store) gives it one, such as that of history/bolt in a file")

// eventsFor is for how long a service stores incidents and requests unless it says otherwise.
const eventsFor = 30 * day

// Ask is Inspect of a service, by what it answers of a year, and of 30 days for incidents and requests: of its store and of what is in memory
// and was not written yet. Where the store could not be read, it is of memory alone, and LeftOut says why; so it does of what the service says
// that it lacks besides.
func Ask(ctx context.Context, s Service, now time.Time) (in Info, err error) {
	w, err := s.Wiring(ctx)
	if err != nil {
		return in, err
	}
	if !w.Settings.History {
		return in, ErrNoHistory
	}
	from, to := now.Add(-365*day).Truncate(time.Minute), now.Truncate(time.Minute).Add(time.Minute)
	in.Gaps, in.Of = []Gap{}, OfBoth
	err = patient(ctx, func() error {
		sum, _, err := s.Summary(ctx, client.Period{From: from, To: to})
		if err != nil {
			return err
		}
		in.Endpoints, in.Requests = 0, sum.Count
		for _, rows := range [][]otelperf.EndpointRow{sum.Endpoints, sum.Dependencies, sum.Jobs} {
			for i := range rows {
				if rows[i].Count > 0 { // else it is known for another reason
					in.Endpoints++
				}
			}
		}
		if st := sum.Stored; st != nil {
			gaps := make([]Gap, len(st.Gaps))
			for i, g := range st.Gaps {
				gaps[i] = Gap{g.From, g.To}
			}
			in.From, in.To, in.LeftOut = st.From, st.To, nil
			if in.leave(st.Note); st.Error != "" {
				in.Of = OfMemory
			}
			in.setGaps(gaps, st.MoreGaps)
		}
		return nil
	})
	if err != nil {
		return in, err
	}
	if h := w.Diagnostics.History; h != nil {
		in.Lost, in.Waiting, in.Trouble = h.Lost, h.Waiting, h.Error
	}
	return in, s.events(ctx, &in, now.Add(-eventsFor).Truncate(time.Minute), to)
}

// leave adds what a service says that it lacks, once.
func (in *Info) leave(note string) {
	if note == "" {
		return
	}
	for _, known := range in.LeftOut {
		if strings.Contains(known, note) {
			return
		}
	}
	in.LeftOut = append(in.LeftOut, note)
}

// setGaps keeps the gaps between From and To, of a second at least, of those that a service names: the longest of the year that was asked for, and
// how many shorter ones there are.
func (in *Info) setGaps(gaps []Gap, more int) {
	in.Gaps, in.MoreGaps = []Gap{}, more
	for _, g := range gaps {
		if in.From != nil && in.To != nil && g.From.After(*in.From) && g.To.Before(*in.To) && g.To.Sub(g.From) >= leastGap { // else nothing was yet, or is yet
			in.Gaps = append(in.Gaps, g)
		}
	}
}

// events adds how many there are.
func (s Service) events(ctx context.Context, in *Info, from, to time.Time) error {
	return patient(ctx, func() error {
		spikes, err := s.SpikesWithin(ctx, from, to)
		if err != nil {
			return err
		}
		slow, err := s.SlowWithin(ctx, from, to)
		if err != nil {
			return err
		}
		marks, err := s.MarksWithin(ctx, from, to)
		if err != nil {
			return err
		}
		in.leave(spikes.Note)
		in.leave(slow.Note)
		in.Incidents, in.Slow, in.Marks = spikes.Count, slow.Stored, len(marks)
		for _, m := range marks {
			if m.Kind == "version" {
				in.Versions = append([]Version{{m.Time, m.Text}}, in.Versions...)
			}
		}
		return nil
	})
}
