// SPDX-License-Identifier: Apache-2.0

package replay

import "github.com/otelperf/otelperf-go/cmd/otelperf/internal/replay/format"

// lookUp is after how many requests or bad lines a run looks at the clock and whether it is to end.
const lookUp = 1 << 14

// Request takes one request from the reader.
func (s *source) Request(line int, rec *format.Record) error {
	if err := s.run.look(); err != nil {
		return err
	}
	s.requests++
	s.line, s.run.last = line, s
	t := s.run.timeline
	return s.leftOut(t.add(request{unix: rec.Time / 1e9, endpoint: t.endpoints.of(rec), duration: rec.Duration, outcome: rec.Outcome}))
}

// leftOut takes note of a request whose time was not believed; other errors it returns.
func (s *source) leftOut(err error) error {
	if err == errLate || err == errLeap {
		return s.Bad(s.line, err)
	}
	return err
}

// Bad takes a line that is no request from the reader.
func (s *source) Bad(line int, reason error) error {
	if err := s.run.look(); err != nil {
		return err
	}
	s.run.progress.clear()
	return s.problems.bad(line, reason)
}

// look looks up from the work now and then.
func (r *run) look() error {
	if r.handled++; r.handled%lookUp != 0 {
		return nil
	}
	r.progress.report(r.timeline.counts.accepted)
	if r.ctx.Err() != nil {
		return errInterrupted
	}
	return nil
}
