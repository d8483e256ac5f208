// SPDX-License-Identifier: Apache-2.0

package quiet

import (
	"math"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/steady"
)

const (
	leastExpected = 5.0  // requests that were to be expected, at least
	leastGap      = 10   // seconds of complete silence, at least
	grace         = 1800 // seconds after a restart in which nothing is judged
	leap          = 3600 // seconds: after a longer step it is a restart

	recentMemory = 1200.0 // seconds
	slowMemory   = 7200.0 // seconds
	blockLength  = 300    // seconds
	steadyBlocks = 2000.0 // blocks that the dispersion is remembered for
	mostPhi      = 1e5    // the largest dispersion

	few        = 0.25     // the alternative: so much of what is usual
	alarm      = 10.0     // nats
	minutes    = 5.0      // that add up to an alarm, at least
	lower      = 0.7      // of the usual rate is usual, too
	dropLength = 60       // seconds
	mostFew    = 0.15     // of what was to be expected, the most that an alarm of few requests shows
	recovered  = 4.0      // nats
	missing    = 3.0      // times the gap that is none by chance, for an hour that does not begin as it always does,
	missingLow = 50.0     // or so many requests
	missingGap = 1800     // and so many seconds
	shortGap   = 2 * 3600 // seconds: shorter gaps are learned also where nothing is known of the hour; longer ones may be nights
	rebase     = 86400
	usualAtAll = 10.0 / 3600 // requests/s below which nothing is judged
)

// Detector watches the requests of one endpoint or of a service. It is less than a kibibyte, and Tick allocates nothing. It is not safe
// for concurrent use. The zero Detector is ready and knows nothing.
type Detector struct {
	clock   steady.Clock
	began   int32 // or was resumed
	running bool  // a tick has come

	last    int32   // tick with requests
	awaited float64 // requests that were to be expected since
	unsure  bool    // for some time nobody knows how many
	lackFor int32   // seconds of this hour since
	lacking float64 // the same by what this hour of the week always has

	block         int32 // when it began
	count         uint32
	recent, slow  float32 // requests/s in the last minutes, in the last hours
	known         int32   // seconds for which there is a recent rate
	off, variance float32 // of counts of blocks, each counting as one request at most
	window        int32   // of five minutes
	windowN       uint32
	gaps          gaps
	week          week
	hour          int64
	hourCount     uint64
	hourWhole     bool // the hour was seen from its beginning, without an incident
	drop          float32
	dropSince     int32
	dropN         uint32
	dropExpected  float32
	dropAt        int32 // when drop was last added to
	dropPart      uint32
	gone          bool // it became usual that there are none
	incident      incident
}

// incident is one that is open.
type incident struct {
	open, complete bool
	since, at      int32
	requests       uint64
	expected       float64
	rate           float64 // requests/s expected when it began
	usual          float64
	sum            float64 // nats that they are back
}

// phi returns the dispersion of the counts of a minute; 1 if requests are independent.
func (d *Detector) phi() float64 {
	return min(max((float64(d.off)+4)/(float64(d.variance)+2), 1), mostPhi)
}

// Tick takes the number of requests since the last one. It is to be called about once a second, also without requests.
func (d *Detector) Tick(now time.Time, n uint64) Event {
	step := d.clock.Advance(now)
	at := d.clock.Seconds()
	if !d.running || step > leap {
		d.resume(at)
	}
	d.enterHour()
	d.hourCount += min(n, 1e12)
	u := d.week.usual(d.clock.Hour())
	if d.incident.open {
		return d.follow(at, step, n, &u)
	}
	expected := 0.0
	if at-d.began >= grace && d.known >= grace && u.known && !u.slope && d.gaps.known() && u.low >= usualAtAll {
		expected = min(float64(d.recent), u.calm)
	}
	var ev Event
	if n > 0 {
		d.request(at, n, &u)
	} else {
		// With ticks of a second the gap that one request leaves ends in the tick of the next.
		rate := float64(d.recent)
		if u.known {
			rate = min(rate, u.calm)
		}
		d.awaited += rate * float64(step)
		d.unsure = d.unsure || !u.known
		d.lacking += d.week.always(d.clock.Hour()) * float64(step)
		d.lackFor += step
		ev = d.silent(at, expected, u.mean)
	}
	if ev.Kind == None {
		d.spread(at, n, &u)
		ev = d.fewer(at, n, min(float64(d.slow), u.low)*lower, u.mean, expected > 0)
	}
	return ev
}

