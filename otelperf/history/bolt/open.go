// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/layers"
)

// Bounds of the file's size.
const (
	defaultMaxBytes = 1 << 30
	minMaxBytes     = 8 << 20
)

// lockPatience is how long Open waits for another process that has the file: as good as not at all, it is tried again with each batch.
const lockPatience = 20 * time.Millisecond

// Store is a history in a file. All methods are safe for concurrent use.
type Store struct {
	path      string
	name      string // of the file in errors: path, unless that is a copy of it
	copied    bool   // see OpenCopy
	retention history.Retention
	maxBytes  int64
	logger    *slog.Logger

	writing sync.Mutex     // held by the Append that runs
	writer  *layers.Writer // guarded by writing; nil until it is needed
	due     due            // guarded by writing, or by mu while a file is opened
	sums    sums
	damages damages

	mu     sync.RWMutex // guards all below
	file   *os.File     // that db has open
	db     *bbolt.DB    // nil while the file could not be opened
	closed bool
	// renewing is what a new file is to say of the one in whose place it is; nil if there was none.
	renewing *history.Renewal

	skipped atomic.Uint64 // damaged entries that were left out
	dropped atomic.Uint64 // requests beyond those that are stored of an hour
	aside   atomic.Pointer[setAside]
	gone    atomic.Pointer[time.Time]       // when it was found that the file had been deleted or moved away
	failure atomic.Pointer[string]          // of the last attempt to open
	renewal atomic.Pointer[history.Renewal] // of the file that was opened last
	faulted atomic.Bool                     // bbolt has panicked with the file that is open
}

// setAside is a damaged file that was renamed.
type setAside struct {
	path string
	when time.Time
	why  error
}

var _ history.Store = (*Store)(nil)

// Option changes what Open does by default.
type Option func(*Store) error

// WithRetention sets for how long what is stored; fields of 0 have their defaults.
func WithRetention(r history.Retention) Option {
	return func(s *Store) (err error) {
		s.retention, err = r.WithDefaults()
		return err
	}
}

// WithMaxBytes sets how large the file may become, 8 MiB to 1 TiB, 1 GiB by default. When more is in use, the oldest minutes are deleted
// before their time, then ten minutes and hours, requests before them. The file may be larger by the last hour's writes.
func WithMaxBytes(n int64) Option {
	return func(s *Store) error {
		if n < minMaxBytes || n > 1<<40 {
			return fmt.Errorf("otelperf: history: max bytes is %d, accepted are %d to %d", n, int64(minMaxBytes), int64(1<<40))
		}
		s.maxBytes = n
		return nil
	}
}

// WithLogger sets where it is logged that a damaged file was set aside. The default is slog.Default().
func WithLogger(l *slog.Logger) Option {
	return func(s *Store) error {
		if l == nil {
			return errors.New("otelperf: history: logger is nil")
		}
		s.logger = l
		return nil
	}
}

