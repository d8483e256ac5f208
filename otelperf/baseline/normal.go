// SPDX-License-Identifier: Apache-2.0

package baseline

import "math"

// normal is what an endpoint usually does: a histogram whose old requests fade.
type normal struct {
	weight  [cells]float32
	sum     float64 // of weight
	squares float64 // of the single requests' weights: sum²/squares requests of weight 1 would be as good
	median  float64 // seconds, as of the last fold

	recent counts  // requests since the last fold, not in weight yet
	dirty  bool    // recent holds requests of a suspicious stretch
	foldAt float64 // when recent began
}

// effective returns the number of equally weighted requests that would estimate as well.
func (b *normal) effective() float64 {
	if b.squares == 0 {
		return 0
	}
	return b.sum * b.sum / b.squares
}

// quantile returns the quantile q in seconds, interpolated within its cell.
func (b *normal) quantile(q float64) float64 {
	return interpolate(b.weight[:], q*b.sum)
}

// above returns the share of requests above a duration in seconds.
func (b *normal) above(seconds float64) float64 {
	if b.sum == 0 {
		return 0
	}
	at, sum := cellAt(seconds), 0.0
	for _, w := range b.weight[at+1:] {
		sum += float64(w)
	}
	inside := (bounds[at+1] - seconds) / (bounds[at+1] - bounds[at])
	sum += float64(b.weight[at]) * min(max(inside, 0), 1)
	return sum / b.sum
}

// fold makes the recent requests part of the baseline. The past keeps weight per ten minutes of elapsed seconds, and
// all of it as long as there is little. All recent requests together weigh at most mostFold times what is there: a
// burst of a million cheap requests is not what the endpoint usually does.
func (b *normal) fold(t *tuning, now, weight, elapsed float64) {
	keep := math.Pow(weight, elapsed/600)
	if b.sum < t.keepAll {
		keep = 1
	}
	if b.muchFaster() {
		keep = min(keep, 0.7)
	}
	m := float64(b.recent.total)
	each := 1.0
	if t.mostFold > 0 {
		each = min(1, max(t.keepAll, b.sum*t.mostFold)/m)
	}
	kept, added := float32(keep), float32(each)
	for i, n := range b.recent.cell {
		b.weight[i] = b.weight[i]*kept + float32(n)*added
	}
	b.sum = b.sum*keep + m*each
	b.squares = b.squares*keep*keep + m*each*each
	b.drop(now)
	b.median = b.quantile(0.5)
}

// muchFaster tells whether the recent requests are clearly faster than the baseline: good news may be learned
// quickly, since no alert depends on it.
func (b *normal) muchFaster() bool {
	return b.sum > 0 && b.recent.total >= 100 &&
		b.recent.low(0.5) < 0.6*b.quantile(0.5) && b.recent.low(0.9) < 0.6*b.quantile(0.9)
}

// drop forgets the recent requests.
func (b *normal) drop(now float64) {
	b.recent.reset()
	b.dirty = false
	b.foldAt = now
}

// replace makes the recent requests the whole baseline.
func (b *normal) replace(now float64) {
	for i, n := range b.recent.cell {
		b.weight[i] = float32(n)
	}
	b.sum, b.squares = float64(b.recent.total), float64(b.recent.total)
	b.drop(now)
	b.median = b.quantile(0.5)
}
