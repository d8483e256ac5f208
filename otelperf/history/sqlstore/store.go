// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/layers"
)

// maxName bounds the names of services and instances, in bytes.
const maxName = 128

// Store is a history in a database, that of one service. All methods are safe for concurrent use.
type Store struct {
	db        *sql.DB
	dialect   Dialect
	service   string
	instance  string
	release   func() // of the name; nil for one that was given
	retention history.Retention
	logger    *slog.Logger
	file      databaseFile

	writing chan struct{} // has one value while an Append runs; guards the two below
	writer  *layers.Writer
	tidied  int64 // hour in which upkeep was done last

	closed  atomic.Bool
	aside   atomic.Uint64 // parts of minutes that could not be read
	lastAt  atomic.Int64  // unix seconds at which that was found last
	dropped atomic.Uint64 // requests beyond those that are stored of an hour
	upkeep  atomic.Pointer[string]
}

var _ history.Store = (*Store)(nil)

// Option changes what New does by default.
type Option func(*Store) error

// WithRetention sets for how long what is stored; fields of 0 have their defaults. All instances of a service should have the same: the
// shortest is what is in force.
func WithRetention(r history.Retention) Option {
	return func(s *Store) (err error) {
		s.retention, err = r.WithDefaults()
		return err
	}
}

// WithLogger sets where it is logged that the file of a SQLite database was deleted, moved away or replaced, and that it is back. The default is
// slog.Default().
func WithLogger(l *slog.Logger) Option {
	return func(s *Store) error {
		if l == nil {
			return errors.New("otelperf: history: logger is nil")
		}
		s.logger = l
		return nil
	}
}

// WithInstance sets the name of this instance of the service, such as the one of its pod: UTF-8 of 1 to 128 bytes without NUL. Incidents
// have it in Instance, and requests among their dimensions as service.instance.id.
//
// The default is service.instance.id of OTEL_RESOURCE_ATTRIBUTES, and else the name of the host, to which all but the first process of the
// service on it have "/2", "/3" and so on added. A process that is started again, also after a kill, has the name that it had: which are taken is
// known by locks on empty files in the directory for temporary files, which the system releases with the process. Where there are no such locks,
// on Windows and Plan 9, it is the host's name with the id of the process, which is another after each start.
//
// A process with a new name goes on from what the others have learned, and not with the incidents that are open. So where the name of the host
// changes with each start, as that of a pod of a Deployment does, and there is but one instance, give it a constant name. Containers that share the
// name of a host, and no directory for temporary files, cannot tell each other by it: give them names.
//
// Of several with the same name numbers are added as those of any others, since each process has an Origin of its own. But each goes on from the
// state that any of them stored last, open incidents among it, and of the requests of an hour they store 200 together.
func WithInstance(name string) Option {
	return func(s *Store) error {
		s.instance = name
		return checkName("instance", name)
	}
}

func checkName(what, name string) error {
	if name == "" || len(name) > maxName || !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
		return fmt.Errorf("otelperf: history: the %s is %.200q, accepted are 1 to %d bytes of UTF-8 without NUL", what, name, maxName)
	}
	return nil
}

// New returns the history of a service in a database, which other services may have theirs in too. The name of the service is UTF-8 of 1
// to 128 bytes without NUL. The tables, whose names begin with otelperf_, are made by the first Append, if they are not there. db is the
// caller's to configure, and to close after the store. The error joins what is wrong with the arguments: what is wrong with the database,
// Append and Range say.
func New(db *sql.DB, dialect Dialect, service string, opts ...Option) (*Store, error) {
	s := &Store{db: db, dialect: dialect, service: service, logger: slog.Default(), writing: make(chan struct{}, 1)}
	s.retention, _ = history.Retention{}.WithDefaults()
	var errs []error
	if db == nil {
		errs = append(errs, errors.New("otelperf: history: the database is nil"))
	}
	if dialect != PostgreSQL && dialect != SQLite {
		errs = append(errs, fmt.Errorf("otelperf: history: the dialect is %d, accepted are PostgreSQL and SQLite", dialect))
	}
	errs = append(errs, checkName("service", service))
	for _, o := range opts {
		errs = append(errs, o(s))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if s.instance == "" {
		s.instance, s.release = defaultInstance(service)
	}
	return s, nil
}

// Close waits for an Append that runs. It leaves the database open.
func (s *Store) Close() error {
	s.writing <- struct{}{}
	defer func() { <-s.writing }()
	if !s.closed.Swap(true) && s.release != nil {
		s.release()
	}
	return nil
}

// ready says why nothing can be read or written.
func (s *Store) ready(ctx context.Context) error {
	if s.closed.Load() {
		return history.ErrClosed
	}
	return ctx.Err()
}

// Trouble says what is wrong beyond the errors of Append, "" if nothing is: why hours are not merged and old ones not deleted, or within a
// day that parts of minutes could not be read.
func (s *Store) Trouble() string {
	if why := s.upkeep.Load(); why != nil {
		return *why
	}
	if n := s.aside.Load(); n > 0 && time.Since(time.Unix(s.lastAt.Load(), 0)) < 24*time.Hour {
		return fmt.Sprintf("%d parts of minutes in the history could not be read, and are set aside in otelperf_recent", n)
	}
	return ""
}

// Stats says what a store has left out since New.
type Stats struct {
	Aside   uint64 // parts of minutes that could not be read, and stay in otelperf_recent as long as minutes are stored
	Dropped uint64 // requests beyond the most of an hour, which are 200 of an instance
}

// Stats returns what has been left out by now.
func (s *Store) Stats() Stats { return Stats{Aside: s.aside.Load(), Dropped: s.dropped.Load()} }
