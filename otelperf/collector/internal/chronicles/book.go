// SPDX-License-Identifier: Apache-2.0

package chronicles

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/tozap"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/views"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/bolt"
)

const (
	// maxReads is how many reads of all histories run at a time.
	maxReads = 4
	// lockedAgain is how soon a file is tried again that another process has, and fullAgain whether there is room.
	lockedAgain = 5 * time.Second
	fullAgain   = time.Minute
	// lockedFor is for how long it is waited for a file that is locked before its service counts as one whose history cannot be written.
	lockedFor = 2 * time.Minute
	// leavePatience is how long what is left may take to be written of a service that has left.
	leavePatience = 10 * time.Second
	// sayEvery is how often it is logged that something is wrong.
	sayEvery = time.Minute
)

// Settings are what a Book needs.
type Settings struct {
	Fleet     *fleet.Fleet
	Directory string
	// Prefix begins the names of files: those of other connectors begin otherwise.
	Prefix      string
	Keep        time.Duration // for which hours are stored; minutes, ten minutes and events for as long as in a process, but no longer
	MaxServices int           // files in the directory
	MaxBytes    int64         // of each
	Logger      *zap.Logger
	Now         func() time.Time // the collector's clock
	Recover     func()           // is deferred, and recovers a fault of ours
}

// Stats say how the writing goes.
type Stats struct {
	Open    int    // histories that are
	Without int    // services that have none now
	Minutes uint64 // that were written
	Failed  uint64 // attempts to
	Lost    uint64 // minutes that were not
}

// Book has the histories of a fleet. Tick, Of and Stats are safe for concurrent use.
type Book struct {
	Settings
	before  *Book // of the same fleet, that has ended or is ending, and has entries that may be gone on from; nil for none
	readers chan struct{}
	wake    chan struct{}
	stop    context.CancelFunc
	stopped context.Context //nolint:containedctx // of the goroutine, which Close ends
	done    chan struct{}   // closed: all files are closed
	said    time.Time       // of the goroutine
	running sync.Mutex      // held by Run

	mu      sync.Mutex // guards all below, which the goroutine alone changes
	entries map[*fleet.Service]*entry
	ended   Stats // of those that have left
}

// entry is a service.
type entry struct {
	path    string
	store   *bolt.Store           // nil: not open
	history *otelperf.FeedHistory // nil: not open yet
	tried   time.Time             // when opening it was tried first
	again   time.Time             // when it is tried again
	trouble string                // why it is not open
}

// New returns a Book. One of the same fleet that was there before may still be ending: what it has written is gone on from.
func New(s Settings, before *Book) *Book {
	b := &Book{
		Settings: s, before: before, readers: make(chan struct{}, maxReads), wake: make(chan struct{}, 1), done: make(chan struct{}),
		entries: map[*fleet.Service]*entry{}, said: s.Now(),
	}
	b.stopped, b.stop = context.WithCancel(context.Background())
	b.before.forget(s.Fleet.Services())
	b.sweep()
	return b
}

// Tick has done what is due. It waits for nothing.
func (b *Book) Tick() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Run writes what is due, until Close.
func (b *Book) Run() {
	b.running.Lock()
	defer b.running.Unlock()
	for {
		select {
		case <-b.stopped.Done():
			return
		case <-b.wake:
			b.Work()
		}
	}
}

// Work writes what is due now. It is for one goroutine at a time.
func (b *Book) Work() {
	if !b.before.isClosed() {
		return
	}
	services := b.Fleet.Services()
	for s, e := range maps.Clone(b.entries) {
		if !slices.Contains(services, s) {
			b.leave(s, e)
		}
	}
	for _, s := range services {
		if b.stopped.Err() != nil {
			return
		}
		b.write(s)
	}
	b.say()
}

// isClosed tells whether a Book and those before it have closed their files.
func (b *Book) isClosed() bool {
	for ; b != nil; b = b.before {
		select {
		case <-b.done:
		default:
			return false
		}
	}
	return true
}

// forget leaves what may be gone on from, where a Book and those before it have ended.
func (b *Book) forget(services []*fleet.Service) {
	for ; b != nil; b = b.before {
		for b.before != nil && b.before.isClosed() && len(b.before.entries) == 0 {
			b.before = b.before.before
		}
		if !b.isClosed() {
			continue
		}
		b.change(func() {
			maps.DeleteFunc(b.entries, func(s *fleet.Service, e *entry) bool { return e.history == nil || !slices.Contains(services, s) })
		})
	}
}

// write writes what is due of a service.
func (b *Book) write(s *fleet.Service) {
	defer b.Recover()
	e := b.entries[s]
	if e == nil {
		if _, judged := s.Engine().Stored(); judged.IsZero() || s.Waits() {
			return
		}
		e = &entry{path: b.pathOf(s.Name())}
		b.change(func() { b.entries[s] = e })
	}
	if e.history == nil && !b.open(s, e) {
		return
	}
	e.history.Write()
}

