// SPDX-License-Identifier: Apache-2.0

package outofline

// Ten is the unit in which counts are looked at, in seconds.
const Ten = 10

// windows are the last so many seconds that are looked at: a fault of a minute shows in two that it does not in ten.
var windows = [...]int64{120, 300, Minutes * 60}

const (
	countedChance = 0.0001 // of each test, for all instances and windows together
	badTens       = 4      // that it takes
	badReports    = 2      // that hold them: what an instance says of a minute may be of a few seconds
)

// Report is what an instance did until a time, of all its endpoints.
type Report struct {
	At       int64   // unix second
	Tens     uint32  // of how many times Ten it is
	Requests uint32  // that ended in it
	Beyond   uint32  // of them, those that took longer than what is slow at their endpoint
	Expected float32 // of them, how many would at most, were it like the others
}

// Excess is how an instance differs by its counts.
type Excess struct {
	Index            int     // of the instance
	Seconds          int64   // that were looked at
	Requests, Beyond uint64  // in them
	Others           float64 // share of the others' that are beyond
}

// FindCounted is Find for instances of which nothing but counts are known, by their reports of the last ten minutes, in any order. It looks at
// the last two, five and ten minutes. Two things are true of what it returns, of which each would come by chance of a fleet in which nothing
// differs once in 10,000 times: more requests are beyond than the most to be expected, or than the others', by the exact binomial
// test; and that they are falls on more stretches of ten seconds of this instance, at least four, in two reports at least and in the
// last, than on those of the others, by Fisher's exact test. Of a report of several such stretches as many are taken for bad as the share of
// what is beyond says.
func FindCounted(now int64, instances [][]Report) (out []Excess) {
	if len(instances) < 2 {
		return nil
	}
	found := make([]bool, len(instances))
	p := countedChance / float64(len(instances)*len(windows))
	for _, w := range windows {
		sums := make([]counted, len(instances))
		var all counted
		for i, reports := range instances {
			sums[i] = countedSince(now-w, reports)
			all.add(&sums[i])
		}
		for i := range sums {
			if s := &sums[i]; !found[i] && s.exceeds(&all, p) {
				found[i] = true
				others := float64(all.n - s.n)
				out = append(out, Excess{Index: i, Seconds: w, Requests: s.n, Beyond: s.beyond, Others: float64(all.beyond-s.beyond) / max(others, 1)})
			}
		}
	}
	return out
}

// counted is what reports have.
type counted struct {
	n, beyond uint64
	expected  float64
	tens, bad int
	reports   int // bad ones
	last      int64
	lastBad   bool
}

func countedSince(from int64, reports []Report) (c counted) {
	for i := range reports {
		r := &reports[i]
		if r.At <= from || r.Requests == 0 {
			continue
		}
		beyond := min(r.Beyond, r.Requests)
		c.n, c.beyond, c.expected = c.n+uint64(r.Requests), c.beyond+uint64(beyond), c.expected+float64(r.Expected)
		tens := min(max(r.Tens, 1), r.Requests)
		c.tens += int(tens)
		isBad := float32(beyond) > r.Expected
		if isBad {
			c.reports++
			c.bad += int(min((tens*beyond+r.Requests-1)/r.Requests, beyond))
		}
		if r.At >= c.last {
			c.last, c.lastBad = r.At, isBad
		}
	}
	return c
}

func (c *counted) add(o *counted) {
	c.n, c.beyond, c.expected = c.n+o.n, c.beyond+o.beyond, c.expected+o.expected
	c.tens, c.bad = c.tens+o.tens, c.bad+o.bad
}

func (c *counted) exceeds(all *counted, p float64) bool {
	if !c.lastBad || c.bad < badTens || c.reports < badReports || all.n-c.n < fewest {
		return false
	}
	expected := c.expected
	if others := all.expected - c.expected; others > 0 {
		expected *= max(1, float64(all.beyond-c.beyond)/others)
	}
	share := min(expected/float64(c.n), 1)
	return AtLeast(c.beyond, c.n, share) < p && falls(c.bad, c.tens, all.bad, all.tens) < p
}