// resume begins anew, as after a restart.
func (d *Detector) resume(at int32) {
	d.running, d.began, d.last, d.block, d.count = true, at, at, at, 0
	d.recent, d.slow, d.known, d.awaited, d.unsure, d.lacking = 0, 0, 0, 0, false, 0
	d.lackFor = 0
	d.window, d.windowN = at, 0
	d.resetDrop(at)
	d.hourWhole, d.hour = false, d.clock.Hour()
	d.hourCount = 0
}

// enterHour learns the hour that is over.
func (d *Detector) enterHour() {
	h := d.clock.Hour()
	if h == d.hour {
		return
	}
	if d.hourWhole && h > d.hour {
		d.week.learn(d.hour, float64(d.hourCount))
	}
	d.hour, d.hourCount, d.hourWhole, d.lacking = h, 0, !d.incident.open, 0
	d.lackFor = 0
}

// request takes a tick with requests.
func (d *Detector) request(at int32, n uint64, u *usual) {
	if d.known > 0 && (!d.unsure && u.known || at-d.last <= shortGap) {
		d.gaps.learn(d.awaited, true)
	}
	d.last, d.awaited, d.unsure, d.lacking, d.lackFor, d.gone = at, 0, false, 0, 0, false
	d.count += uint32(min(n, 1e8))
	length := at - d.block
	if length < blockLength {
		return
	}
	seconds, count := float64(length), float64(d.count)
	r := count / seconds
	approach := func(x *float32, memory float64) {
		if share := max(1-math.Exp(-seconds/memory), seconds/(seconds+float64(d.known))); share < 1 {
			*x += float32((r - float64(*x)) * share)
		} else {
			*x = float32(r)
		}
	}
	approach(&d.recent, recentMemory)
	approach(&d.slow, slowMemory)
	d.known = min(d.known+length, 1<<29)
	d.block, d.count = at, 0
}

// silent looks for complete silence.
func (d *Detector) silent(at int32, expected, mean float64) Event {
	gap := at - d.last
	aDay := min(86400*max(float64(d.recent), usualAtAll), 86400)
	switch {
	case expected > 0 && gap >= leastGap && d.awaited >= d.gaps.limit(aDay):
		return d.open(incident{complete: true, since: d.last, expected: d.awaited, rate: expected, usual: mean})
	case !d.gone && d.lackFor >= missingGap && at-d.began >= 2*grace && d.gaps.known() &&
		d.lacking >= max(missing*d.gaps.limit(aDay), missingLow):
		since := max(d.last, at-int32(d.lacking/d.week.always(d.clock.Hour())))
		return d.open(incident{complete: true, since: since, expected: d.lacking, rate: d.week.always(d.clock.Hour()), usual: mean})
	}
	return Event{}
}

// spread learns how the counts of five minutes vary, also of those without a request.
func (d *Detector) spread(at int32, n uint64, u *usual) {
	d.windowN += uint32(min(n, 1e8))
	seconds := float64(at - d.window)
	if seconds < blockLength {
		return
	}
	if expected := float64(d.recent) * seconds; d.known > 0 && u.known && !u.slope {
		worth := 1 / max(1, expected)
		off := float64(d.windowN) - expected
		d.off += float32(off * off * worth)
		d.variance += float32(expected * worth)
		if d.variance > steadyBlocks {
			d.off *= steadyBlocks / d.variance
			d.variance = steadyBlocks
		}
	}
	d.window, d.windowN = at, 0
}

