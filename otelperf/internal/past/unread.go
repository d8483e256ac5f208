// SPDX-License-Identifier: Apache-2.0

package past

import (
	"errors"
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/slowlog/fault"
)

const (
	// slowAgain is for how long a store that took too long is not asked for the same of a time as long, where memory has something to say.
	slowAgain = 30 * time.Second
	// failedFor is for how long it is said that something could not be read, unless something else was read since.
	failedFor = 5 * time.Minute
)

// failures is what could not be read lately. The zero value is ready for use.
type failures struct {
	mu   sync.Mutex // guards all below
	slow [history.States + 1]slowness
	last error // of the last read, unless it was too long or too much
	at   time.Time
}

// slowness is when a read took too long, and of how long a time.
type slowness struct {
	at     time.Time
	length time.Duration
}

// slowly reports whether a store has just taken too long for a part of a time as long.
func (f *failures) slowly(what history.Part, length time.Duration) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	last := f.slow[what]
	return !last.at.IsZero() && time.Since(last.at).Abs() < slowAgain && length >= last.length
}

// note takes in how a read went.
func (f *failures) note(what history.Part, length time.Duration, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch now := time.Now(); {
	case errors.Is(err, ErrSlow):
		f.slow[what] = slowness{now, length}
	case errors.Is(err, ErrBusy), errors.Is(err, history.ErrQuery):
	default:
		f.last, f.at = err, now
	}
}

// Trouble says why the store could not be read when that was tried last, "" if it could.
func (r *Reader) Trouble() string {
	f := &r.failures
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last == nil || time.Since(f.at).Abs() >= failedFor {
		return ""
	}
	return "reading the history: " + fault.Text(f.last)
}

// Remembers reports whether memory has something to say of a time that ends there, which that of now always has.
func (r *Reader) Remembers(to time.Time) bool {
	return !to.Before(r.memory.Began()) || time.Since(to).Abs() < time.Minute
}

// inMemory is a part of which all is the memory's, as the store could not be read.
func (r *Reader) inMemory(from, to time.Time) part {
	p := part{from: from, to: to, at: from, until: from}
	p.whose = r.own()
	return p
}

// unread are no numbers of a store, with why.
func (r *Reader) unread(err error) covered {
	return covered{err: err, note: r.unreadNote(err)}
}

// unreadNote says that the store could not be read, and what is shown in its place.
func (r *Reader) unreadNote(err error) string {
	if r.several != nil {
		return both(Unread(err), onlyOwnMemory)
	}
	return both(Unread(err), onlyMemory)
}

// Unread says that the store could not be read, in a sentence.
func Unread(err error) string { return "The history could not be read: " + fault.Text(err) + "." }

// What is said of what is only the memory's, beside.
const (
	onlyMemory    = "What is shown is what this process has in memory."
	onlyOwnMemory = "What is shown is what this process has in memory: it is of this instance alone."
)
