// SPDX-License-Identifier: Apache-2.0

package failures

import "math"

// incident is one that is open.
type incident struct {
	open bool

	openedAt int32
	all      stretch // since the evidence began
	recent   stretch // what would be the new normal
	usual    float32 // the share when it began

	good, bad  float32 // nats of recovery that a good request adds, that a bad one takes
	sum        float32
	sumSince   int32 // when sum was last 0
	calmSince  int32
	calm       uint32 // requests since
	silentFrom int32
}

// tick follows a share for one tick and returns what happened.
func (s *share) tick(t *tuning, c *Config, n, k uint64, now int32, early bool) Kind {
	if n > 0 {
		s.weigh(t, n, k, now, early)
		s.run.add(n, k)
		s.minute.add(n, k)
	}
	in := &s.incident
	if in.open {
		return s.follow(t, n, k, now)
	}
	if s.cold = s.cold && n == k; s.cold && t.coldRun > 0 && s.run.n >= t.coldRun && !s.normal.known() && s.lasts(t, now, early) {
		return s.open(&s.run, now)
	}
	switch {
	case k == 0:
	case s.fast() >= t.alarm && s.grown(t, c, &s.run):
		return s.open(&s.run, now)
	case s.slow() >= t.alarm && s.grown(t, c, &s.slowRun):
		return s.open(&s.slowRun, now)
	}
	if s.fast() == 0 {
		s.run = stretch{since: now}
	}
	return None
}

// lasts tells whether the first requests, all bad, are not those of one moment.
func (s *share) lasts(t *tuning, now int32, early bool) bool {
	if early {
		return now-s.run.since >= int32(t.early)
	}
	return now-s.run.since >= int32(t.slots)
}

// grown tells whether what an alarm is to show is worth one: in its share, and in numbers.
func (s *share) grown(t *tuning, c *Config, r *stretch) bool {
	p := float64(r.k) / float64(max(r.n, 1))
	return uint64(r.k) >= t.leastBad && p >= t.floorOf(c) && p >= odds(s.normal.share(), c.Ratio*t.ratio)
}

// open begins an incident with what r has counted. Recovery is to be back at what is usual rather than at something between
// that and what r shows.
func (s *share) open(r *stretch, now int32) Kind {
	usual := s.normal.share()
	normal := max(usual, float64(s.null)/2)
	seen := max((float64(r.k)+0.5)/(float64(r.n)+1), normal)
	apart := seen / (1 - seen) * (1 - normal) / normal
	bad := odds(normal, max(2, math.Pow(apart, 0.6)))
	s.incident = incident{
		open: true, openedAt: now, all: *r, recent: stretch{since: now}, usual: float32(usual),
		good: float32(math.Log((1 - normal) / (1 - bad))), bad: float32(math.Log(bad / normal)),
		sumSince: now, calmSince: now, silentFrom: now,
	}
	s.cold = false
	s.pending, s.waiting = tally{}, 0
	return Started
}

// follow looks for the end of an incident.
func (s *share) follow(t *tuning, n, k uint64, now int32) Kind {
	in := &s.incident
	in.all.add(n, k)
	if now-in.openedAt >= rebaseSkip {
		in.recent.add(n, k)
	}
	if n > 0 {
		in.silentFrom = now
		step := (float64(n-k)*float64(in.good) - float64(k)*float64(in.bad)) / s.normal.phi(t)
		if in.sum == 0 {
			in.sumSince = now
		}
		in.sum = clamp(float64(in.sum)+min(step, recovered/3), recovered)
	}
	if max(s.fast(), s.slow()) > t.alarm/4 {
		in.calmSince, in.calm = now, 0
	} else {
		in.calm = uint32(min(uint64(in.calm)+n, math.MaxUint32))
	}
	switch {
	case in.sum >= recovered && now-in.sumSince >= recoverySpan,
		now-in.calmSince >= calmSpan && in.calm >= calmRequests,
		now-in.silentFrom >= silentSpan:
		return Ended
	case now-in.openedAt >= rebaseAfter && in.recent.n >= rebaseLeast:
		return NewNormal
	}
	return None
}

// end closes the incident.
func (s *share) end(k Kind, now int32) {
	if k == NewNormal {
		s.normal.become(float64(s.incident.recent.n), float64(s.incident.recent.k))
		s.better, s.settled = better{}, now+settleSpan
		s.marks.n, s.marks.k, s.marks.running = 0, 0, 0
	}
	s.incident = incident{}
	s.quiet(now)
}
