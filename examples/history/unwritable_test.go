// SPDX-License-Identifier: Apache-2.0

//go:build unix

package history

import (
	"fmt"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
	"github.com/otelperf/otelperf-go/otelperf/history/sqlstore"
)

// refused appends a batch that the database does not take for want of something.
func refused(t *testing.T, s history.Store, b *history.Batch, want string) {
	t.Helper()
	if err := s.Append(t.Context(), b); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Append: %v, want %q", err, want)
	}
}

// A server that has become read-only, as a standby is, is read; what is to be written waits until it is not.
func TestReadOnlyServer(t *testing.T) {
	server := exampletest.StartPostgres(t)
	d := newPostgres(t, server)
	shop := historytest.NewShop(12, 3)
	s := d.open(t, d.db)
	first, second := from("a", shop.Minute(historytest.At(0))), from("a", shop.Minute(historytest.At(1)))
	historytest.Put(t, s, first)
	admin := connect(t, "pgx", server.URL)
	admin.SetMaxIdleConns(-1) // else the next one may be of before
	exec(t, admin, "ALTER SYSTEM SET default_transaction_read_only = on")
	d.db.SetMaxIdleConns(-1)
	server.Kill(t)
	server.Start(t)
	d.db.SetMaxIdleConns(2) // none is left of before
	refused(t, s, second, "read-only transaction")
	wantStored(t, s, count(first.Rows))
	conn, err := admin.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // of the test
	for _, statement := range []string{"SET default_transaction_read_only = off", "ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()"} {
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	must(t, insist(t.Context(), s, second))
	wantStored(t, s, count(first.Rows)+count(second.Rows))
}

// A SQLite file that may only be read is read.
func TestReadOnlyFile(t *testing.T) {
	d := newSQLite(t)
	shop := historytest.NewShop(12, 3)
	s := d.open(t, d.db)
	b := from("a", shop.Minute(historytest.At(0)))
	historytest.Put(t, s, b)
	reader := d.open(t, connect(t, "sqlite", d.url+"&_pragma=query_only(1)"))
	refused(t, reader, from("a", shop.Minute(historytest.At(1))), "readonly")
	wantStored(t, reader, count(b.Rows))
}

// Tables that somebody has dropped are said to be missing; when all are, they are made anew.
func TestDroppedTables(t *testing.T) {
	databases(t, func(t *testing.T, d *database) {
		shop := historytest.NewShop(12, 3)
		s := d.open(t, d.db)
		historytest.Put(t, s, from("a", shop.Minute(historytest.At(0))))
		exec(t, d.db, "DROP TABLE otelperf_recent")
		b := from("a", shop.Minute(historytest.At(1)))
		missing := map[sqlstore.Dialect]string{sqlstore.PostgreSQL: "does not exist", sqlstore.SQLite: "no such table"}[d.dialect]
		refused(t, s, b, missing)
		if _, err := stored(s); err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("Range: %v, want %q", err, missing)
		}
		for _, table := range []string{"batches", "hours", "ten_minutes", "minutes", "events", "schema"} {
			exec(t, d.db, "DROP TABLE otelperf_"+table)
		}
		wantStored(t, s, 0)
		historytest.Put(t, s, b)
		wantStored(t, s, count(b.Rows))
	})
}

// filling appends minutes until the database is full, then makes room, and goes on: nothing that was appended is lost or doubled.
func filling(t *testing.T, d *database, want string, free func()) {
	t.Helper()
	shop := historytest.NewShop(200, 50)
	s, total := d.open(t, d.db), uint64(0)
	for minute := range 3000 {
		b := from(fmt.Sprint(minute/40), shop.Minute(historytest.At(minute%40))) // of one hour
		if err := s.Append(t.Context(), b); err != nil {
			if !strings.Contains(err.Error(), want) {
				t.Fatalf("minute %d: %v, want %q", minute, err, want)
			}
			wantStored(t, s, total)
			free()
			must(t, insist(t.Context(), s, b))
			wantStored(t, s, total+count(b.Rows))
			return
		}
		total += count(b.Rows)
	}
	t.Error("the database was never full")
}

func TestFullFile(t *testing.T) {
	d := newSQLite(t)
	d.db.SetMaxOpenConns(1) // of which the bound is
	exec(t, d.db, "PRAGMA max_page_count = 100")
	filling(t, d, "full", func() { exec(t, d.db, "PRAGMA max_page_count = 100000") })
}
