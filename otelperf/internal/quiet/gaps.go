// SPDX-License-Identifier: Apache-2.0

package quiet

import "math"

// gapBins is the number of edges of gaps.
const gapBins = 18

// edges are gaps in expected requests.
var edges = [gapBins]float64{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512}

// gaps is how far apart requests usually are, in requests that were to be expected in between: of independent ones that is distributed
// exponentially with a mean of 1, whatever their rate; regular ones have none above 2, bursty ones have a long tail.
type gaps struct {
	count   [gapBins]float32 // from each edge to the next
	all     float32          // also those below the first
	longest float32          // forgotten slowly
}

const (
	mostGaps   = 5e5
	leastGaps  = 200   // below which nothing is known
	worthTail  = 20    // gaps above an edge that are a tail
	regular    = 0.6   // the mean excess where there is no tail
	perDay     = 1e-4  // false alarms
	tailGuard  = 1.1   // times its mean excess
	overLonger = 1.5   // times the longest
	forget     = 2.5e5 // gaps in which half of the longest is forgotten
)

// learn takes a gap that ended by itself; longest too if it is to count as one that may come again soon.
func (g *gaps) learn(u float64, longest bool) {
	g.all++
	for i := gapBins - 1; i >= 0; i-- {
		if u >= edges[i] {
			g.count[i]++
			break
		}
	}
	if longest {
		g.longest = max(float32(min(u, 1e6)), g.longest*float32(math.Exp2(-1/float64(forget))))
	}
	if g.all > mostGaps {
		for i := range g.count {
			g.count[i] *= 0.5
		}
		g.all *= 0.5
	}
}

// known tells whether there were enough.
func (g *gaps) known() bool { return g.all >= leastGaps }

// limit returns the gap that comes by chance once in 1/perDay days, with so many gaps a day: an exponential tail from the highest edge that
// has enough gaps above it.
func (g *gaps) limit(aDay float64) float64 {
	if g.count == ([gapBins]float32{g.count[0]}) { // regular
		return max(edges[1]+math.Log(max(3/float64(g.all)*aDay/perDay, 1))*regular*tailGuard, overLonger*float64(g.longest), leastExpected)
	}
	above, from := 0.0, gapBins
	for from > 0 && above < worthTail {
		from--
		above += float64(g.count[from])
	}
	edge, share, mean := edges[from], (above+3)/float64(g.all), regular
	if above >= worthTail {
		mean = g.meanExcess(from, above)
	}
	beyond := math.Log(max(share*aDay/perDay, 1))
	return max(edge+beyond*mean*tailGuard, overLonger*float64(g.longest), leastExpected)
}

// meanExcess returns the mean of the exponential tail of the gaps from an edge on, by expectation maximization: within a bin they are
// distributed as the tail is, most of them near its beginning.
func (g *gaps) meanExcess(from int, above float64) float64 {
	mean := edges[from]
	for range 12 {
		excess := 0.0
		for i := from; i < gapBins; i++ {
			within := mean
			if i+1 < gapBins {
				width := edges[i+1] - edges[i]
				within -= width / math.Expm1(width/mean)
			}
			excess += float64(g.count[i]) * (edges[i] - edges[from] + within)
		}
		mean = max(excess/above, regular)
	}
	return mean
}
