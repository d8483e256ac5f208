// SPDX-License-Identifier: Apache-2.0

package baseline

import "math"

// joint tests all quantiles at once: how the requests fall between the thresholds of p50, p90 and p99, against
// the baseline with everything somewhat slower. It finds what moves the whole distribution, sooner than any level.
type joint struct {
	on   bool
	nats [4]float64 // per request below the first threshold, between them, above the last
	sum  float64    // evidence, 0 to alarm
}

// leastShare keeps the likelihood of a bin that the baseline has never filled away from zero.
const leastShare = 1e-4

func (j *joint) refresh(t *tuning, b *normal, ls *[levels]level, ratio float64) {
	j.on = ls[at50].on
	if !j.on {
		j.sum = 0
		return
	}
	scale := ratio / 2
	usual, shifted := [5]float64{1}, [5]float64{1} // the chance above each cut
	bins := 1
	for _, i := range [...]int{at50, at90, at99} {
		if !ls[i].on {
			break
		}
		threshold := Bound(ls[i].cut)
		usual[bins] = max(b.above(threshold/(t.slow*scale)), odds(ls[i].share, t.jointGuard), t.levels[i].recoveryFloor)
		shifted[bins] = max(usual[bins], t.mix*b.above(threshold/(t.shift*scale))+(1-t.mix)*usual[bins])
		bins++
	}
	for k := range j.nats {
		if k < bins {
			j.nats[k] = math.Log(max(leastShare, shifted[k]-shifted[k+1]) / max(leastShare, usual[k]-usual[k+1]))
		} else {
			j.nats[k] = j.nats[bins-1]
		}
	}
}

// weigh adds the evidence of a slot with n requests and returns the sum.
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
	return j.sum
}
