// SPDX-License-Identifier: Apache-2.0

//go:build unix

package history

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
	"github.com/otelperf/otelperf-go/otelperf/history/sqlstore"
)

// database is one that stores can be opened in.
type database struct {
	dialect sqlstore.Dialect
	db      *sql.DB
	url     string                     // of db
	empty   func(t *testing.T) *sql.DB // another one, without tables; db is the first
}

// databases calls f with each kind of database.
func databases(t *testing.T, f func(t *testing.T, d *database)) {
	t.Run("PostgreSQL", func(t *testing.T) { f(t, newPostgres(t, exampletest.StartPostgres(t))) })
	t.Run("SQLite", func(t *testing.T) { f(t, newSQLite(t)) })
}

func newPostgres(t *testing.T, server *exampletest.PostgresServer) *database {
	t.Helper()
	d, n := &database{dialect: sqlstore.PostgreSQL}, 0
	d.empty = func(t *testing.T) *sql.DB {
		n++
		name := fmt.Sprint("history", n)
		exec(t, connect(t, "pgx", server.URL), "CREATE DATABASE "+name)
		d.url = server.URL + "&dbname=" + name
		return connect(t, "pgx", d.url)
	}
	d.db = d.empty(t)
	return d
}

func newSQLite(t *testing.T) *database {
	t.Helper()
	d := &database{dialect: sqlstore.SQLite}
	d.empty = func(t *testing.T) *sql.DB {
		d.url = "file:" + filepath.Join(t.TempDir(), "history.db") + "?_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)"
		return connect(t, "sqlite", d.url)
	}
	d.db = d.empty(t)
	return d
}

func connect(t *testing.T, driver, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func exec(t *testing.T, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(context.Background(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func number(t *testing.T, db *sql.DB, query string, args ...any) (n int64) {
	t.Helper()
	if err := db.QueryRowContext(context.Background(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// open opens the store of a service in a database.
func (d *database) open(t *testing.T, db *sql.DB, opts ...sqlstore.Option) *sqlstore.Store {
	t.Helper()
	s, err := sqlstore.New(db, d.dialect, "shop", opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// from is a batch of an instance.
func from(origin string, b *history.Batch) *history.Batch {
	b.Origin = origin
	return b
}

// stored is all requests that a store has, of a day and a half around what is stored.
func stored(s history.Store) (n uint64, err error) {
	q := history.Query{From: historytest.At(-17), To: historytest.At(36 * 60), Step: history.Hour}
	rows, err := history.Total(s.Range(context.Background(), q))
	return count(rows), err
}

func count(rows []history.Row) (n uint64) {
	for i := range rows {
		n += rows[i].Outcomes.Total()
	}
	return n
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
