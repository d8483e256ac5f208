// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"errors"
	"iter"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

const (
	quietSeconds = 700  // without any request, after which nothing changes any more
	leapSeconds  = 3600 // ahead of all others: not believed at once
	setBack      = 100  // late requests in a row that mean that the clock was set back
)

// request is one request, as a timeline takes it.
type request struct {
	unix     int64 // second of its completion
	endpoint int
	duration time.Duration
	outcome  slowlog.Outcome
}

// timeline puts requests in order and runs the engine with them, one Advance per second.
type timeline struct {
	engine    *engine.Engine
	endpoints *endpoints
	columns   *columns
	emit      func(*engine.Event) error

	seconds seconds
	begun   bool
	next    int64 // the first second that the engine does not have
	newest  int64 // the latest second of a request
	ticking bool  // the engine has had a request
	busy    int64 // the last second with a request that the engine has

	earliest, latest int64 // seconds of requests that the engine has had

	leap    request // held back, if leaping
	leaping bool
	inRow   int // late requests since one that was not

	counts counts
	delta  spikeprocessor.Delta
	now    *second                         // what the engine gets
	deltas iter.Seq[*spikeprocessor.Delta] // over now
}

// counts are numbers of requests.
type counts struct {
	accepted uint64
	late     uint64 // left out: out of order by more than Horizon
	leaps    uint64 // left out: the time was ahead by more than an hour, and the next request did not agree
	setBacks uint64 // times that the clock went back for good
}

var (
	errLate = errors.New("its time is more than 10 s before that of another request")
	errLeap = errors.New("its time, or that of a request before it, leaps ahead by more than an hour, and others do not follow")
)

func newTimeline(config baseline.Config, emit func(*engine.Event) error) (*timeline, error) {
	e, err := engine.New(engine.Options{Detector: config})
	if err != nil {
		return nil, err
	}
	t := &timeline{engine: e, endpoints: newEndpoints(), columns: &columns{}, emit: emit}
	t.deltas = t.yieldDeltas
	return t, nil
}

// add takes a request. It returns errLate or errLeap when one is left out, and otherwise only what emit returns.
func (t *timeline) add(r request) error {
	if !t.begun {
		t.begun = true
		t.newest, t.next = r.unix, r.unix-horizon+1
		t.earliest, t.busy = r.unix, r.unix
	}
	if t.leaping || r.unix > t.newest+leapSeconds {
		return t.addLeap(r)
	}
	return t.place(r)
}

// addLeap decides on a request that is far ahead by the one that comes after it: time has to go on from there.
func (t *timeline) addLeap(r request) error {
	if !t.leaping {
		t.leap, t.leaping = r, true
		return nil
	}
	t.leaping = false
	if r.unix > t.newest+leapSeconds && r.unix > t.leap.unix-horizon {
		if err := t.place(t.leap); err != nil {
			return err
		}
		return t.add(r)
	}
	t.counts.leaps++
	if err := t.add(r); err != nil {
		return err
	}
	return errLeap
}

// place puts a request into its second, and gives the engine those that are complete with it.
func (t *timeline) place(r request) error {
	if r.unix > t.newest {
		if err := t.advance(r.unix - horizon + 1); err != nil {
			return err
		}
		t.newest = r.unix
	} else if r.unix <= t.newest-horizon {
		if t.inRow++; t.inRow < setBack {
			t.counts.late++
			return errLate
		}
		if err := t.setBack(r.unix); err != nil {
			return err
		}
	}
	t.inRow = 0
	t.counts.accepted++
	t.seconds.record(r.unix, r.endpoint, r.duration, r.outcome)
	return nil
}

// setBack goes on from an earlier second.
func (t *timeline) setBack(unix int64) error {
	if err := t.advance(t.newest + 1); err != nil {
		return err
	}
	t.counts.setBacks++
	t.newest, t.next = unix, unix-horizon+1
	t.busy = unix
	return nil
}

// advance gives the engine all seconds before end.
func (t *timeline) advance(end int64) error {
	for ; t.next < end; t.next++ {
		sec := t.seconds.at(t.next)
		if len(sec.ids) == 0 {
			switch {
			case !t.ticking:
				continue
			case t.next-t.busy > quietSeconds:
				if t.next > t.newest { // nothing between here and end
					t.next = end - 1
				}
				continue
			}
		} else {
			t.ticking, t.busy = true, t.next
			t.earliest, t.latest = min(t.earliest, t.next), max(t.latest, t.next)
		}
		if err := t.tick(sec); err != nil {
			return err
		}
	}
	return nil
}

// tick gives the engine the second t.next.
func (t *timeline) tick(sec *second) error {
	t.now = sec
	events := t.engine.Advance(time.Unix(t.next+1, 0), t.deltas)
	for _, id := range sec.ids {
		t.columns.add(id, t.next, &sec.cells[id].all)
	}
	t.seconds.clear(sec)
	for i := range events {
		if p := events[i].Part; p != nil && p.Matter != engine.Latency {
			continue // what it prints is about latency
		}
		if err := t.emit(&events[i]); err != nil {
			return err
		}
	}
	return nil
}

func (t *timeline) yieldDeltas(yield func(*spikeprocessor.Delta) bool) {
	for _, id := range t.now.ids {
		c := t.now.cells[id]
		t.delta = spikeprocessor.Delta{ID: id, Endpoint: t.endpoints.all[id], All: &c.all, Outcomes: c.outcomes}
		if c.failed.Count() > 0 {
			t.delta.Failed = &c.failed
		}
		if !yield(&t.delta) {
			return
		}
	}
}

// finish gives the engine what is left. It returns errLeap when that had to be left out.
func (t *timeline) finish() error {
	if !t.begun {
		return nil
	}
	if err := t.advance(t.newest + 1); err != nil {
		return err
	}
	if t.leaping {
		t.leaping = false
		t.counts.leaps++
		return errLeap
	}
	return nil
}
