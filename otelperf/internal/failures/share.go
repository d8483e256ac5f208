// SPDX-License-Identifier: Apache-2.0

package failures

import "math"

// stretch counts requests since a time.
type stretch struct {
	since int32 // seconds of the clock
	n, k  uint32
}

func (s *stretch) add(n, k uint64) {
	s.n = uint32(min(uint64(s.n)+n, math.MaxUint32))
	s.k = uint32(min(uint64(s.k)+k, math.MaxUint32))
}

// sum is a CUSUM by the second and one by the minute.
type sum struct{ fast, slow float32 }

// share tests whether too many requests are bad, and learns how many usually are.
type share struct {
	normal  normal
	pending tally // minutes that wait until there is no evidence
	waiting int16 // how many
	minute  stretch
	lastBad int32 // seconds of the clock
	burst   int32 // when evidence began to be there
	cold    bool  // all requests so far were bad

	null       float32 // the share that is normal at most
	patience   float32 // times as many seconds are needed, since bad requests come in bursts
	gain, loss [alternatives]float32
	sums       [alternatives]sum
	better     better
	marks      marks
	settled    int32 // seconds of the clock from which marks are learned: what has just become usual is not worth one

	run, slowRun stretch // since there was last no evidence, by the second, by the minute
	incident     incident
}

// refresh derives what a request is worth from what is usual. During an incident that stays as it was.
func (s *share) refresh(t *tuning, c *Config, trust float64) {
	if s.incident.open {
		return
	}
	b := &s.normal
	null := t.coldShare
	if b.known() {
		guard := t.guard * (1 + t.young/(1+float64(b.minutes)/youngSpan)) * (1 + b.varies(t)) * trust
		null = odds(b.upper(t), guard)
	}
	null = max(null, odds(s.marks.worst(), t.formerly), t.floorOf(c))
	null = min(null, mostNull)
	phi := b.phi(t)
	scale := 1 / (phi * (1 + t.often*null))
	s.null = float32(null)
	s.patience = float32(min(max(1, math.Pow(phi/t.bursts, 1.5)), t.longest/t.slots))
	for j, r := range t.odds {
		bad := odds(null, r)
		s.gain[j] = float32(math.Log(bad/null) * scale)
		s.loss[j] = float32(math.Log((1-null)/(1-bad)) * scale)
		// gain is of a bad request beyond what every one loses.
		s.gain[j] += s.loss[j]
	}
}

func (t *tuning) floorOf(c *Config) float64 { return min(c.Floor*t.floor, t.mostFloor) }

// weigh adds a second's evidence.
func (s *share) weigh(t *tuning, n, k uint64, now int32, early bool) {
	slots, alone := t.slots*float64(s.patience), t.alone/float64(s.patience)
	most, total := 1/slots, 1/slots
	if k > 0 {
		gap, rate := float64(now-s.lastBad), s.normal.perMinute()/60
		if early {
			most = min(max(gap, 1)/max(slots, t.early), alone)
			total = most
		} else {
			most = max(most, min(most+t.perGap*(gap-1), alone))
			total = most
			if rate > 0 && rate < seldomRate/60 {
				total = max(most, t.seldom*float64(min(k, 2))/float64(s.patience))
			}
		}
		s.lastBad = now
	}
	if s.fast() == 0 {
		s.burst = now
	}
	highest := t.alarm
	if s.normal.perMinute() < chainRate && now-s.burst < chainSpan {
		highest *= 1 - t.alone
	}
	for j := range s.sums {
		x := float64(k)*float64(s.gain[j]) - float64(n)*float64(s.loss[j])
		u := &s.sums[j]
		if j == alternatives-1 { // nearly all are bad
			most = total
		}
		u.fast = clamp(float64(u.fast)+min(most*t.alarm, x), highest)
	}
}

func clamp(x, most float64) float32 { return float32(min(max(x, 0), most)) }

func (s *share) fast() float64 {
	return float64(max(s.sums[0].fast, s.sums[1].fast, s.sums[2].fast, s.sums[3].fast))
}

func (s *share) slow() float64 {
	return float64(max(s.sums[0].slow, s.sums[1].slow, s.sums[2].slow, s.sums[3].slow))
}

// quiet forgets all evidence.
func (s *share) quiet(now int32) {
	s.sums = [alternatives]sum{}
	s.run, s.slowRun, s.minute = stretch{since: now}, stretch{since: now}, stretch{since: now}
	s.pending, s.waiting = tally{}, 0
}

// closeMinute ends a minute. Without an incident it is learned once there is no evidence.
func (s *share) closeMinute(t *tuning, now int32) {
	n, k := float64(s.minute.n), float64(s.minute.k)
	for j := range s.sums {
		x := k*float64(s.gain[j]) - n*float64(s.loss[j])
		s.sums[j].slow = clamp(float64(s.sums[j].slow)+min(t.alarm/t.minutes, x), t.alarm)
	}
	if s.slow() == 0 && !s.incident.open {
		s.slowRun = stretch{since: now}
	} else {
		s.slowRun.add(uint64(s.minute.n), uint64(s.minute.k))
	}
	s.minute = stretch{since: now}
	if s.incident.open || n == 0 {
		return
	}
	a := s.normal.minute(t, n, k)
	s.pending.add(&a)
	s.waiting++
}

// learn makes what waits usual if there is no evidence, or if it has waited long.
func (s *share) learn(t *tuning, now int32) {
	if s.waiting == 0 || max(s.fast(), s.slow()) > t.alarm/4 && s.waiting < mostFold {
		return
	}
	s.better.learn(t, &s.normal, float64(s.pending.n), float64(s.pending.k))
	if now >= s.settled {
		s.marks.learn(float64(s.pending.n), float64(s.pending.k))
	}
	s.normal.fold(&s.pending, float64(s.waiting))
	s.pending, s.waiting = tally{}, 0
}