// open opens the history of a service, if it is time to.
func (b *Book) open(s *fleet.Service, e *entry) (ok bool) {
	now := b.Now()
	if now.Before(e.again) {
		return false
	}
	if e.tried.IsZero() {
		e.tried = now
	}
	store, err := b.openFile(e.path)
	switch {
	case err != nil:
		b.change(func() { e.trouble, e.again = err.Error(), now.Add(fullAgain) })
		return false
	case now.Sub(e.tried) < lockedFor && strings.Contains(store.Trouble(), history.ErrLocked.Error()): // the one before is about to close it
		_ = store.Close() // has no file
		b.change(func() { e.trouble, e.again = history.ErrLocked.Error(), now.Add(lockedAgain) })
		return false
	}
	of := otelperf.NewFeedHistory(views.Source(s), store, b.takeBefore(s, e.path), b.Now, b.readers)
	b.change(func() { e.store, e.history, e.trouble = store, of, "" })
	return true
}

func (b *Book) openFile(path string) (*bolt.Store, error) {
	if err := b.makeRoom(path); err != nil {
		return nil, err
	}
	const day = 24 * time.Hour
	return bolt.Open(path, bolt.WithMaxBytes(b.MaxBytes), bolt.WithLogger(tozap.Logger(b.Logger)), bolt.WithRetention(history.Retention{
		Minutes: min(2*day, b.Keep), TenMinutes: min(30*day, b.Keep), Hours: b.Keep, Events: min(30*day, b.Keep),
	}))
}

// takeBefore is the history that a service had in the same file before; nil for none.
func (b *Book) takeBefore(s *fleet.Service, path string) *otelperf.FeedHistory {
	for of := b.before; of != nil; of = of.before {
		if e := of.entries[s]; e != nil && e.path == path {
			of.change(func() { delete(of.entries, s) })
			return e.history
		}
	}
	return nil
}

// has tells whether a file is that of a service that is here.
func (b *Book) has(path string) bool {
	for _, e := range b.entries {
		if e.path == path && e.store != nil {
			return true
		}
	}
	return false
}

// leave ends the history of a service that has left.
func (b *Book) leave(s *fleet.Service, e *entry) {
	ctx, cancel := context.WithTimeout(context.Background(), leavePatience)
	defer cancel()
	b.end(ctx, e)
	b.change(func() {
		b.ended.add(e)
		delete(b.entries, s)
	})
}

// end writes what is left within ctx, and closes the file.
func (b *Book) end(ctx context.Context, e *entry) {
	defer b.Recover()
	if e.history == nil {
		return
	}
	e.history.Close(ctx)
	if err := e.store.Close(); err != nil {
		b.Logger.Warn("the history of a service was not closed as it should be", zap.String("file", e.path), zap.Error(err))
	}
}

func (b *Book) change(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

// Of is the history of a service; nil if it has none, or none yet.
func (b *Book) Of(s *fleet.Service) *otelperf.FeedHistory {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.entries[s]; e != nil {
		return e.history
	}
	return nil
}

// Close ends Run, writes what is left within ctx, and closes all files, or has that done later, where one does not answer: a Book that comes after this one
// waits for it. It is called once.
func (b *Book) Close(ctx context.Context) error {
	b.stop()
	go func() {
		defer close(b.done)
		b.running.Lock()
		defer b.running.Unlock()
		for _, e := range b.entries {
			b.end(ctx, e)
		}
	}()
	select {
	case <-b.done:
		return nil
	case <-ctx.Done():
		return errors.Join(errors.New("histories are being written"), ctx.Err())
	}
}

// Stats returns how the writing goes.
func (b *Book) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	st := b.ended
	for _, e := range b.entries {
		st.add(e)
		if e.history == nil {
			st.Without++
		} else {
			st.Open++
		}
	}
	return st
}

func (st *Stats) add(e *entry) {
	if e.history == nil {
		return
	}
	s := e.history.State()
	st.Minutes, st.Failed, st.Lost = st.Minutes+s.Written, st.Failed+s.Failed, st.Lost+s.Lost
}

// say says what is wrong, once a minute.
func (b *Book) say() {
	now := b.Now()
	if now.Sub(b.said) < sayEvery {
		return
	}
	b.said = now
	wrong, first := 0, ""
	for _, e := range b.entries {
		trouble := e.trouble
		if e.history != nil {
			trouble = e.history.State().Error
		}
		if trouble != "" {
			if wrong++; wrong == 1 {
				first = trouble
			}
		}
	}
	if wrong > 0 {
		b.Logger.Warn("histories are not stored as they should be", zap.Int("services", wrong), zap.String("such as", first))
	}
}