func (d *Detector) resetDrop(at int32) {
	d.drop, d.dropSince, d.dropN, d.dropExpected, d.dropAt, d.dropPart = 0, at, 0, 0, at, 0
}

// fewer looks for far fewer requests than usual, by the minute: rate is what is to be expected at least.
func (d *Detector) fewer(at int32, n uint64, rate, mean float64, judged bool) Event {
	d.dropPart += uint32(min(n, 1e8))
	seconds := float64(at - d.dropAt)
	if seconds < dropLength {
		return Event{}
	}
	k := float64(d.dropPart)
	d.dropAt, d.dropPart = at, 0
	if !judged {
		d.resetDrop(at)
		return Event{}
	}
	x := (rate*seconds*(1-few) + k*math.Log(few)) / d.phi()
	d.drop = float32(max(0, min(alarm, float64(d.drop)+min(x, alarm/minutes))))
	if d.drop == 0 {
		d.resetDrop(at)
		return Event{}
	}
	d.dropN += uint32(k)
	d.dropExpected += float32(rate * seconds / lower)
	if d.drop < alarm || float64(d.dropN) > mostFew*float64(d.dropExpected) {
		return Event{}
	}
	return d.open(incident{
		complete: d.dropN == 0, since: d.dropSince, requests: uint64(d.dropN), expected: float64(d.dropExpected), rate: rate / lower, usual: mean,
	})
}

func (d *Detector) open(in incident) Event {
	in.open, in.at = true, d.clock.Seconds()
	d.incident, d.hourWhole = in, false
	return d.event(Started)
}

// follow looks for the end of an incident.
func (d *Detector) follow(at, step int32, n uint64, u *usual) Event {
	in := &d.incident
	d.hourWhole = false
	rate := min(in.rate, u.low)
	in.requests += n
	in.expected += rate * float64(step)
	x := (-float64(n)*math.Log(few) - lower*rate*float64(step)*(1-few)) / min(d.phi(), 10)
	in.sum = min(max(in.sum+min(x, recovered/4), 0), recovered)
	switch {
	case in.sum >= recovered:
		return d.end(Ended, at)
	case at-in.at >= rebase:
		return d.end(NewNormal, at)
	}
	return Event{}
}

func (d *Detector) end(kind Kind, at int32) Event {
	ev := d.event(kind)
	if kind == Ended && d.incident.complete { // if it comes again and again, it is usual
		d.gaps.learn(d.incident.expected, false)
	}
	d.incident = incident{}
	d.last, d.block, d.count, d.awaited, d.unsure, d.lacking = at, at, 0, 0, false, 0
	d.window, d.windowN = at, 0
	d.resetDrop(at)
	if kind == NewNormal {
		d.gone, d.recent, d.slow, d.known = true, 0, 0, 0
	}
	return ev
}

func (d *Detector) event(kind Kind) Event {
	in := &d.incident
	return Event{
		Kind: kind, Complete: in.complete, At: d.clock.Time(d.clock.Seconds()), Start: d.clock.Time(in.since),
		Requests: in.requests, Expected: in.expected, Usual: in.usual,
	}
}

// Open returns what an open incident is by now, with the Kind None; false if there is none.
func (d *Detector) Open() (Event, bool) {
	if !d.incident.open {
		return Event{}, false
	}
	return d.event(None), true
}

// State is what is known of an endpoint.
type State struct {
	Learning bool    // too little is known of this hour to miss requests
	Usual    float64 // requests/s at this hour; 0 while nothing is known
	Limit    float64 // requests that have to be missing at least, one after the other
	Open     bool    // there is an incident
}

// State returns what is known.
func (d *Detector) State() State {
	u := d.week.usual(d.clock.Hour())
	st := State{Learning: !u.known || !d.gaps.known() || d.clock.Seconds()-d.began < grace, Usual: u.mean, Open: d.incident.open}
	if !st.Learning {
		st.Limit = d.gaps.limit(min(86400*max(float64(d.recent), usualAtAll), 86400))
	}
	return st
}
