// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
)

const (
	// patience is how long one transaction or query may take, if its context has no earlier end.
	patience = 30 * time.Second
	// lockPatience is how long another writer of a SQLite file is waited for.
	lockPatience = 5 * time.Second
)

// querier is a pool, a transaction, or a connection that is in one.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// session is where statements go. Whatever is not known when this is compiled goes as a parameter.
type session struct {
	ctx     context.Context //nolint:containedctx // of the one transaction or query that it is for
	on      querier
	dialect Dialect
}

// exec executes a statement, and returns how many rows it was about.
func (t *session) exec(statement string, args ...any) (int64, error) {
	result, err := t.on.ExecContext(t.ctx, t.dialect.text(statement), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// query has each row scanned.
func (t *session) query(statement string, scan func(*sql.Rows) error, args ...any) error {
	rows, err := t.on.QueryContext(t.ctx, t.dialect.text(statement), args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err says it
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// number asks for one number.
func (t *session) number(statement string, args ...any) (n int64, err error) {
	err = t.query(statement, func(r *sql.Rows) error { return r.Scan(&n) }, args...)
	return n, err
}

// read calls f with the pool: each query is of one moment.
func (s *Store) read(ctx context.Context, f func(*session) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return public(ctx, s.untilFree(ctx, func() error { return f(&session{ctx, s.db, s.dialect}) }))
}

// write calls f in a transaction. After an error it may have been committed all the same, if the connection was lost just then.
func (s *Store) write(ctx context.Context, f func(*session) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if s.dialect == SQLite {
		return public(ctx, s.writeSQLite(ctx, f))
	}
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return public(ctx, err)
	}
	defer tx.Rollback() //nolint:errcheck // of one that was committed it does nothing
	if err := f(&session{ctx, tx, s.dialect}); err != nil {
		return public(ctx, err)
	}
	return public(ctx, tx.Commit())
}

// writeSQLite takes the lock of the file first: a transaction that begins by reading may be refused it later.
func (s *Store) writeSQLite(ctx context.Context, f func(*session) error) error {
	var conn *sql.Conn
	err := s.untilFree(ctx, func() (err error) {
		conn, err = s.db.Conn(ctx)
		return err
	})
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it goes back to the pool
	exec := func(statement string) func() error {
		return func() error {
			_, err := conn.ExecContext(ctx, statement)
			return err
		}
	}
	if err := s.untilFree(ctx, exec("BEGIN IMMEDIATE")); err != nil {
		return err
	}
	if err = f(&session{ctx, conn, s.dialect}); err == nil {
		err = s.untilFree(ctx, exec("COMMIT"))
	}
	if err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if _, failure := conn.ExecContext(ctx, "ROLLBACK"); failure != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // so that the pool closes it
		}
	}
	return err
}

// untilFree calls f until a SQLite file is not locked.
func (s *Store) untilFree(ctx context.Context, f func() error) error {
	began, pause := time.Now(), time.Millisecond
	for {
		err := f()
		if s.dialect != SQLite || !isLocked(err) || time.Since(began) > lockPatience {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
			pause = min(2*pause, 100*time.Millisecond)
		}
	}
}

// isLocked reports whether another has a SQLite file. Each driver has an error of its own, all say it so.
func isLocked(err error) bool {
	return err != nil && strings.Contains(err.Error(), "is locked")
}

// public is an error as callers see it.
func public(ctx context.Context, err error) error {
	switch {
	case err == nil, errors.Is(err, history.ErrNewer), errors.Is(err, history.ErrDamaged), errors.Is(err, history.ErrBatch):
		return err
	case isLocked(err):
		return fmt.Errorf("%w: %w", history.ErrLocked, err)
	case ctx.Err() != nil && !errors.Is(err, ctx.Err()): // drivers say it in words of their own
		return fmt.Errorf("otelperf: history: %w: %w", ctx.Err(), err)
	default:
		return fmt.Errorf("otelperf: history: %w", err)
	}
}
