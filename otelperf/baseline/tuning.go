// SPDX-License-Identifier: Apache-2.0

package baseline

// The levels, in the order in which a tie is named.
const (
	at99 = iota
	at90
	at50
	atTail
	levels
)

// alternatives is the most that one level tests.
const alternatives = 3

// levelTuning describes one level: which quantile it watches and what it takes for normal.
type levelTuning struct {
	name Level
	q    float64 // the baseline's quantile
	mark int     // the one of week that stands for it
	far  float64 // the threshold is far·Ratio times that quantile

	odds  []float64 // alternatives: the odds of exceeding, times this
	floor float64   // the chance to exceed that is normal at least
	guard float64   // and so are this many times the baseline's odds

	// For alternatives of three times the odds and more: another guard, and the floor is the chance to exceed of the
	// baseline slowed down by mild (at Ratio 2), but from lowest to floor. lowest 0: as for the others.
	farGuard, lowest, mild float64

	recoveryFloor float64 // the chance to exceed that is normal at least, when an incident ends
}

// tuning holds the constants of the method. They were chosen on simulated traffic, for no false alarm first.
type tuning struct {
	levels [levels]levelTuning

	alarm    float64 // nats of evidence that raise an alarm, to which that of a level's alternatives is scaled
	sureness float64 // standard deviations by which a quantile is taken above its estimate
	certain  float64 // likewise a share; 0: as estimated

	// An alternative needs so many nats that one false alarm comes in rareDays, if the odds are margin times lower than
	// the worst that may be normal; but least and most. rareDays 0: all need alarm.
	rareDays, margin, least, most float64

	// How far an endpoint has wandered as a whole is known up to a factor of levelError, and what else wanders is
	// levelGuard times the odds; levelError 0: it is not looked at.
	levelError, levelGuard float64

	minutes        float64 // the least number of minutes that add up to an alarm
	stalls         float64 // likewise of minutes with a stall that have good ones between them; +Inf: not looked at
	gradualMinutes float64 // the same for the comparison with other days; 0: there is none
	dispersed      float64 // the most by which evidence is divided as slow requests come together; 1: not at all
	rareGap        float64 // seconds: one or two slow requests that come so long after the last ones
	rareSlots      float64 // may add alarm/rareSlots; 0: no more than others
	formerly       float64 // thresholds are by no quantile below this share of what it was in the last hours; 0: by any
	remember       bool    // former baselines are put aside, and back
	mustGrow       bool    // no alarm without a quantile that has grown by Ratio

	// The joint test, factors at Ratio 2: normal is everything slower by slow, or guard times the baseline's odds;
	// the alternative is a mixture, mix of everything slower by shift.
	slow, jointGuard, shift, mix float64

	recovery      float64 // the recovery threshold, as a share of the threshold
	recovered     float64 // nats of evidence that end an incident
	recoverySpan  float64 // seconds that this evidence has to span
	recoveryStep  float64 // the most nats that a second adds; 0: no limit
	recoveryPower float64 // the incident is assumed to be as bad as it was, in odds to this power,
	recoveryShare float64 // or this share of its odds, whichever is worse,
	recoveryOdds  float64 // but not beyond

	keepAll  float64 // requests below which the baseline forgets nothing, so that quiet endpoints learn their tail
	mostFold float64 // the most that one fold adds, as a share of the baseline, or keepAll; 0: no limit

	wait float64 // seconds for which requests are not learned while there is evidence since; 0: it takes suspicion

	rebase     float64 // seconds after which an incident is the new normal
	escape     float64 // seconds of suspicion without an alarm after which the baseline learns again
	stale      float64 // factor on the thresholds in the first half hour with an old baseline
	staleAfter float64 // seconds of age that make it old
	warmGrace  float64 // seconds of grace with a restored baseline
}

var standard = tuning{
	levels: [levels]levelTuning{
		at99: {
			name: P99, q: 0.99, mark: mark99, far: 1, odds: []float64{1.7, 4, 15},
			floor: 0.01, guard: 2, farGuard: 2, lowest: 0.002, mild: 1.6, recoveryFloor: 0.0025,
		},
		at90: {
			name: P90, q: 0.90, mark: mark90, far: 1, odds: []float64{1.7, 4, 15},
			floor: 0.10, guard: 3, farGuard: 3, recoveryFloor: 0.025,
		},
		at50: {
			name: P50, q: 0.50, mark: mark50, far: 1, odds: []float64{1.7, 4, 15},
			floor: 0.50, guard: 3, farGuard: 3, recoveryFloor: 0.125,
		},
		// Requests that hang are few but far away, where the baseline has next to nothing: a low floor and a weak
		// guard, as long as the baseline slowed down has nothing there either.
		atTail: {
			name: Tail, q: 0.99, mark: mark99, far: 3, odds: []float64{3, 4, 15},
			floor: 1, guard: 1.3, farGuard: 1.3, lowest: 0.0005, mild: 1.6, recoveryFloor: 0.00075,
		},
	},
	alarm: 10, sureness: 2, certain: 2, rareDays: 10_000, margin: 2, least: 7, most: 14,
	levelError: 1.15, levelGuard: 1.6,
	minutes: 5, stalls: 4, dispersed: 12, gradualMinutes: 15, rareGap: 10, rareSlots: 2.5, formerly: 0.8, remember: true, mustGrow: true,
	slow: 1.7, jointGuard: 2.5, shift: 3, mix: 0.7,
	recovery: 0.75, recovered: 4, recoverySpan: 30, recoveryPower: 0.7, recoveryShare: 0.5, recoveryOdds: 300,
	keepAll: 1000, mostFold: 0.1, wait: 600,
	rebase: 1800, escape: 1800, stale: 1.25, staleAfter: 3600, warmGrace: 180,
}
