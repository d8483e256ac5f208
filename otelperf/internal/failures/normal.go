// SPDX-License-Identifier: Apache-2.0

package failures

import "math"

// tally counts requests, learned or about to be: n of them, k bad, both forgotten slowly; and how far the counts of minutes were from
// what was expected: squared, and the variance that independent requests would have, each minute counting as one bad request at most.
type tally struct{ n, k, off, variance float32 }

func (a *tally) add(b *tally) {
	a.n += b.n
	a.k += b.k
	a.off += b.off
	a.variance += b.variance
}

// normal is what is usual.
type normal struct {
	tally
	minutes float32 // learned
	localN  float32 // the last minutes, whatever they were
	localK  float32
}

// share returns the usual one; with nothing known it is that of the prior.
func (b *normal) share() float64 {
	const priorN, priorK = 50, 0.25
	return (float64(b.k) + priorK) / (float64(b.n) + priorN)
}

// known tells whether enough requests were learned.
func (b *normal) known() bool { return b.n >= coldLeast }

// phi returns the dispersion: 1 if requests are independent, b if the bad ones come in clusters of b.
func (b *normal) phi(t *tuning) float64 {
	x := (float64(b.off) + spreadPrior*t.dispersed) / (float64(b.variance) + spreadPrior)
	return min(max(x, 1), mostPhi)
}

// upper returns the upper confidence bound of the usual share (E. B. Wilson, 1927), requests being worth less the more they come in
// clusters.
func (b *normal) upper(t *tuning) float64 {
	n := float64(b.n) / b.phi(t)
	if n == 0 {
		return 1
	}
	p, z2 := float64(b.k)/float64(b.n), t.certain*t.certain
	return (p + z2/(2*n) + t.certain*math.Sqrt(p*(1-p)/n+z2/(4*n*n))) / (1 + z2/n)
}

// lower returns the lower bound of it.
func (b *normal) lower(t *tuning) float64 {
	n := float64(b.n) / b.phi(t)
	if n == 0 {
		return 0
	}
	p, z2 := float64(b.k)/float64(b.n), t.certain*t.certain
	return max(0, (p+z2/(2*n)-t.certain*math.Sqrt(p*(1-p)/n+z2/(4*n*n)))/(1+z2/n))
}

// minute returns the tally of a minute. What is expected of it is the share of the minutes before as far as they had enough bad
// requests to have one: the dispersion is that within minutes, not how the share wanders from hour to hour.
func (b *normal) minute(t *tuning, n, k float64) tally {
	usual := max(b.share(), 1e-4)
	if !b.known() {
		b.localN, b.localK = b.localN+float32(n), b.localK+float32(k)
		return tally{n: float32(n), k: float32(k)}
	}
	weight := localWorth / usual
	p := (float64(b.localK) + weight*usual) / (float64(b.localN) + weight)
	b.localN = (b.localN + float32(n)) * localRemain
	b.localK = (b.localK + float32(k)) * localRemain
	expected := n * p
	variance := expected * (1 - p)
	worth := 1 / max(1, variance)
	off := (k - expected) * (k - expected)
	if k < expected { // all has become well: that is no dispersion
		off = min(off, downwards*b.phi(t)*variance)
	}
	return tally{n: float32(n), k: float32(k), off: float32(off * worth), variance: float32(variance * worth)}
}

// perMinute returns the requests of a minute, of the last few.
func (b *normal) perMinute() float64 { return float64(b.localN) * (1 - localRemain) }

// varies returns the relative standard deviation of the share from minute to minute.
func (b *normal) varies(t *tuning) float64 {
	expected := b.perMinute() * b.share()
	return math.Sqrt(max(0, b.phi(t)-noDispersion) / max(expected, fewPerMinute))
}

// fold learns some minutes.
func (b *normal) fold(a *tally, minutes float64) {
	if b.n > keepAll {
		left := float32(max(keepAll/float64(b.n), math.Pow(remains, minutes/10)))
		b.n *= left
		b.k *= left
	}
	b.add(a)
	b.minutes = min(b.minutes+float32(minutes), 1e6)
	if b.variance > mostSpread {
		b.off *= mostSpread / b.variance
		b.variance = mostSpread
	}
}

// become makes n requests, k of them bad, what is usual.
func (b *normal) become(n, k float64) {
	left := min(1, keepAll/max(n, 1))
	b.n, b.k = float32(n*left), float32(k*left)
	b.localN, b.localK = 0, 0
}

// odds returns a share of which the odds are those of p times r.
func odds(p, r float64) float64 { return p * r / (1 + p*(r-1)) }
