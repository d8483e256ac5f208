// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
)

// Profile is the latency of one endpoint.
type Profile struct {
	Family string
	// P50 and P99 of its usual durations in seconds.
	P50, P99 float64

	fast, slow durations // slow is nil if there is one mode
	hit        float64   // share of the fast mode
	hitWander  float64   // deviation of its logit
	wander     float64   // deviation of the logarithm of the level
	wanderTime float64   // seconds in which both go back to the mean
	load       float64   // how much the level follows the load of the day
}

// durations are equally likely durations, by the indexes of their buckets.
type durations []int16

const (
	tableBits = 15
	longest   = 600.0 // seconds, at which a request times out
)

// Scale is a range of usual durations.
type Scale int

// The scales. Any is all but SubMillisecond.
const (
	Any            Scale = iota
	SubMillisecond       // medians of 30 µs to 0.6 ms
	Milliseconds         // 1.5 to 50 ms
	Seconds              // 50 ms to 2 s
)

var medians = map[Scale][2]float64{
	Any: {1.2e-3, 1}, SubMillisecond: {30e-6, 600e-6}, Milliseconds: {1.5e-3, 0.05}, Seconds: {0.05, 2},
}

// dice draws the parameters of profiles.
type dice struct{ *rand.Rand }

func (d dice) between(low, high float64) float64 { return low + (high-low)*d.Float64() }

// spread draws evenly by the logarithm.
func (d dice) spread(low, high float64) float64 {
	return math.Exp(d.between(math.Log(low), math.Log(high)))
}

func (d dice) lognormal(median, deviation float64) float64 {
	return median * math.Exp(deviation*d.NormFloat64())
}

// Families are the names of the distributions that are drawn from.
func Families() []string {
	names := make([]string, len(families))
	for i, f := range families {
		names[i] = f.name
	}
	return names
}

// NewProfile draws an endpoint, of one of the families named or of any.
func NewProfile(r *rand.Rand, scale Scale, of ...string) *Profile {
	d := dice{r}
	some := families
	if len(of) > 0 {
		some = slices.DeleteFunc(slices.Clone(families), func(f family) bool { return !slices.Contains(of, f.name) })
	}
	f := some[r.IntN(len(some))]
	p := &Profile{
		Family: f.name, hit: 1,
		wander: d.between(0.03, 0.15), wanderTime: d.between(300, 1800), load: d.between(0, 0.3),
	}
	limits := medians[scale]
	f.draw(p, d, d.spread(limits[0], limits[1]))
	c := Count(p.Sample(r, 30_000))
	p.P50, p.P99 = c.Quantile(0.5), c.Quantile(0.99)
	return p
}

// Counts are durations counted by index, cumulated: how many are in this bucket or a faster one.
type Counts [last - first + 1]int

// Count counts durations.
func Count(all []int16) *Counts {
	c := &Counts{}
	for _, i := range all {
		c[min(max(int(i), first), last)-first]++
	}
	for i := 1; i < len(c); i++ {
		c[i] += c[i-1]
	}
	return c
}

func (c *Counts) total() float64 { return float64(c[len(c)-1]) }

// Quantile returns a quantile in seconds.
func (c *Counts) Quantile(q float64) float64 {
	at := sort.SearchInts(c[:], int(q*c.total())+1)
	return Duration(int16(min(at, len(c)-1) + first))
}

// From returns the share of durations in bucket index or a slower one.
func (c *Counts) From(index int32) float64 {
	at := int(index) - first
	if at <= 0 {
		return 1
	}
	return 1 - float64(c[min(at, len(c))-1])/c.total()
}

// tabulate makes a table of durations that one draws.
func tabulate(one func() float64) durations {
	t := make(durations, 1<<tableBits)
	for i := range t {
		t[i] = Index(one())
	}
	return t
}

// Index returns the bucket of a duration in seconds.
func Index(seconds float64) int16 { return int16(baseline.Index(min(seconds, longest))) }

// Duration returns a duration in seconds from the middle of a bucket.
func Duration(index int16) float64 { return baseline.Bound(int32(index)) * 1.0055 }

// Sample draws usual durations, by the indexes of their buckets.
func (p *Profile) Sample(r *rand.Rand, n int) []int16 {
	all := make([]int16, n)
	for i := range all {
		t := p.fast
		if p.slow != nil && r.Float64() >= p.hit {
			t = p.slow
		}
		all[i] = t[r.IntN(len(t))]
	}
	return all
}
