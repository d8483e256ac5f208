// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
)

// nowhere is a database that cannot be reached.
type nowhere struct{}

var errNowhere = errors.New("no route to host")

func (nowhere) Connect(context.Context) (driver.Conn, error) { return nil, errNowhere }
func (nowhere) Driver() driver.Driver                        { return nil }

func TestNewReportsAllThatIsWrong(t *testing.T) {
	_, err := New(nil, 7, "a\x00b", WithInstance("\xff"), WithRetention(history.Retention{Minutes: time.Second}))
	for _, want := range []string{"database is nil", "dialect is 7", `service is "a\x00b"`, `instance is "\xff"`, "Minutes is 1s"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	for name, good := range map[string]bool{"": false, "shop": true, "ü'; --": true, strings.Repeat("x", 128): true, strings.Repeat("x", 129): false} {
		if _, err := New(sql.OpenDB(nowhere{}), SQLite, name); err == nil != good {
			t.Errorf("service %.20q: %v", name, err)
		}
	}
}

// A database that is not there keeps nobody from starting: it is said where something is stored or read.
func TestDatabaseThatIsNotThere(t *testing.T) {
	for _, dialect := range []Dialect{PostgreSQL, SQLite} {
		s, err := New(sql.OpenDB(nowhere{}), dialect, "shop")
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(6000, 0)
		if err := s.Append(t.Context(), &history.Batch{Time: at, Step: history.Minute}); !errors.Is(err, errNowhere) {
			t.Errorf("%s: Append: %v", dialect, err)
		}
		n := 0
		for _, err := range s.Range(t.Context(), history.Query{From: at, To: at.Add(time.Hour)}) {
			if n++; !errors.Is(err, errNowhere) {
				t.Errorf("%s: Range: %v", dialect, err)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d errors, want 1", dialect, n)
		}
	}
}

// What the statements say is known when they are compiled, but for how many parameters there are.
func TestStatements(t *testing.T) {
	if got, want := places(2, 3), "($1, $2, $3), ($4, $5, $6)"; got != want {
		t.Errorf("places are %s, want %s", got, want)
	}
	if got, want := SQLite.text("a = $1 AND b = $12"), "a = ?1 AND b = ?12"; got != want {
		t.Errorf("in SQLite it is %s, want %s", got, want)
	}
	for _, dialect := range []Dialect{PostgreSQL, SQLite} {
		schema := dialect.Schema()
		for _, table := range append(tables[:], "otelperf_recent", "otelperf_batches", "otelperf_events", "otelperf_schema") {
			if !strings.Contains(schema, "CREATE TABLE IF NOT EXISTS "+table+" (") {
				t.Errorf("the schema of %s has no %s", dialect, table)
			}
		}
		if strings.Contains(schema, "bytea") != (dialect == PostgreSQL) {
			t.Errorf("types of %s are those of another", dialect)
		}
	}
}
