// SPDX-License-Identifier: Apache-2.0

//go:build unix

package history

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
	"github.com/otelperf/otelperf-go/otelperf/history/sqlstore"
)

// A file of SQLite's that is moved or deleted while it is open is noticed by the next batch, which waits until it is back or opened anew.
func TestFileOfSQLiteMoved(t *testing.T) {
	for name, mode := range map[string]string{"write-ahead log": "WAL", "journal": "DELETE"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file, away := filepath.Join(dir, "l.db"), filepath.Join(dir, "away.db")
			url := "file:" + file + "?_pragma=journal_mode(" + mode + ")"
			d := &database{dialect: sqlstore.SQLite}
			var log bytes.Buffer
			open := func() *sqlstore.Store {
				return d.open(t, connect(t, "sqlite", url), sqlstore.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
			}
			move := func(from, to string) {
				t.Helper()
				for _, suffix := range []string{"", "-wal", "-shm"} {
					if err := os.Rename(from+suffix, to+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
						t.Fatal(err)
					}
				}
			}
			s, shop := open(), historytest.NewShop(3, 2)
			first := from("a", shop.Minute(historytest.At(0)))
			must(t, s.Append(t.Context(), first))
			move(file, away)
			second := from("a", shop.Minute(historytest.At(1)))
			for range 2 {
				err := s.Append(t.Context(), second)
				if err == nil || !strings.Contains(err.Error(), file+" was deleted or moved away") || !strings.Contains(err.Error(), "move it back") {
					t.Errorf("Append while it is away: %v", err)
				}
			}
			if n := strings.Count(log.String(), "level=ERROR"); n != 1 || !strings.Contains(log.String(), file) {
				t.Errorf("logged %d times: %s", n, &log)
			}
			if _, err := os.Stat(file); err == nil {
				t.Error("another file was begun")
			}
			wantStored(t, s, count(first.Rows))

			another := open() // as another instance that is started
			must(t, another.Append(t.Context(), from("b", shop.Minute(historytest.At(1)))))
			if err := s.Append(t.Context(), second); err == nil || !strings.Contains(err.Error(), "is not the file any more that was opened") {
				t.Errorf("Append beside another file: %v", err)
			}
			must(t, another.Close())
			move(file, filepath.Join(dir, "another.db"))

			move(away, file)
			must(t, s.Append(t.Context(), second))
			wantStored(t, s, count(first.Rows)+count(second.Rows))
			if !strings.Contains(log.String(), "level=INFO") {
				t.Errorf("that it is back is not logged: %s", &log)
			}

			for _, suffix := range []string{"", "-wal", "-shm"} {
				_ = os.Remove(file + suffix)
			}
			if err := s.Append(t.Context(), second); err == nil || !strings.Contains(err.Error(), "was deleted or moved away") {
				t.Errorf("Append after it was deleted: %v", err)
			}
			must(t, s.Close())
			must(t, open().Append(t.Context(), second)) // as the service that is started again
		})
	}
}

// A database in memory has no file that could be moved.
func TestSQLiteInMemory(t *testing.T) {
	d := &database{dialect: sqlstore.SQLite}
	db := connect(t, "sqlite", ":memory:")
	db.SetMaxOpenConns(1)
	s, b := d.open(t, db), historytest.NewShop(3, 2).Minute(historytest.At(0))
	must(t, s.Append(t.Context(), b))
	wantStored(t, s, count(b.Rows))
}
