// SPDX-License-Identifier: Apache-2.0

package baseline

import "math"

// shape is a histogram of requests that count for more or less.
type shape struct {
	weight  [cells]float32
	sum     float64 // of weight
	squares float64 // of the single requests' weights: sum²/squares requests of weight 1 would be as good
}

// effective returns the number of equally weighted requests that would estimate as well.
func (s *shape) effective() float64 {
	if s.squares == 0 {
		return 0
	}
	return s.sum * s.sum / s.squares
}

// quantile returns the quantile q in seconds, interpolated within its cell.
func (s *shape) quantile(q float64) float64 {
	return interpolate(s.weight[:], q*s.sum)
}

// view is a shape with its sums, for many questions at once.
type view struct {
	*shape
	tail [cells + 1]float64 // the weight of a cell and all above
}

func (v *view) of(s *shape) {
	v.shape = s
	sum := 0.0
	for i := cells - 1; i >= 0; i-- {
		sum += float64(s.weight[i])
		v.tail[i] = sum
	}
}

// above returns the share of requests above a duration in seconds.
func (v *view) above(seconds float64) float64 {
	if v.sum == 0 {
		return 0
	}
	at := cellAt(seconds)
	inside := (bounds[at+1] - seconds) / (bounds[at+1] - bounds[at])
	return (v.tail[at+1] + float64(v.weight[at])*min(max(inside, 0), 1)) / v.sum
}

// trust makes the requests count for less.
func (s *shape) trust(share float64) {
	s.sum, s.squares = s.sum*share, s.squares*share
	for i := range s.weight {
		s.weight[i] *= float32(share)
	}
}

// normal is what an endpoint usually does: requests whose weight fades with time.
type normal struct {
	shape
	median float64 // seconds, as of the last fold
	level  float64 // median of the last folds, times that of the baseline; 0: none yet

	perSecond float64 // requests, as of the last folds

	recent counts  // requests since the last fold, not in weight yet
	dirty  bool    // recent holds requests of a suspicious stretch
	foldAt float64 // when recent began
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
	b.trackLevel()
	m := float64(b.recent.total)
	b.trackRate(m, now-b.foldAt)
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

// levelRequests is the number of requests whose median counts for half of the level.
const levelRequests = 60

// trackLevel follows how far the endpoint has wandered as a whole, apart from its shape.
func (b *normal) trackLevel() {
	m := float64(b.recent.total)
	median := interpolate(b.recent.cell[:], 0.5*m)
	if b.median <= 0 || median <= 0 {
		return
	}
	if b.level == 0 {
		b.level = 1
	}
	b.level *= math.Pow(min(max(median/b.median/b.level, 0.5), 2), m/(m+levelRequests))
}

// trackRate follows how many requests there are: no less than the mean of the last hour, roughly.
func (b *normal) trackRate(n, seconds float64) {
	if rate := n / max(seconds, 1); rate > b.perSecond {
		b.perSecond = rate
	} else {
		b.perSecond += (rate - b.perSecond) * (1 - math.Exp(-seconds/3600))
	}
}

// muchFaster tells whether the recent requests are clearly faster than the baseline: good news may be learned
// quickly, since what was usual before is remembered.
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
	b.settle(now)
}

// become makes another shape the baseline.
func (b *normal) become(s shape, now float64) {
	b.shape = s
	b.settle(now)
}

func (b *normal) settle(now float64) {
	b.drop(now)
	b.median, b.level = b.quantile(0.5), 0
}
