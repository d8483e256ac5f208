// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/slowlog/fault"
)

// errFault is wrapped by the error of what has panicked.
var errFault = fmt.Errorf("%w, and bbolt gave up", errDamaged)

// guard calls f, and makes an error of a panic, and of a fault in the file's memory, such as where the file was cut while it was open.
func guard(f func() error) (err error) {
	before := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(before)
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %s", errFault, fault.Text(r))
		}
	}()
	return f()
}

// use is guard for a file that is open. After a panic it is not used any more: bbolt may have left its locks held.
func (s *Store) use(f func() error) error {
	err := guard(f)
	if errors.Is(err, errFault) {
		s.faulted.Store(true)
	}
	return public(err)
}

// view reads in a transaction.
func (s *Store) view(ctx context.Context, f func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.readyLocked(); err != nil {
		return err
	}
	return s.use(func() error { return s.db.View(f) })
}

// readyLocked says why nothing can be read or written.
func (s *Store) readyLocked() error {
	if s.closed {
		return history.ErrClosed
	}
	if s.db == nil {
		return errors.New(*s.failure.Load())
	}
	if s.faulted.Load() {
		return fmt.Errorf("%w: %s", history.ErrDamaged, s.name)
	}
	return nil
}

// public has what is damaged wrap history.ErrDamaged.
func public(err error) error {
	if err != nil && isBroken(err) && !errors.Is(err, history.ErrDamaged) {
		return fmt.Errorf("%w: %w", history.ErrDamaged, err)
	}
	return err
}

// reopen opens the file if that has failed before, or if it is not where it was.
func (s *Store) reopen() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return history.ErrClosed
	}
	if s.db != nil {
		return s.findLocked()
	}
	return s.openLocked()
}

// giveUp closes a file that turned out to be damaged, sets it aside and begins another.
func (s *Store) giveUp(why error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return history.ErrClosed
	}
	_ = s.closeLocked() // it is damaged
	if err := s.asideLocked(why); err != nil {
		s.failure.Store(new(err.Error()))
		return err
	}
	return s.openLocked()
}

// closeLocked closes the file. One in which bbolt has panicked is let go without bbolt, which could wait for its own locks for ever: what
// stays until the program ends is the file's place in memory. The file's lock goes with the file.
func (s *Store) closeLocked() (err error) {
	if s.db == nil {
		return nil
	}
	err = letGo(s.db, s.file, s.faulted.Load())
	s.db, s.file = nil, nil
	s.failure.Store(new("otelperf: history: the file is closed"))
	return err
}

func letGo(db *bbolt.DB, file *os.File, faulted bool) (err error) {
	if !faulted {
		err = guard(db.Close)
	}
	_ = file.Close() // a second time, unless closing has failed
	return err
}

// Close waits for what is being read and written, and closes the file.
func (s *Store) Close() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	err := s.closeLocked()
	if s.copied {
		err = errors.Join(err, os.RemoveAll(filepath.Dir(s.path)))
	}
	return err
}

// saidFor is how long it is said what has happened.
const saidFor = 24 * time.Hour

// Trouble says what is wrong, "" if nothing is: why the file cannot be used, or for a day that a damaged one was set aside, under which
// name, that it was deleted or moved away, and how many damaged parts were found when they were read, and of which time they are.
func (s *Store) Trouble() string {
	if f := s.failure.Load(); f != nil {
		s.mu.RLock()
		defer s.mu.RUnlock()
		if s.closed {
			return ""
		}
		return *f
	}
	var all []string
	if a := s.aside.Load(); a != nil && time.Since(a.when) < saidFor {
		all = append(all, fmt.Sprintf("the history was damaged and is set aside as %s: %v", a.path, a.why))
	}
	if at := s.gone.Load(); at != nil && time.Since(*at) < saidFor {
		all = append(all, fmt.Sprintf("the history's file %s was deleted or moved away by %s: what was stored is not in the new one that begins there",
			s.name, at.Format(time.RFC3339)))
	}
	if text := s.damages.String(); text != "" {
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

// Stats says how large a store is and what it has left out.
type Stats struct {
	Version   int    // of the file's format
	FileBytes int64  // of the file
	UsedBytes int64  // of it, what is in use
	Skipped   uint64 // damaged entries that were left out when hours were made layers of, since Open
	Dropped   uint64 // requests beyond the most of an hour since Open
	SetAside  string // where a damaged file was put since Open; "" if none was

	// Damaged is how many damaged parts of the file were found since it was opened, at most 1000: the rows or the signals of an hour, or an
	// event. They are from DamagedFrom to DamagedTo.
	Damaged                int
	DamagedFrom, DamagedTo time.Time
}

// Stats returns how large the store is by now.
func (s *Store) Stats(ctx context.Context) (st Stats, err error) {
	st.Version = formatVersion // others are not opened
	st.Skipped, st.Dropped = s.skipped.Load(), s.dropped.Load()
	if a := s.aside.Load(); a != nil {
		st.SetAside = a.path
	}
	st.Damaged, st.DamagedFrom, st.DamagedTo, _ = s.damages.found()
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		st.UsedBytes = used(tx)
		info, err := s.file.Stat()
		if err == nil {
			st.FileBytes = info.Size()
		}
		return err
	})
	return st, err
}
