// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"errors"
	"fmt"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/generations"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/history"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/pace"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/rank"
)

// run is the recorder's goroutine: starting, stopping and reading can each take up to a second on a busy machine.
func (r *Recorder) run() {
	for {
		select {
		case a := <-r.asks:
			if !r.faults.Guard("evidence", func() { r.one(a) }) {
				r.set(func() { r.pause(errFault) })
			}
			r.set(func() { r.status.State, r.status.Reason, r.status.Since = causes.RecorderIdle, "", time.Time{} })
		case <-r.worker.Stopping():
			return
		}
	}
}

// set changes what mu guards.
func (r *Recorder) set(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
}

// one makes a recording, reads it, and keeps what is found.
func (r *Recorder) one(a ask) {
	rec := causes.Recording{Reason: a.reason, Start: time.Now()}
	trace, err := r.record(a)
	rec.End = time.Now()
	switch {
	case errors.Is(err, errNothing):
		r.set(func() {
			r.status.Discarded++
			r.budget.discard(time.Now())
		})
	case errors.Is(err, ErrStart):
		r.set(func() { r.pause(err) })
	default:
		r.set(func() { r.status.State = causes.RecorderAnalysing })
		trace = r.read(&rec, trace, err)
		r.set(func() { r.keep(rec, trace) })
	}
}

var (
	// errNothing is returned where nothing worth reading was recorded.
	errNothing = errors.New("nothing was recorded")
	errFault   = fmt.Errorf("%w: a fault of its own, which was reported to the OpenTelemetry error handler", ErrStart)
)

// record returns a trace of the time that was asked for.
func (r *Recorder) record(a ask) ([]byte, error) {
	f := r.flight()
	if err := f.Start(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStart, err)
	}
	defer f.Stop()
	r.marks.begin(time.Now())
	r.setMark(r.marks.mark)
	least := r.wait(a)
	r.setMark(nil)
	if r.marks.slow.Load() < least || r.stopping() {
		return nil, errNothing
	}
	return snapshot(f)
}

// read fills a recording with what is found in its trace, and returns the part of the trace that was read, without strings that the
// program gave. Of a trace that cannot be read nothing is returned: it may have such strings.
func (r *Recorder) read(rec *causes.Recording, trace []byte, err error) []byte {
	work := pace.New(r.cfg.limits.CPUShare, r.worker.Stopping())
	if err == nil {
		var short []byte
		if short, err = shorten(trace, rec); err == nil {
			trace = short
			err = analyse(trace, r.cfg.own, rec, work.Step)
		}
	}
	rec.WorkNanos = int64(work.Worked())
	if err != nil {
		rec.Error = err.Error()
	}
	if len(trace) > maxRead {
		return nil
	}
	private, _ := generations.Private(trace, history.Ours)
	return private
}

// pause has nothing recorded for a while: the runtime refused, or something of ours is broken.
func (r *Recorder) pause(err error) {
	r.failed.until, r.failed.err = time.Now().Add(retryAfter), err
	r.status.Error, r.status.NotBefore = err.Error(), r.failed.until
	r.status.Failures++
}

// wait returns when there is enough, and how many slow requests make the recording worth reading.
func (r *Recorder) wait(a ask) (fewest int32) {
	first, usual, last := time.NewTimer(least), time.NewTimer(a.d), time.NewTimer(longest)
	defer first.Stop()
	defer usual.Stop()
	defer last.Stop()
	var enough <-chan struct{}
	for {
		select {
		case <-first.C:
			enough = r.marks.enough
		case <-enough:
			return a.fewest
		case <-usual.C:
			if a.fewest == 0 || r.marks.slow.Load() >= rank.FewestSlow {
				return a.fewest
			}
		case <-last.C:
			return a.fewest
		case <-r.cancel:
			return rank.FewestSlow
		case <-r.worker.Stopping():
			return rank.FewestSlow
		}
	}
}

// keep stores a recording, and lets the oldest go.
func (r *Recorder) keep(rec causes.Recording, trace []byte) {
	r.status.Recordings++
	rec.ID = r.status.Recordings
	r.status.WorkNanos += rec.WorkNanos
	if r.status.Error = rec.Error; rec.Error != "" {
		r.status.Failures++
	}
	r.budget.spend(time.Now(), int64(len(trace)), time.Duration(rec.WorkNanos))
	if r.kept = append(r.kept, kept{rec, trace}); len(r.kept) > keptRecordings {
		r.kept = append([]kept(nil), r.kept[1:]...)
	}
	for i := range max(0, len(r.kept)-keptTraces) {
		r.kept[i].trace = nil
	}
}
