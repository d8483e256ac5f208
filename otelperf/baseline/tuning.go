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
	far  float64 // the threshold is far·Ratio times that quantile

	odds  []float64 // alternatives: the odds of exceeding, times this
	floor float64   // the chance to exceed that is normal at least
	guard float64   // and so are this many times the baseline's odds

	// For alternatives of three times the odds and more: another guard, and a floor that goes down to lowest where
	// the baseline, slowed down by mild (at Ratio 2), stays below it. lowest 0: as for the others.
	farGuard, lowest, mild float64
}

// tuning holds the constants of the method. They were chosen on simulated traffic, for no false alarm first.
type tuning struct {
	levels [levels]levelTuning

	alarm     float64 // nats of evidence that raise an alarm
	recovered float64 // nats that end one
	sureness  float64 // standard deviations by which a quantile is taken above its estimate
	recovery  float64 // the recovery threshold, as a share of the threshold

	// The joint test, factors at Ratio 2: normal is everything slower by slow, or guard times the baseline's odds;
	// the alternative is a mixture, mix of everything slower by shift.
	slow, jointGuard, shift, mix float64

	mostFold float64 // the most that one fold adds, as a share of the baseline

	rebase     float64 // seconds after which an incident is the new normal
	escape     float64 // seconds of suspicion without an alarm after which the baseline learns again
	stale      float64 // factor on the thresholds in the first half hour with an old baseline
	staleAfter float64 // seconds of age that make it old
	warmGrace  float64 // seconds of grace with a restored baseline
}

var standard = tuning{
	levels: [levels]levelTuning{
		at99:   {name: P99, q: 0.99, far: 1, odds: []float64{1.7, 4, 15}, floor: 0.01, guard: 2, farGuard: 2.5, lowest: 0.004, mild: 1.6},
		at90:   {name: P90, q: 0.90, far: 1, odds: []float64{1.7, 4, 15}, floor: 0.10, guard: 3, farGuard: 3},
		at50:   {name: P50, q: 0.50, far: 1, odds: []float64{1.7, 4, 15}, floor: 0.50, guard: 3, farGuard: 3},
		atTail: {name: Tail, q: 0.99, far: 2, odds: []float64{4}, floor: 0.003, guard: 2, farGuard: 2},
	},
	alarm: 10, recovered: 5, sureness: 2, recovery: 0.75,
	slow: 1.66, jointGuard: 2.5, shift: 3, mix: 0.7,
	mostFold: 0.1,
	rebase:   1800, escape: 1800, stale: 1.25, staleAfter: 3600, warmGrace: 180,
}
