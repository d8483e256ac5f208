// SPDX-License-Identifier: Apache-2.0

package failures

// alternatives is how many shares are tested for.
const alternatives = 4

// tuning holds the constants of the test of one share. They were chosen on simulated traffic, for no false alarm first.
type tuning struct {
	odds [alternatives]float64 // the alternatives: the odds of what is normal at most, times this

	ratio, floor float64 // times those of the configuration
	mostFloor    float64 // but no more

	alarm  float64 // nats of evidence that raise an alarm
	slots  float64 // the least number of seconds that add up to one when bad requests come one upon the other
	perGap float64 // of an alarm, what a second may add for each second since the last bad request; in the first minutes after a restart
	// that is one early-th
	alone  float64 // of an alarm, the most that a second may add
	seldom float64 // of an alarm, the least that each of one or two bad requests of a second may add to the sum for nearly all being
	// bad, if there usually is one request in two seconds or less
	early    float64 // slots in the first minutes after a restart
	bursts   float64 // the dispersion from which slots and alone are stretched by it,
	longest  float64 // up to so many slots
	minutes  float64 // the least number of minutes that add up to one
	leastBad uint64  // bad requests that an alarm shows at least

	certain   float64 // standard deviations by which the usual share is taken above its estimate
	guard     float64 // and these times its odds are normal,
	young     float64 // and at first 1+young times that
	often     float64 // an alarm takes 1+often times the normal share as much: chance makes runs of what is not rare
	formerly  float64 // and the odds of the worst ten minutes of an hour of the last day, times this
	dispersed float64 // variance of the counts of minutes over that of independent requests, before it is known

	coldShare float64 // while nothing is known, this much is taken for normal
	coldRun   uint32  // the first requests all being bad, so many are an alarm; 0: there is none
}

var tunings = [...]tuning{
	Failed: {
		odds: [alternatives]float64{2.5, 7, 30, 1000}, ratio: 1, floor: 1, mostFloor: 0.5,
		alarm: 10, slots: 7, perGap: 0.1, alone: 0.335, seldom: 0.21, early: 30, bursts: 1.5, longest: 90, minutes: 5, leastBad: 4,
		certain: 2, guard: 1.7, young: 1, often: 2.5, formerly: 1, dispersed: 1.5,
		coldShare: 0.25, coldRun: 5,
	},
	ClientErrors: {
		odds: [alternatives]float64{4, 10, 40, 500}, ratio: 1.5, floor: 25, mostFloor: 0.5,
		alarm: 12, slots: 20, perGap: 0.01, alone: 0.12, seldom: 0.06, early: 60, bursts: 5, longest: 120, minutes: 8, leastBad: 20,
		certain: 2.5, guard: 2, young: 2, often: 1, formerly: 1.2, dispersed: 4,
		coldShare: 1,
	},
}

const (
	recovered    = 4.0 // nats that end an incident
	recoverySpan = 30  // seconds that they have to span
	calmSpan     = 120 // seconds with hardly any evidence that end one
	calmRequests = 50  // requests needed for that
	silentSpan   = 1800
	rebaseAfter  = 1800     // seconds after which an incident is the new normal
	rebaseSkip   = 300      // of which the first do not count in it
	settleSpan   = 6 * 3600 // seconds after a new normal in which no hour is marked
	rebaseLeast  = 15       // requests that are one
	mostNull     = 0.9995   // the largest share that is taken for normal

	minuteLength = 60.0
	tenMinutes   = 600

	keepAll      = 20000.0 // requests below which nothing is forgotten
	remains      = 0.9     // of what is beyond, after ten minutes
	mostFold     = 20      // minutes that may wait for the evidence to go before they are learned all the same
	coldLeast    = 30.0    // requests below which nothing is known
	warmSpan     = 180     // seconds after a restart in which an alarm needs longer
	restartTrust = 2.0     // times the odds are normal at first after a restart
	youngSpan    = 30.0    // learned minutes after which half of young is left
	localWorth   = 5.0     // bad requests that the last minutes count against what is usual
	downwards    = 3.0     // times the variance, the most that a minute with few bad requests may be off
	localRemain  = 0.8     // of them after a minute
	chainSpan    = 8       // seconds in which attempts at the same request may follow each other: evidence within it is no alarm
	chainRate    = 120.0   // requests a minute from which they are not most of what there is
	noDispersion = 1.25    // up to which it may be an error of its estimate
	seldomRate   = 30.0    // requests a minute
	fewPerMinute = 4.0     // expected bad requests below which the count of a minute says nothing about its share
	mostSpread   = 1000.0  // expected bad requests, one a minute at most, that the dispersion is remembered for
	spreadPrior  = 4.0     // that what it is before it is known counts for
	mostPhi      = 1e5     // the largest dispersion
)
