// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"math"
	"math/rand/v2"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
)

// Stream is the traffic of one endpoint, second by second.
type Stream struct {
	profile  *Profile
	rate     float64
	daily    float64
	scenario Scenario
	r        *rand.Rand

	phase       float64 // of the day
	level, hits walk
	hit         float64 // share of the fast mode now
	load        float64 // of the day now
	latency     float64 // what the load makes of durations

	mean, none float64 // of the number of requests, and the chance of none

	count, failed []uint32 // by index - first
	used          []int16
	buckets       []baseline.Bucket
}

// The indexes that occur: from 1 ns to 2^10 s.
const first, last = -30 * 64, 10*64 - 1

// warmUp is the number of seconds in which an endpoint starts cold.
const warmUp = 300

// NewStream returns the traffic of an endpoint: so many requests per second over the day, more or less by the share
// daily.
func NewStream(r *rand.Rand, p *Profile, rate, daily float64, s Scenario) *Stream {
	return &Stream{
		profile: p, rate: rate, daily: daily, scenario: s, r: r,
		phase: 2 * math.Pi * r.Float64(), level: newWalk(r), hits: newWalk(r), hit: p.hit, mean: -1,
		count: make([]uint32, last-first+1), failed: make([]uint32, last-first+1),
	}
}

// walk is a mean-reverting random walk with unit deviation, kept within three.
type walk float64

func newWalk(r *rand.Rand) walk { return walk(min(max(r.NormFloat64(), -3), 3)) }

func (w *walk) step(r *rand.Rand, seconds, time float64) {
	keep := math.Exp(-seconds / time)
	*w = walk(min(max(float64(*w)*keep+math.Sqrt(1-keep*keep)*r.NormFloat64(), -3), 3))
}

// Second returns the requests that end in the second at, which is to be called with every number from 0 on. The slice
// is reused.
func (s *Stream) Second(at int) []baseline.Bucket {
	s.buckets = s.buckets[:0]
	p := s.profile
	if at%10 == 0 {
		s.level.step(s.r, 10, p.wanderTime)
		if p.slow != nil {
			s.hits.step(s.r, 10, p.wanderTime)
			s.hit = 1 / (1 + math.Exp(-math.Log(p.hit/(1-p.hit))-p.hitWander*float64(s.hits)))
		}
	}
	if at%60 == 0 {
		day := math.Sin(2*math.Pi*float64(at)/86400 + s.phase)
		s.load, s.latency = 1+s.daily*day, 1+p.load*day
	}
	e := usual
	if s.scenario != nil {
		s.scenario(at, &e)
	}
	n := s.number(s.rate * s.load * e.Rate)
	extra := 0
	if e.Extra > 0 {
		extra = s.number(e.Extra)
	}
	if n+extra == 0 {
		return nil
	}
	all := e.All * s.latency * math.Exp(p.wander*float64(s.level))
	if at < warmUp {
		all *= 1 + 4*math.Exp(-float64(at)/40)
	}
	s.requests(n, all, &e)
	if extra > 0 {
		s.requests(extra, all*e.ExtraFactor, &e)
	}
	return s.buckets
}

// number draws how many requests end in a second.
func (s *Stream) number(mean float64) int {
	if mean != s.mean {
		s.mean, s.none = mean, math.Exp(-mean)
	}
	if mean > 40 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*s.r.NormFloat64())))
	}
	n := 0
	for product := s.r.Float64(); product > s.none; product *= s.r.Float64() {
		n++
	}
	return n
}

func (s *Stream) requests(n int, all float64, e *Effect) {
	p := s.profile
	shift := 64 * math.Log2(all)
	whole := math.Floor(shift)
	more := uint32((shift - whole) * (1 << 16)) // of 2^16 requests are one bucket further
	plain := e.plain()
	for range n {
		bits := s.r.Uint64()
		table := p.fast
		if p.slow != nil && s.r.Float64() >= s.hit {
			table = p.slow
		}
		index := int(table[bits&(1<<tableBits-1)]) + int(whole)
		if uint32(bits>>32&0xffff) < more {
			index++
		}
		index = min(max(index, first), last)
		failed := false
		if !plain {
			var i int16
			i, failed = e.special(s.r, int16(index))
			index = int(i)
		}
		if s.count[index-first]++; s.count[index-first] == 1 {
			s.used = append(s.used, int16(index))
		}
		if failed {
			s.failed[index-first]++
		}
	}
	for _, i := range s.used {
		at := int(i) - first
		s.buckets = append(s.buckets, baseline.Bucket{Index: int32(i), Count: s.count[at], Failed: s.failed[at]})
		s.count[at], s.failed[at] = 0, 0
	}
	s.used = s.used[:0]
}
