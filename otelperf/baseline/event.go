// SPDX-License-Identifier: Apache-2.0

package baseline

import "time"

// Kind says what an [Event] reports.
type Kind uint8

// The kinds. Started is followed by exactly one of Ended and NewNormal before the next Started.
const (
	None      Kind = iota // nothing happened
	Started               // latency has left its baseline
	Ended                 // it is back, or requests have stopped for ten minutes
	NewNormal             // it stayed away for half an hour; what it was then is the baseline now
)

// String returns none, started, ended or new_normal.
func (k Kind) String() string {
	switch k {
	case Started:
		return "started"
	case Ended:
		return "ended"
	case NewNormal:
		return "new_normal"
	default:
		return "none"
	}
}

// Level names the statistic that raised an alert.
type Level string

// The levels.
const (
	P50   Level = "p50"   // too many requests above Ratio times the usual median
	P90   Level = "p90"   // above Ratio times the usual p90
	P99   Level = "p99"   // above Ratio times the usual p99
	Tail  Level = "tail"  // above three times Ratio times the usual p99
	Shape Level = "shape" // no single level: the whole distribution has moved
)

// Quantiles of a set of requests, within 9 %.
type Quantiles struct {
	P50, P90, P99 time.Duration // 0 where nothing is known
}

// Event is the verdict of one tick. The zero Event means that nothing happened.
//
// Started can be read aloud: "Above of N requests since Start took longer than Threshold; Expected were to be
// expected". For Ended and NewNormal the same fields cover the whole incident up to then, with the level that
// had started it.
type Event struct {
	Kind Kind // None in the zero Event
	// At is the time of the tick, Start when the evidence began: at Started always before At. An incident at a time
	// of day at which one is usual is announced later, see [State].
	At, Start time.Time

	Level     Level         // what raised the alert
	Threshold time.Duration // of that level; for Shape that of the level with most evidence
	Above, N  uint64        // requests longer than Threshold, and all, since Start
	Expected  float64       // N times the share of the baseline above Threshold

	// Now is of the requests since the evidence began to grow; of very many the first 65,535 or more.
	Now      Quantiles
	Baseline Quantiles // of the baseline; at NewNormal the one that was left

	// Quantile is the one that fired, 0 to 1: of a level the middle of the requests above its threshold, so that it
	// lies above the threshold; of Shape the one of p50, p90 and p99 that has grown most. An end has the one of its
	// start.
	Quantile         float64
	QuantileNow      time.Duration // of the requests since the evidence began to grow
	QuantileBaseline time.Duration // what that quantile usually is
	// Ratio is QuantileNow / QuantileBaseline; of Started it is never below Config.Ratio. 0 where nothing is known.
	Ratio float64

	// Gradual: it became slower over hours rather than at once. Baseline and QuantileBaseline are then those of
	// this hour on the last days.
	Gradual bool

	// SinceRestart: the detector began with a restored baseline less than 30 min ago, so that what has changed may
	// be the program itself.
	SinceRestart bool
}
