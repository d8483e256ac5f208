// SPDX-License-Identifier: Apache-2.0

// Package outofline says which of several instances differs from the others at an endpoint, by the last ten whole minutes.
//
// An instance is out of line in latency if three things are true. In these minutes together, more of its requests than chance explains were
// longer than a limit, which is twice what the others' p99 is at most, and at least 1 ms more: were it like the others, at most 1 % would be,
// and an exact binomial test says how likely so many are then. Minute by minute, it had more than 1 % above the limit in so many that chance
// does not explain how they fall on it and not on the others: by Fisher's exact test, of minutes of instances, since requests of a minute are
// not independent of each other, and a pause or a lock makes all of them late. And the last minute in which it had a request was one of
// them, of four at least. Each of the two tests has to find less than 1 in 1000, divided by the number of instances: so that of a fleet in
// which nothing differs, an endpoint is reported less than once in 1000 times ten minutes, however its requests are bundled within minutes.
//
// What the others' p99 is at most is the upper end of its one-sided confidence interval of 99.9 %, by order statistics. Where they have too
// few requests for one (fewer than about 1000), the same is said of the median, and 50 %. An instance is out of line in failures if the same
// is true of failed requests, and of twice the share that the others' is at most, or 1 % if that is more.
//
// The others are all of them together without the one that is looked at. They need 50 requests in these minutes. Of an endpoint, the 16
// instances are looked at that are farthest beyond the limit.
package outofline