// Open returns the history in a file, which it makes if there is none; its directory has to be there. The error joins what is wrong with
// the options: what is wrong with the file, Append, Range and Trouble say.
func Open(path string, opts ...Option) (*Store, error) {
	s := &Store{path: path, name: path, maxBytes: defaultMaxBytes, logger: slog.Default()}
	s.retention, _ = history.Retention{}.WithDefaults()
	var errs []error
	if path == "" {
		errs = append(errs, errors.New("otelperf: history: the path is empty"))
	}
	for _, o := range opts {
		errs = append(errs, o(s))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.openLocked() // said by whatever is done next
	return s, nil
}

// openLocked opens the file, and sets it aside first if it is damaged.
func (s *Store) openLocked() error {
	err := s.tryLocked()
	if errors.Is(err, history.ErrDamaged) {
		if err = s.asideLocked(err); err == nil {
			err = s.tryLocked()
		}
	}
	return s.failed(err)
}

// tryLocked opens the file as it is. The error wraps ErrDamaged for one that was a history.
func (s *Store) tryLocked() (err error) {
	if info, err := os.Stat(s.path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("otelperf: history: %s is no regular file (%v)", s.name, info.Mode())
	}
	var file *os.File
	options := *bbolt.DefaultOptions
	options.Timeout = lockPatience
	options.OpenFile = func(name string, flag int, mode fs.FileMode) (f *os.File, err error) {
		file, err = os.OpenFile(name, flag, mode)
		return file, err
	}
	var db *bbolt.DB
	err = guard(func() (err error) {
		if db, err = bbolt.Open(s.path, 0o600, &options); err != nil {
			return err
		}
		db.AllocSize = 1 << 20 // by which the file grows
		return s.greet(db, file)
	})
	switch {
	case err == nil:
		s.db, s.file = db, file
		s.faulted.Store(false)
		s.renewing = nil
		s.due = due{}
		s.sums.forget()
		s.damages.forget()
		return nil
	case errors.Is(err, bolterrors.ErrTimeout):
		err = fmt.Errorf("%w: %s", history.ErrLocked, s.name)
	case isBroken(err):
		if ours(s.path) {
			err = fmt.Errorf("%w: %s: %w", history.ErrDamaged, s.name, err)
		} else {
			err = fmt.Errorf("otelperf: history: %s is something else, and is left alone: %w", s.name, err)
		}
	default:
		err = fmt.Errorf("otelperf: history: %w", err)
	}
	if db != nil && !errors.Is(err, errFault) { // else bbolt may wait for its own locks
		_ = guard(db.Close)
	}
	if file != nil {
		_ = file.Close() // after a panic nobody else does
	}
	return err
}

// isBroken reports whether an error is about what is in the file.
func isBroken(err error) bool {
	for _, e := range []error{errDamaged, bolterrors.ErrInvalid, bolterrors.ErrVersionMismatch, bolterrors.ErrChecksum, bolterrors.ErrInvalidMapping} {
		if errors.Is(err, e) {
			return true
		}
	}
	return err != nil && strings.Contains(err.Error(), "file size too small") // for which bbolt has no value
}

const (
	formatName    = "otelperf-history"
	formatVersion = 1
)

var (
	aboutBucket = []byte("about")
	formatKey   = []byte("format")
)

// format says what the file is.
type format struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
}

// greet checks that the file is sound and of our version, and makes what a new one lacks.
func (s *Store) greet(db *bbolt.DB, file *os.File) error {
	if err := check(file); err != nil {
		return err
	}
	complete, empty := false, false
	err := db.View(func(tx *bbolt.Tx) error {
		s.readRenewal(tx)
		if k, _ := tx.Cursor().First(); k == nil {
			empty = true
			return nil
		}
		complete = !slices.ContainsFunc(allBuckets, func(name []byte) bool { return tx.Bucket(name) == nil })
		var f format
		about := tx.Bucket(aboutBucket)
		if about == nil || json.Unmarshal(about.Get(formatKey), &f) != nil || f.Format != formatName {
			if has := func(name []byte) bool { return tx.Bucket(name) != nil }; has(hoursBucket) && has(tensBucket) && has(minutesBucket) {
				return fmt.Errorf("%w: it does not say what it is", errDamaged)
			}
			return fmt.Errorf("%s is something else, and is left alone", s.name)
		}
		if f.Version > formatVersion {
			return fmt.Errorf("%w: %s is of version %d, this program knows %d", history.ErrNewer, s.name, f.Version, formatVersion)
		}
		return nil
	})
	if err != nil || complete {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range allBuckets {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		text, err := json.Marshal(format{formatName, formatVersion})
		if err != nil {
			return err
		}
		if err := tx.Bucket(aboutBucket).Put(formatKey, text); err != nil || !empty {
			return err
		}
		return s.putRenewal(tx)
	})
	if err == nil && empty {
		s.renewal.Store(s.renewing)
	}
	return err
}

// asideLocked renames a damaged file, so that a new one can be begun.
func (s *Store) asideLocked(why error) error {
	now := time.Now().UTC()
	to := s.path + ".damaged-" + now.Format("20060102T150405.000")
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("otelperf: history: %s is in the way: %w", to, why)
	}
	if err := os.Rename(s.path, to); err != nil {
		return fmt.Errorf("otelperf: history: setting a damaged file aside: %w (%w)", err, why)
	}
	s.aside.Store(&setAside{to, now, why})
	s.renewing = &history.Renewal{At: now, Why: "its file was damaged"}
	s.logger.Error("otelperf: the history was damaged: it is set aside, and a new one begins", "file", s.path, "set_aside", to, "error", why)
	return nil
}
