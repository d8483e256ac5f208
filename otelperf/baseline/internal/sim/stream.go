// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"iter"
	"math"
	"math/rand/v2"
)

// Request is one request that has ended.
type Request struct {
	Seconds float64
	Failed  bool // with a server error
}

// Stream is the traffic of one endpoint.
type Stream struct {
	Profile Profile
	Rate    float64 // requests per second, averaged over the day
	Daily   float64 // the load swings by this share over the day
	Length  int     // seconds
	Pauses  bool    // garbage collections of 0.1 to 0.4 s, every 45 to 105 s
	Jobs    bool    // every 10 min, 4 s in which 30 % of the requests take three times as long
	Faults  []Fault
}

const (
	longest    = 60.0 // seconds, at which a request times out
	errorShare = .002
	warmUp     = 300.0 // seconds in which an endpoint starts cold
)

// walk is a mean-reverting random walk with unit deviation, kept within three.
type walk float64

func (w *walk) step(r *rand.Rand, seconds, time float64) {
	keep := math.Exp(-seconds / time)
	x := float64(*w)*keep + math.Sqrt(1-keep*keep)*r.NormFloat64()
	*w = walk(min(max(x, -3), 3))
}

// Seconds yields the number of each second, from 1, and the requests that ended in it. The slice is reused.
func (s *Stream) Seconds(r *rand.Rand) iter.Seq2[int, []Request] {
	return func(yield func(int, []Request) bool) {
		g := generator{Stream: s, r: r, phase: 2 * math.Pi * r.Float64()}
		g.level, g.hits = walk(r.NormFloat64()), walk(r.NormFloat64())
		g.pauseAt = 20 + 60*r.Float64()
		g.pauseEvery = 45 + 60*r.Float64()
		g.pauseLength = .1 + .3*r.Float64()
		g.jobPhase = 600 * r.Float64()
		var requests []Request
		for at := range s.Length {
			if at%5 == 0 {
				g.level.step(r, 5, s.Profile.wanderTime)
				g.hits.step(r, 5, s.Profile.wanderTime)
			}
			requests = g.second(float64(at), requests[:0])
			if !yield(at+1, requests) {
				return
			}
		}
	}
}

type generator struct {
	*Stream
	r                                *rand.Rand
	phase                            float64 // of the day
	level, hits                      walk
	pauseAt, pauseEvery, pauseLength float64
	jobPhase                         float64
}

// second appends the requests that end in [at, at+1).
func (g *generator) second(at float64, to []Request) []Request {
	day := math.Sin(2*math.Pi*at/86400 + g.phase)
	rate := g.Rate * (1 + g.Daily*day)
	for i := range g.Faults {
		if f := &g.Faults[i]; f.active(at) {
			if f.Rate > 0 {
				rate *= f.Rate
			}
			if f.Gap {
				rate = 0
			}
		}
	}
	p := &g.Profile
	level := math.Exp(p.wander*float64(g.level)) * (1 + p.load*day)
	hit := p.hit
	if hit < 1 {
		hit = logistic(logit(hit) + p.hitWander*float64(g.hits))
	}
	for t := at + g.wait(rate); t < at+1; t += g.wait(rate) {
		to = append(to, g.request(t, level, hit))
	}
	return to
}

// wait returns the time to the next request; the process has no memory, so each second may begin anew.
func (g *generator) wait(rate float64) float64 {
	if rate <= 0 {
		return math.Inf(1)
	}
	return g.r.ExpFloat64() / rate
}

func (g *generator) request(at, level, hit float64) Request {
	q := Request{Seconds: g.Profile.draw(g.r, hit) * level}
	if at < warmUp {
		q.Seconds *= 1 + 4*math.Exp(-at/40)
	}
	if g.Pauses {
		for at > g.pauseAt+g.pauseLength {
			g.pauseAt += g.pauseEvery * (.9 + .2*g.r.Float64())
		}
		if at >= g.pauseAt {
			q.Seconds += g.pauseAt + g.pauseLength - at
		}
	}
	if g.Jobs && math.Mod(at+g.jobPhase, 600) < 4 && g.r.Float64() < .3 {
		q.Seconds *= 3
	}
	q.Failed = g.r.Float64() < errorShare
	for i := range g.Faults {
		q = g.Faults[i].apply(g.r, at, q)
	}
	if q.Seconds > longest {
		q = Request{Seconds: longest, Failed: true}
	}
	return q
}
