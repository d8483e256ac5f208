// SPDX-License-Identifier: Apache-2.0

// Package historian writes what a service did to a history, a minute at a time, from one goroutine. What cannot be written waits where it
// is, in the engine's hour of minutes, and is tried again; what falls out there is counted. Into a store that was begun anew it is written once more.
package historian

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/worker"
	"github.com/otelperf/otelperf-go/slowlog/fault"
)

const (
	// MaxWaiting is how many minutes wait to be written.
	MaxWaiting = 60
	// settle is how long after its end a minute is written: an evaluation has to have closed it.
	settle = 2 * time.Second
	// patience is how long a store may take for a batch.
	patience = 30 * time.Second
	// After a failure the next attempt comes after firstRetry, and twice as long each time, up to lastRetry.
	firstRetry = 10 * time.Second
	lastRetry  = 5 * time.Minute
)

// Source is what there is to be written. Its methods are called by one goroutine.
type Source interface {
	// Minute fills in the rows and signals of the minute that begins at b.Time, and what of it was observed. over is false while it runs.
	Minute(b *history.Batch) (over bool)
	// News adds the incidents, requests and marks that were not stored yet, and what is left for the next process, and returns what is to
	// be called when they are. last is true for the last calls of all.
	News(b *history.Batch, last bool) (stored func())
	// Again has News begin anew with all there is: what was stored is lost.
	Again()
}

// State is how the writing goes.
type State struct {
	Written uint64    `json:"written"`        // minutes
	Failed  uint64    `json:"failed"`         // attempts
	Lost    uint64    `json:"lost"`           // minutes that had waited for more than an hour, or that the store refused for what is in them
	Last    time.Time `json:"last,omitzero"`  // when a minute was written last
	Waiting int       `json:"waiting"`        // whole minutes that are not written
	Error   string    `json:"error,omitzero"` // what is wrong now; empty if nothing is

	Requests     uint64 `json:"requests"`      // slow and failed ones that were stored
	RequestsLeft uint64 `json:"requests_left"` // beyond what is stored of a minute, an hour or an endpoint
}

// Trouble is what is wrong now; "" if nothing is, and without a history.
func (s *State) Trouble() string {
	if s == nil {
		return ""
	}
	return s.Error
}

// Writer writes to one store.
type Writer struct {
	*worker.Worker
	store  history.Store
	source Source
	faults *fault.Log
	ctx    context.Context //nolint:containedctx // of the goroutine, which Close may have to end early
	cancel context.CancelFunc
	began  time.Time // minute from which on there is something to write

	retry time.Duration // that the last failure is waited for; 0 after a success

	mu      sync.Mutex // guards all below
	renewed time.Time  // up to when it is known whether the store has begun anew; changed by the goroutine alone
	next    time.Time  // minute that is to be written next; changed by the goroutine alone
	asked   time.Time  // since when the store is at a batch; zero if it is not
	closed  bool       // the goroutine has ended
	state   State
}

