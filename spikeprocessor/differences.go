// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// What a difference must show before it is reported.
const (
	maxChance = 0.01 // of reporting any difference of an endpoint where there is none
	minLift   = 1.2  // lower confidence bound of the lift
	liftZ     = 1.96 // that bound is the lower end of a 95 % interval
)

// MinSlowSamples is how many slow requests have to have a value for it to be a [Difference].
const MinSlowSamples = 3

// Difference is a value that an endpoint's slow requests have more often than its ordinary ones.
type Difference struct {
	// Key and Value are those of the attribute, as valid UTF-8 of at most 64 bytes each.
	Key, Value string
	// SlowCount of SlowTotal slow requests had the value. Where values had to be forgotten to stay within bounds, SlowCount is
	// the least that it can be.
	SlowCount, SlowTotal uint64
	// Count of Total ordinary requests had it, at most.
	Count, Total uint64
	// Share is SlowCount/SlowTotal: how much of the slowness the value goes along with.
	Share float64
	// Lift is how many times as frequent the value is among slow requests. LiftLow is the lower end of its 95 %
	// confidence interval, by which differences are ranked.
	Lift, LiftLow float64
}

// differences returns what is different about the slow requests, the highest LiftLow first: of each value that can be
// told from chance. Chance is Fisher's exact test, one-sided, with the Bonferroni correction for all the values looked
// at: for an endpoint where nothing is different, one answer in a hundred has a row.
//
// The requests of an incident are not independent of each other, which no test of this sort can know: a row is a hint
// at where to look, not a cause.
func (c *contrast) differences(now time.Time) []Difference {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.data == nil {
		return nil
	}
	c.data.advance(now)
	candidates, looked := c.data.candidates()
	out := slices.DeleteFunc(candidates, func(d Difference) bool {
		return d.LiftLow < minLift || fisher(d.SlowCount, d.SlowTotal, d.Count, d.Total)*float64(looked) > maxChance
	})
	order.By(out, func(a, b *Difference) int {
		return cmp.Or(cmp.Compare(b.LiftLow, a.LiftLow), cmp.Compare(b.SlowCount, a.SlowCount), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Value, b.Value))
	})
	return out
}

// samples are how many requests differences come from.
func (c *contrast) samples(now time.Time) (slow, ordinary uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.data == nil {
		return 0, 0
	}
	c.data.advance(now)
	return c.data.totals.class(classSlow), c.data.totals.class(classOrdinary)
}

// candidates returns the values that enough slow requests had, and how many values there are.
func (t *contrastData) candidates() (out []Difference, looked int) {
	for _, k := range t.keys {
		if k == nil {
			break
		}
		for i := range k.cells {
			cell := &k.cells[i]
			if cell.value == "" {
				continue
			}
			looked++
			d := Difference{
				SlowCount: cell.least(classSlow), SlowTotal: t.totals.class(classSlow),
				Total: t.totals.class(classOrdinary),
			}
			if d.SlowCount < MinSlowSamples || d.Total == 0 {
				continue
			}
			d.Count = min(cell.atMost(classOrdinary), d.Total)
			d.Key, d.Value = conventions.Text(k.key, maxContrastString), conventions.Text(cell.value, maxContrastString)
			d.Share = float64(d.SlowCount) / float64(d.SlowTotal)
			d.Lift, d.LiftLow = lift(d.SlowCount, d.SlowTotal, d.Count, d.Total)
			out = append(out, d)
		}
	}
	return out, looked
}

// lift returns the ratio of the shares a/n and b/m and the lower end of its 95 % confidence interval: the log
// method of Katz, Baptista, Azen and Pike (Obtaining Confidence Intervals for the Risk Ratio in Cohort Studies, 1978),
// with half a count added to each cell of the fourfold table, so that both are finite when b is 0.
func lift(a, n, b, m uint64) (ratio, low float64) {
	x, xn, y, yn := float64(a)+0.5, float64(n)+1, float64(b)+0.5, float64(m)+1
	ratio = x / xn * yn / y
	se := math.Sqrt(max(1/x-1/xn+1/y-1/yn, 0))
	return ratio, ratio * math.Exp(-liftZ*se)
}

// fisher returns the chance that a or more of the a+b requests with a value are among the n slow ones of n+m, if it made
// no difference: the upper tail of the hypergeometric distribution (R. A. Fisher, Statistical Methods for Research
// Workers, 5th edition, 1934). a ≤ n and b ≤ m.
func fisher(a, n, b, m uint64) float64 {
	if a*m <= b*n { // no more than would be expected
		return 1
	}
	with, all := a+b, n+m
	p := math.Exp(logChoose(n, a) + logChoose(m, b) - logChoose(all, with))
	sum := p
	for x := a; x < min(n, with); x++ { // each term from the one before; they fall fast, since a is above the mean
		p *= float64(n-x) / float64(x+1) * float64(with-x) / float64(m-(with-x)+1)
		sum += p
		if p <= sum*1e-12 { // both are 0 when it is too small for a float
			break
		}
	}
	return min(sum, 1)
}

func logChoose(n, k uint64) float64 {
	return logFactorial(n) - logFactorial(k) - logFactorial(n-k)
}

func logFactorial(n uint64) float64 {
	f, _ := math.Lgamma(float64(n) + 1)
	return f
}
