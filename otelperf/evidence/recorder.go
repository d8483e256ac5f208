// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
	"unsafe"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/worker"
	"github.com/otelperf/otelperf-go/slowlog/fault"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// The recordings that are kept.
const (
	keptRecordings = 6
	keptTraces     = 2
	maxReason      = 200 // bytes
)

// retryAfter is for how long nothing is tried after the runtime refused to record.
const retryAfter = time.Minute

// Recorder records while something is slow, and keeps what it found. It has one goroutine, from Start to Shutdown.
type Recorder struct {
	cfg     config
	err     error
	worker  *worker.Worker
	faults  fault.Log
	flight  func() flight
	setMark func(Mark) // nil before Start
	asks    chan ask
	cancel  chan struct{}
	marks   marks

	mu     sync.Mutex
	status causes.RecorderStatus // guarded by mu, as all below
	budget budget
	failed struct { // why nothing is tried for a while
		until time.Time
		err   error
	}
	kept []kept
}

// kept is a recording, the last ones with their traces.
type kept struct {
	causes.Recording
	trace []byte
}

// bytes is what it takes, but for names that it shares with the program.
func (k *kept) bytes() int64 {
	n := cap(k.trace)
	for i := range k.Endpoints {
		e := &k.Endpoints[i]
		n += int(unsafe.Sizeof(*e)) + len(e.Causes)*int(unsafe.Sizeof(causes.Cause{}))
		for j := range e.Requests {
			q := &e.Requests[j]
			n += int(unsafe.Sizeof(*q)) + len(q.Parts)*int(unsafe.Sizeof(causes.Part{})) + len(q.Timeline)*int(unsafe.Sizeof(causes.Span{}))
		}
	}
	return int64(n)
}

// ask is a recording to be made.
type ask struct {
	reason string
	d      time.Duration
	fewest int32 // slow requests, without which there is nothing to see
}

// Mark is called with every local root that ends, on the goroutine that ends it.
type Mark = func(span trace.SpanID, endpoint conventions.Endpoint, d time.Duration, slow bool)

// New returns a recorder that is off until Start. What is wrong with the options is reported by Err.
func New(opts ...Option) *Recorder {
	r := &Recorder{worker: worker.New(), flight: newFlight, asks: make(chan ask, 1), cancel: make(chan struct{}, 1)}
	r.cfg, r.err = newConfig(opts)
	r.marks.enough = make(chan struct{}, 1)
	r.budget.limits = r.cfg.limits
	r.status.State = causes.RecorderOff
	return r
}

// Err reports all that is wrong with the options at once, each wrapping ErrConfig.
func (r *Recorder) Err() error { return r.err }

// Start makes the recorder ready. setMark is called when a recording begins, with what is to be called from then on, and with nil when
// it ends. Start is called once; it returns Err.
func (r *Recorder) Start(setMark func(Mark)) error {
	if r.err != nil {
		return r.err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.setMark != nil || r.stopping() {
		return errors.New("evidence: started twice, or after Shutdown")
	}
	r.setMark, r.status.State = setMark, causes.RecorderIdle
	r.worker.Run(r.run)
	return nil
}

func (r *Recorder) stopping() bool {
	select {
	case <-r.worker.Stopping():
		return true
	default:
		return false
	}
}

// Arm asks for a recording because something is slow: of three times slow, which is how long slow requests take, but at least 2 s and
// at most 5 s; until 30 slow requests are in it, or where there are fewer than 5 by then, of 5 s. One without any is discarded. It
// returns at once. The error is ErrBusy, ErrOff, or wraps ErrLimit or ErrStart. It may be called again and again while something is slow.
func (r *Recorder) Arm(reason string, slow time.Duration) error {
	return r.ask(ask{reason, min(slow, longest) * 3, 1})
}

// Record asks for a recording of d, 2 s to 5 s, or until 30 slow requests are in it, because a person wants one: there need not be a
// Cooldown since the last one, the other limits hold. Errors are those of Arm.
func (r *Recorder) Record(reason string, d time.Duration) error { return r.ask(ask{reason, d, 0}) }

func (r *Recorder) ask(a ask) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	switch {
	case r.setMark == nil || r.stopping():
		return ErrOff
	case r.status.State != causes.RecorderIdle:
		return ErrBusy
	case now.Before(r.failed.until):
		r.status.Refused++
		return fmt.Errorf("%w; it is tried again in %v", r.failed.err, r.failed.until.Sub(now).Round(time.Second))
	}
	until, err := r.budget.allows(now, a.fewest > 0)
	if err != nil {
		r.status.Refused++
		r.status.NotBefore = until
		return err
	}
	select {
	case <-r.cancel: // of one that is over
	default:
	}
	a.reason, a.d = conventions.Text(a.reason, maxReason), min(max(a.d, shortest), longest)
	r.status.State, r.status.Reason, r.status.Since, r.status.NotBefore = causes.RecorderRecording, a.reason, now, time.Time{}
	r.asks <- a // there is room: the recorder is idle
	return nil
}

// Cancel ends a recording that is being made because nothing is slow any more. It is read if 5 slow requests are in it, else discarded.
func (r *Recorder) Cancel() {
	select {
	case r.cancel <- struct{}{}:
	default:
	}
}

// Status returns how the recorder is.
func (r *Recorder) Status() causes.RecorderStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.status
	if r.stopping() {
		s.State = causes.RecorderOff
	}
	bytes, work := r.budget.totals(time.Now())
	for i := range r.kept {
		s.MemoryBytes += r.kept[i].bytes()
	}
	s.RecordingsLastHour, s.BytesLastHour, s.WorkNanosLastHour = len(r.budget.spent), bytes, int64(work)
	return s
}

// Recordings returns the last 6, the newest first. What they point to must not be changed.
func (r *Recorder) Recordings() []causes.Recording {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]causes.Recording, 0, len(r.kept))
	for _, k := range slices.Backward(r.kept) {
		all = append(all, k.Recording)
	}
	return all
}

// Trace returns a recording's execution trace, which go tool trace opens, or nil: those of the last 2 are kept, of at most 4 MiB each
// unless a second of the program takes more, and never of more than 16 MiB. Names of tasks and regions and texts of log entries, which
// the program gave, are crossed out. It must not be changed.
func (r *Recorder) Trace(id uint64) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range r.kept {
		if k.ID == id {
			return k.trace
		}
	}
	return nil
}

// Shutdown ends a recording, discards it, and waits within ctx for the goroutine to end. It may be called more than once. What was
// kept can still be had.
func (r *Recorder) Shutdown(ctx context.Context) error {
	if err := r.worker.Close(ctx); err != nil {
		return fmt.Errorf("evidence: the recorder still ends: %w", err)
	}
	return nil
}