import (
	"cmp"
	"math"
	"time"

	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

const (
	// Minutes is how many are looked at.
	Minutes = 10

	bad     = 4     // minutes that it takes
	chance  = 0.001 // of each test, for all instances together
	factor  = 2     // times what the others have
	reach   = 3.09  // standard deviations of a one-sided interval of 99.9 %
	fewest  = 50    // requests of the others
	least   = time.Millisecond
	share   = 0.01 // of failed requests that is not looked at
	grained = 2    // scale of the buckets, which are 19 % wide there
	most    = 16   // instances that are looked at
)

// What an instance can differ in.
const (
	Latency  = "latency"
	Failures = "failures"
)

// Minute is what an instance did at an endpoint in a minute.
type Minute struct {
	Requests, Failed uint64
	Durations        latency.Step
}

// Instance is what one did in the last whole minutes, the oldest first.
type Instance [Minutes]Minute

// Deviation is how an instance differs.
type Deviation struct {
	Index       int     // of the instance
	Matter      string  // Latency or Failures
	Quantile    float64 // that was compared, 0.99 or 0.5; 0 of Failures
	Own, Others float64 // seconds of the quantile, or share of failed requests, in all these minutes
}

// suspect is an instance beyond a limit, of which a share p is allowed to be beyond it.
type suspect struct {
	Deviation
	p     float64
	count func(*Minute) (n, k uint64) // requests, and those beyond the limit
	far   float64                     // times the limit
}

// Find returns what differs at an endpoint. Durations that cannot be read count as none.
func Find(instances []*Instance) (out []Deviation) {
	if len(instances) < 2 {
		return nil
	}
	c := comparison{instances: instances}
	var all latency.Histogram
	var requests, failed uint64
	for _, in := range instances {
		in.addTo(&all)
		n, k := in.counts()
		requests, failed = requests+n, failed+k
	}
	var suspects []suspect
	var own, others latency.Histogram
	for i, in := range instances {
		own.Reset()
		in.addTo(&own)
		others.Reset()
		others.Merge(&all)
		others.Subtract(&own)
		if s, ok := c.slower(&own, &others); ok {
			s.Index = i
			suspects = append(suspects, s)
		}
		n, k := in.counts()
		if s, ok := failing(n, k, requests-n, failed-k); ok {
			s.Index = i
			suspects = append(suspects, s)
		}
	}
	order.By(suspects, func(a, b *suspect) int { return cmp.Compare(b.far, a.far) })
	for i := range suspects[:min(len(suspects), most)] {
		if s := &suspects[i]; c.confirms(s) {
			out = append(out, s.Deviation)
		}
	}
	return out
}

func (in *Instance) addTo(h *latency.Histogram) {
	for i := range in {
		in[i].Durations.AddTo(h)
	}
}

func (in *Instance) counts() (requests, failed uint64) {
	for i := range in {
		requests, failed = requests+in[i].Requests, failed+in[i].Failed
	}
	return requests, failed
}

// comparison is of the instances of an endpoint.
type comparison struct {
	instances []*Instance
	scratch   latency.Histogram
}

func (c *comparison) slower(own, others *latency.Histogram) (s suspect, ok bool) {
	if own.Count() == 0 || others.Count() < fewest || min(own.TrustedScale(), others.TrustedScale()) < grained {
		return s, false
	}
	q, atMost, ok := atMost(others)
	if !ok {
		return s, false
	}
	limit := max(factor*atMost, atMost+least)
	mine, _ := own.Quantile(q)
	theirs, _ := others.Quantile(q)
	if mine <= limit {
		return s, false
	}
	s = suspect{Deviation: Deviation{Matter: Latency, Quantile: q, Own: mine.Seconds(), Others: theirs.Seconds()}, p: 1 - q, far: float64(mine) / float64(limit)}
	s.count = func(m *Minute) (n, k uint64) {
		c.scratch.Reset()
		m.Durations.AddTo(&c.scratch)
		for b, n := range c.scratch.Buckets() {
			if latency.LowerBound(b) >= limit.Seconds() {
				k += n
			}
		}
		return c.scratch.Count(), k
	}
	return s, true
}

// atMost is what p99 is at most, or the median where there are too few durations for that.
func atMost(h *latency.Histogram) (q float64, d time.Duration, ok bool) {
	n := float64(h.Count())
	for _, q := range []float64{0.99, 0.5} {
		if rank := q + reach*math.Sqrt(q*(1-q)/n); rank < 1 {
			d, ok = h.Quantile(rank)
			return q, d, ok
		}
	}
	return 0, 0, false
}

func failing(own, ownFailed, others, othersFailed uint64) (s suspect, ok bool) {
	if own == 0 || others < fewest || othersFailed > others {
		return s, false
	}
	mine, theirs := float64(ownFailed)/float64(own), float64(othersFailed)/float64(others)
	limit := max(share, factor*upper(theirs, float64(others)))
	if mine <= limit {
		return s, false
	}
	s = suspect{Deviation: Deviation{Matter: Failures, Own: mine, Others: theirs}, p: limit, far: mine / limit}
	s.count = func(m *Minute) (n, k uint64) { return m.Requests, m.Failed }
	return s, true
}

// upper is the upper end of Wilson's interval of a share of n.
func upper(p, n float64) float64 {
	z2 := reach * reach / n
	return min(1, (p+z2/2+reach/math.Sqrt(n)*math.Sqrt(p*(1-p)+z2/4))/(1+z2))
}

// confirms reports whether chance explains neither how much of an instance is beyond the limit, nor how it falls on minutes.
func (c *comparison) confirms(s *suspect) bool {
	p := chance / float64(len(c.instances))
	n, k, own := c.minutes(s.Index, s)
	if !own.last || own.bad < bad || AtLeast(k, n, s.p) >= p {
		return false
	}
	all := own
	for i := range c.instances {
		if i != s.Index {
			_, _, m := c.minutes(i, s)
			all.minutes, all.bad = all.minutes+m.minutes, all.bad+m.bad
		}
	}
	return falls(own.bad, own.minutes, all.bad, all.minutes) < p
}

// tally counts the minutes with requests of an instance, and those of them with too many beyond a limit.
type tally struct {
	minutes, bad int
	last         bool // the last minute with requests is bad
}

func (c *comparison) minutes(of int, s *suspect) (n, k uint64, t tally) {
	in := c.instances[of]
	for i := range in {
		requests, beyond := s.count(&in[i])
		if requests == 0 {
			continue
		}
		n, k = n+requests, k+beyond
		t.minutes++
		if t.last = float64(beyond) > s.p*float64(requests); t.last {
			t.bad++
		}
	}
	return n, k, t
}

// AtLeast is the probability of k or more of n independent ones with a share of p, 0 to 1: the exact binomial test.
func AtLeast(k, n uint64, p float64) (sum float64) {
	if k > n || float64(k) <= float64(n)*p {
		return 1
	}
	x, m := float64(k), float64(n)
	term := math.Exp(choose(m, x) + x*math.Log(p) + (m-x)*math.Log1p(-p))
	for sum = term; x < m && term > sum*1e-12; x++ { // above the mean the terms fall
		term *= (m - x) / (x + 1) * p / (1 - p)
		sum += term
	}
	return min(sum, 1)
}

// falls is the probability that of all bad ones that many or more fall on own ones by chance.
func falls(bad, own, allBad, all int) (sum float64) {
	for x := bad; x <= min(own, allBad); x++ {
		if allBad-x <= all-own {
			sum += math.Exp(choose(float64(own), float64(x)) + choose(float64(all-own), float64(allBad-x)) - choose(float64(all), float64(allBad)))
		}
	}
	return min(sum, 1)
}

// choose is the logarithm of a binomial coefficient.
func choose(n, k float64) float64 {
	lg := func(v float64) float64 {
		l, _ := math.Lgamma(v + 1)
		return l
	}
	return lg(n) - lg(k) - lg(n-k)
}
