// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"math"
	"time"
)

// Detector watches the latency of one endpoint. It takes less than 8 KiB, all of it inline. It is not safe for
// concurrent use.
type Detector struct {
	tune      *tuning
	config    Config
	every     float64 // Config.Tick in seconds: to ask it for them takes a division
	clock     clock
	anomalies uint64

	normal normal
	former former

	// Recent requests, in a row, that were like the former ones, and that were much faster than the baseline.
	liked, fallen uint32

	week    week
	levels  [levels]level
	joint   joint
	gradual gradual
	run     sample  // requests since there was last next to no evidence; during an incident, all of it
	slowRun sample  // the same for the evidence by the minute, from its second minute on
	runFrom float64 // when run began

	slow        float64 // the largest sum over minutes
	least       int32   // the lowest recovery cut of the levels: what is below is counted nowhere
	requests    uint64  // of the running slot
	minuteEnd   float64 // the running minute ends at the first slot from here on
	slotEnd     float64 // the running slot ends at the first tick from here on
	lastSlot    float64 // end of the last slot with requests
	lastRequest float64
	born        float64 // time of the first request, or of the last new normal
	alive       bool    // there was a request
	silences    silences

	restored bool    // the baseline came from Restore
	age      float64 // seconds: how old it was

	stuck float64 // seconds of suspicion without an alarm
	free  bool    // the baseline learns in spite of it

	lastAlert float64
	lastRatio float64 // of that alert
	alarm     alarm
	recurring recurring
}

// New returns a detector that has seen nothing. The error is that of [Config.Validate].
func New(c Config) (*Detector, error) {
	d := &Detector{tune: &standard, lastAlert: math.Inf(-1)}
	if err := d.SetConfig(c); err != nil {
		return nil, err
	}
	return d, nil
}

// SetConfig changes the knobs of a running detector; thresholds follow at once, what was learned stays. On an
// error, that of [Config.Validate], nothing is changed.
func (d *Detector) SetConfig(c Config) error {
	if err := c.Validate(); err != nil {
		return err
	}
	d.config = c.withDefaults()
	d.every = d.config.Tick.Seconds()
	if d.normal.sum > 0 {
		d.refresh()
	}
	return nil
}

// Config returns the knobs in force.
func (d *Detector) Config() Config { return d.config }

// Anomalies returns how often the input was impossible and was put right: time that went back or leapt by more
// than an hour, indexes that no duration has (their requests are left out), more failed requests than requests.
func (d *Detector) Anomalies() uint64 { return d.anomalies }

// Tick takes the requests that ended since the last call and returns the verdict. It is to be called every
// Config.Tick, also without requests; earlier calls are added to the running tick. The order of delta does not matter,
// an index may come twice, and delta is not kept. Tick allocates nothing. A now before the last one is taken as one
// tick later, and so is one that takes that back. After a leap of more than ten minutes an incident under way has ended.
func (d *Detector) Tick(now time.Time, delta []Bucket) Event {
	if !d.clock.advance(now, d.every) {
		d.anomalies++
	}
	if d.alarm.open && d.clock.lastStep > silence { // as after ten minutes without a request
		ev := d.end(Ended)
		d.count(delta)
		return ev
	}
	d.count(delta)
	if !d.alive || d.clock.seconds < d.slotEnd {
		return Event{}
	}
	d.slotEnd = d.clock.seconds + slotLength(d.every)
	if d.week.over(d.clock.unix) {
		d.week.enter(d.clock.unix, &d.normal.shape, !d.alarm.open)
		if !d.alarm.open && d.normal.sum > 0 {
			d.refresh()
		}
	}
	n := float64(d.requests)
	d.requests = 0
	fast, slow := d.weigh(n)
	if d.alarm.open {
		return d.tickAlarm(fast, slow, n)
	}
	return d.tickIdle(max(fast, slow))
}

// count adds the requests of a tick to what will be weighed and learned.
func (d *Detector) count(delta []Bucket) {
	if len(delta) == 0 {
		return
	}
	now, since := d.clock.seconds, 0.0
	if d.alive {
		since = now - d.born
	}
	learns := since >= d.grace() && !d.silences.cold(now)
	for _, b := range delta {
		if b.Index < minIndex || b.Index > maxIndex || b.Failed > b.Count {
			d.anomalies++
			if b.Failed <= b.Count {
				continue
			}
			b.Failed = b.Count
			b.Index = min(max(b.Index, minIndex), maxIndex)
		}
		if b.Count == 0 {
			continue
		}
		switch {
		case !d.alive:
			d.alive = true
			d.born, d.normal.foldAt = now, now
			if d.restored {
				d.silences.begin(now, d.grace())
				learns = false
			}
		case now > d.lastRequest:
			d.silences.note(now, now-d.lastRequest, d.tune.warmGrace)
			learns = learns && !d.silences.cold(now)
		}
		d.lastRequest = now
		if b.Failed > 0 && d.normal.sum > 0 && Bound(b.Index+1) < d.normal.median {
			b.Count -= b.Failed
		}
		d.countBucket(b, learns)
	}
}

func (d *Detector) countBucket(b Bucket, learns bool) {
	if b.Count == 0 {
		return
	}
	cell := cellOf(b.Index)
	if learns {
		d.normal.recent.add(cell, b.Count)
	} else if d.silences.cold(d.clock.seconds) {
		d.silences.add(d.clock.seconds, b.Index, b.Count)
		return
	}
	d.run.add(cell, b.Count)
	if d.slow >= noise || d.alarm.open {
		d.slowRun.add(cell, b.Count)
	}
	d.requests += uint64(b.Count)
	if b.Index >= d.gradual.least {
		d.gradual.count(b.Index, b.Count)
	}
	if b.Index < d.least {
		return
	}
	for i := range d.levels {
		l := &d.levels[i]
		if !l.on || b.Index < l.recoveryCut {
			continue
		}
		l.aboveRecovery += uint64(b.Count)
		if b.Index >= l.cut {
			l.above += uint64(b.Count)
		}
	}
}

// grace returns the seconds after the first request in which nothing is learned.
func (d *Detector) grace() float64 {
	if d.restored && d.config.Grace == defaultGrace {
		return d.tune.warmGrace
	}
	return d.config.Grace.Seconds()
}

// restartSpan is how long after a restart, in seconds, an alert may be due to the restart.
const restartSpan = 1800

func (d *Detector) sinceRestart() bool {
	return d.restored && d.clock.seconds-d.born < restartSpan
}
