// SPDX-License-Identifier: Apache-2.0

// Package past reads what was stored of a service beside what it has in memory and was not written yet, as numbers of any time, endpoint by
// endpoint, points over time, incidents and requests. Each minute is counted once: up to the first that was not written it is the store's,
// from then on the memory's; the minute in which this process began is that of both until it is written. What other instances have stored in
// the same store is theirs, too: an answer with something of it is the store's alone, up to the last whole minute that all have stored.
//
// Reading is bounded, so that nobody who polls hurts the service: two reads at a time, five seconds each, and what was read of minutes that
// are over is there for the next who asks, up to 32 MiB, unless [Bounds] says otherwise. Numbers of a time of which memory has a part are that part where the store cannot be
// read, with why. Minutes that memory has are read from there, too, if the store has them damaged, or was begun anew without them.
package past

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/slowlog/fault"
)

const (
	// Longest is the longest time that is read at once: of a longer one the end of it.
	Longest = 366 * 24 * time.Hour
	// atOnce is how many reads there are at a time, unless Bounds says otherwise.
	atOnce = 2
	// queue is how long a read waits for its turn.
	queue = 2 * time.Second
	// patience is how long a read may take.
	patience = 5 * time.Second
)

var (
	// ErrBusy says that others are reading.
	ErrBusy = errors.New("the history is being read by others: ask again in some seconds")
	// ErrSlow says that a read took too long.
	ErrSlow  = errors.New("the history took longer than 5 s to answer: ask for less time, or again later")
	errFault = errors.New("the history could not be read: it has panicked")
)

// Memory is what there is beside the store. Its methods are safe for concurrent use.
type Memory interface {
	// Unwritten is the minute from which on nothing was written yet.
	Unwritten() time.Time
	// Began is when what is in memory began.
	Began() time.Time
	// Started is when the process began.
	Started() time.Time
	// Minute is what was done in a minute, by those that did anything; the receiver's to keep.
	Minute(t time.Time) []history.Row
	// Signals are the runtime's, of the minutes from one up to a time, in batches of a minute; the receiver's to keep.
	Signals(from, to time.Time) []*history.Batch
}

// Reader reads one store. Its methods are safe for concurrent use; what they return is not to be changed.
type Reader struct {
	store    history.Store
	memory   Memory
	faults   *fault.Log
	turns    chan struct{}
	cache    cache
	failures failures

	several  history.Shared // is the store, if instances can share it; nil if they cannot
	shared   sync.Mutex     // guards recently
	recently recently
}

// Bounds are what a reader may take. The zero value has the defaults.
type Bounds struct {
	Turns chan struct{} // whose capacity is how many reads there are at a time, of all readers that have it; by default 2 of this one
	Bytes int           // of what was read that is there for the next who asks; 32 MiB by default
}

// New returns a reader.
func New(store history.Store, m Memory, b Bounds, faults *fault.Log) *Reader {
	several, _ := store.(history.Shared)
	if b.Turns == nil {
		b.Turns = make(chan struct{}, atOnce)
	}
	return &Reader{store: store, memory: m, faults: faults, turns: b.Turns, cache: cache{most: cmp.Or(b.Bytes, maxCachedBytes)}, several: several}
}

// read calls f, which reads a part of a time, in its turn, and notes how it went. What has just taken too long is not tried again, where memory
// has something to say.
func (r *Reader) read(what history.Part, from, to time.Time, f func(context.Context) error) error {
	length := to.Sub(from)
	if r.Remembers(to) && r.failures.slowly(what, length) {
		return ErrSlow
	}
	err := r.turn(f)
	r.failures.note(what, length, err)
	return err
}

// turn calls f in its turn, with a context that ends in time. A store that does not heed it is left alone with its turn.
func (r *Reader) turn(f func(context.Context) error) error {
	turn := time.NewTimer(queue)
	defer turn.Stop()
	select {
	case r.turns <- struct{}{}:
	case <-turn.C:
		return ErrBusy
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	done := make(chan error, 1)
	go func() {
		err := errFault
		r.faults.Guard("reading the history", func() { err = f(ctx) })
		cancel()
		<-r.turns
		done <- err
	}()
	late := time.NewTimer(patience + time.Second)
	defer late.Stop()
	select {
	case err := <-done:
		if errors.Is(err, context.DeadlineExceeded) {
			return ErrSlow
		}
		return err
	case <-late.C:
		return ErrSlow
	}
}

const damaged = "Some of it is damaged, and left out."

// each calls use with all that a query yields, and of rows and signals with the step, too, amid which the time begins: a store yields those that
// begin in it. What is damaged is passed over: note says so.
func (r *Reader) each(ctx context.Context, q *history.Query, note *string, use func(*history.Batch)) error {
	for _, part := range divided(q) {
		for b, err := range r.store.Range(ctx, part) {
			switch {
			case err == nil:
				if q.What > history.Signals || b.Time.Add(b.Step).After(q.From) {
					use(b)
				}
			case errors.Is(err, history.ErrDamaged):
				*note = damaged
			default:
				return err
			}
		}
	}
	return nil
}

// divided is a query in parts that begin at whole hours, so that no step begins before one. Of the hour amid which the time begins it takes
// steps so short that all that are after its beginning can be told from those before it, where there are some.
func divided(q *history.Query) []history.Query {
	hour := q.From.Truncate(history.Hour)
	if q.What > history.Signals || q.From.Equal(hour) {
		return []history.Query{*q}
	}
	first, rest := *q, *q
	first.From, first.To, first.Step = hour, earlier(hour.Add(history.Hour), q.To), min(q.Step, history.TenMinutes)
	if !q.From.Equal(q.From.Truncate(history.TenMinutes)) {
		first.Step = history.Minute
	}
	if rest.From = first.To; rest.From.Before(rest.To) {
		return []history.Query{first, rest}
	}
	return []history.Query{first}
}

// nearest is the time nearest to another from one up to another.
func nearest(at, from, to time.Time) time.Time {
	switch {
	case at.Before(from):
		return from
	case at.After(to):
		return to
	}
	return at
}

// tooLong says that less was read than was asked for.
const tooLong = "More than 366 days were asked for: the last 366 of them are read."

// longest is as much of a time as is read at once, up to now; note says what is not.
func longest(from, to time.Time) (_, _ time.Time, note string) {
	to = upToNow(to)
	if first := to.Add(-Longest); from.Before(first) {
		return first.Truncate(time.Hour), to, tooLong
	}
	return from, to, ""
}

// upToNow is a time, or now, if that is to come.
func upToNow(t time.Time) time.Time {
	if now := time.Now(); t.After(now) {
		return now
	}
	return t
}