// New returns a writer of what happened since a time.
func New(store history.Store, source Source, began time.Time, faults *fault.Log) *Writer {
	w := &Writer{Worker: worker.New(), store: store, source: source, faults: faults, began: began.Truncate(time.Minute), renewed: began}
	if at := history.RenewalOf(store).At; at.After(began) { // nothing of it is lost by what has happened before
		w.renewed = at
	}
	w.next = w.began
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

// Unwritten is the minute from which on nothing was written yet, or what was is lost and will be written again. What is read of the store up to it
// was written.
func (w *Writer) Unwritten() time.Time {
	renewal := history.RenewalOf(w.store)
	w.mu.Lock()
	defer w.mu.Unlock()
	if renewal.At.After(w.renewed) {
		return w.firstLocked()
	}
	return w.next
}

// firstLocked is the first minute before the next one that there still is, or the next one.
func (w *Writer) firstLocked() time.Time {
	first := w.next.Add(-(MaxWaiting - 1) * time.Minute)
	switch {
	case w.next.Before(w.began):
		return w.next
	case first.Before(w.began):
		return w.began
	}
	return first
}

// GoOn has the writer, which has written nothing yet, go on from a minute up to which another one with the same origin has written to the store.
func (w *Writer) GoOn(from time.Time) { w.turn(from.Truncate(time.Minute), 0) }

// Write writes what there is to be written by now; at last the running minute, too. It is for a goroutine of the caller's that has several
// writers, in place of Start, and for one call at a time. What the source does not know to be over is left for the next call. After a failure
// it returns after how long it is to be called again; else 0.
func (w *Writer) Write(now time.Time, last bool) (again time.Duration) {
	w.write(now, last)
	if last {
		w.count(func(*State) { w.closed = true })
	}
	return w.retry
}

// Abort has the store end what it is at.
func (w *Writer) Abort() { w.cancel() }

// Start starts the goroutine.
func (w *Writer) Start() {
	w.Run(func() {
		for {
			timer := time.NewTimer(w.wait(time.Now()))
			select {
			case <-timer.C:
				w.write(time.Now(), false)
			case <-w.Stopping():
				timer.Stop()
				w.Write(time.Now(), true)
				return
			}
		}
	})
}

// Close writes what is left, the running minute too, and ends the goroutine, within ctx. The error says what could not be written.
func (w *Writer) Close(ctx context.Context) error {
	defer context.AfterFunc(ctx, w.cancel)()
	if err := w.Worker.Close(ctx); err != nil {
		return err
	}
	if st := w.State(); st.Error != "" {
		return errors.New(st.Error)
	}
	return nil
}

// wait is how long there is nothing to do.
func (w *Writer) wait(now time.Time) time.Duration {
	if w.retry > 0 {
		return w.retry
	}
	return max(settle, now.Truncate(time.Minute).Add(time.Minute+settle).Sub(now))
}

// State is how the writing goes by now, also while the store does not answer.
func (w *Writer) State() State {
	w.mu.Lock()
	defer w.mu.Unlock()
	st, now := w.state, time.Now()
	if w.closed {
		return st
	}
	st.Waiting = int(min(max(0, now.Add(-settle).Truncate(time.Minute).Sub(w.next)/time.Minute), MaxWaiting))
	if asked := w.asked; !asked.IsZero() && now.Sub(asked) > patience {
		st.Error = fmt.Sprintf("the store has not answered for %v", now.Sub(asked).Truncate(time.Second))
	}
	return st
}

// write writes all minutes that are over, and at the end the running one.
func (w *Writer) write(now time.Time, last bool) {
	running := now.Truncate(time.Minute)
	if w.next.After(running) { // the clock was set back
		w.turn(running, 0)
	}
	if oldest := running.Add(-MaxWaiting * time.Minute); w.next.Before(oldest) {
		lost := uint64(0)
		if w.retry > 0 {
			lost = uint64(oldest.Sub(w.next) / time.Minute)
		}
		w.turn(oldest, lost)
	}
	var err error
	over := true
	for over && err == nil && (w.next.Before(running) || last && w.next.Equal(running)) {
		over, err = w.minute(w.next.Add(time.Minute).Before(running), last)
	}
	if err == nil {
		w.retry = 0
	} else {
		w.retry = min(max(firstRetry, 2*w.retry), lastRetry)
	}
	w.count(func(st *State) {
		st.Waiting = int(max(0, running.Sub(w.next)) / time.Minute)
		if st.Error = ""; err != nil {
			st.Error = err.Error()
		}
	})
}

// turn goes on with another minute.
func (w *Writer) turn(next time.Time, lost uint64) {
	w.count(func(st *State) { w.next, st.Lost = next, st.Lost+lost })
}

// minute writes one minute, the last that there is with the news. over is false for one that runs, unless it is the last of all. One that
// the store refuses for what is in it is lost.
func (w *Writer) minute(more, last bool) (over bool, err error) {
	b := &history.Batch{Time: w.next.UTC(), Step: history.Minute}
	if over = w.source.Minute(b) || last; !over {
		return false, nil
	}
	stored := func() {}
	if !more {
		stored = w.source.News(b, last)
	}
	lost := uint64(0)
	if len(b.Rows)+len(b.Signals)+len(b.Observed)+len(b.Incidents)+len(b.Requests)+len(b.Marks)+len(b.State) > 0 {
		switch err := w.append(b); {
		case errors.Is(err, history.ErrBatch):
			lost = 1
			w.count(func(st *State) { st.Failed++ })
			w.faults.Report(err)
		case err != nil:
			w.count(func(st *State) { st.Failed++ })
			return true, err
		default:
			w.count(func(st *State) { st.Written, st.Last = st.Written+1, time.Now() })
			if w.again() {
				return true, nil
			}
		}
	}
	stored()
	w.turn(w.next.Add(time.Minute), lost)
	return true, nil
}

// again goes back to the first minute that there is, where the store has begun anew with the batch that it was just handed: what was written before
// is lost. While that is written again, it is not counted as written. The batch itself takes its own place by its origin.
func (w *Writer) again() bool {
	renewal := history.RenewalOf(w.store)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !renewal.At.After(w.renewed) {
		return false
	}
	before := w.next
	w.next, w.renewed = w.firstLocked(), renewal.At
	if !w.next.Before(before) {
		return false
	}
	w.source.Again()
	return true
}

// append hands a batch to the store, which may be anybody's.
func (w *Writer) append(b *history.Batch) error {
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	w.count(func(*State) { w.asked = time.Now() })
	defer w.count(func(*State) { w.asked = time.Time{} })
	err := errors.New("otelperf: history: the store has panicked")
	w.faults.Guard("the history", func() { err = w.store.Append(ctx, b) })
	if err != nil {
		return fmt.Errorf("storing the minute of %s: %w", b.Time.Format(time.TimeOnly), err)
	}
	return nil
}

func (w *Writer) count(f func(*State)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(&w.state)
}
