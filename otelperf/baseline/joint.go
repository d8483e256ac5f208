// SPDX-License-Identifier: Apache-2.0

package baseline

// joint tests all quantiles at once: how the requests fall between the thresholds of p50, p90 and p99, against
// the baseline with everything somewhat slower. It finds what moves the whole distribution, sooner than any level.
type joint struct {
	on   bool
	nats [mostBins]float64 // per request below the first threshold, between them, above the last
	sum  float64           // evidence, 0 to alarm
	slow minuteSum
}

func (j *joint) refresh(t *tuning, b *view, ls *[levels]level, ratio float64) {
	j.on = ls[at50].on
	if !j.on {
		j.sum, j.slow = 0, minuteSum{}
		return
	}
	scale := ratio / 2
	dispersed := 1.0
	usual, shifted := [mostBins]float64{1}, [mostBins]float64{1} // the chance above each cut
	bins := 1
	for _, i := range [...]int{at50, at90, at99} {
		l := &ls[i]
		if !l.on {
			break
		}
		dispersed = max(dispersed, l.dispersion.factor(t.dispersed))
		threshold := Bound(l.cut)
		u := max(b.above(threshold/(t.slow*scale)), b.worst(l.share, t.jointGuard, t.certain), t.levels[i].recoveryFloor)
		if l.bound {
			u = max(u, 1-t.levels[i].q)
		}
		// No cut is below the one before, so that what is above it cannot be more.
		u = min(u, usual[bins-1])
		s := t.mix*b.above(threshold/(t.shift*scale)) + (1-t.mix)*u
		usual[bins], shifted[bins] = u, min(max(s, u), shifted[bins-1])
		bins++
	}
	j.nats = isotone(usual[:bins], shifted[:bins])
	for i := range j.nats {
		j.nats[i] /= dispersed
	}
}

// top returns the largest sum.
func (j *joint) top() float64 { return max(j.sum, j.slow.sum) }

// weigh adds the evidence of a slot with n requests and returns the sum over seconds.
func (j *joint) weigh(ls *[levels]level, n, most, alarm float64) float64 {
	if !j.on {
		return 0
	}
	over50, over90, over99 := float64(ls[at50].above), 0.0, 0.0
	if ls[at90].on {
		over90 = float64(ls[at90].above)
	}
	if ls[at99].on {
		over99 = float64(ls[at99].above)
	}
	x := (n-over50)*j.nats[0] + (over50-over90)*j.nats[1] + (over90-over99)*j.nats[2] + over99*j.nats[3]
	j.sum = min(max(j.sum+min(most, x), 0), alarm)
	j.slow.part += x
	return j.sum
}
