// SPDX-License-Identifier: Apache-2.0

//go:build unix

package history

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
	"github.com/otelperf/otelperf-go/otelperf/history/sqlstore"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// insist appends a batch until that succeeds, as a service does. The error is that of the last attempt of too many.
func insist(ctx context.Context, s history.Store, b *history.Batch) (err error) {
	for began := time.Now(); time.Since(began) < exampletest.Patience && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		if err = s.Append(ctx, b); err == nil {
			return nil
		}
	}
	return errors.Join(err, ctx.Err())
}

// must ends the test with an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantStored compares what a store has with what it should.
func wantStored(t *testing.T, s history.Store, want uint64) {
	t.Helper()
	if n, err := stored(s); n != want || err != nil {
		t.Errorf("%d requests are stored, want %d, %v", n, want, err)
	}
}

// A PostgreSQL that is killed again and again, amid what is appended, loses nothing, and what is appended again is not doubled.
func TestPostgresIsKilled(t *testing.T) {
	server := exampletest.StartPostgres(t, "fsync=on")
	d := newPostgres(t, server)
	s, shop := d.open(t, d.db), historytest.NewShop(12, 3)
	var minutes, failed atomic.Int64
	stop, done := make(chan struct{}), make(chan uint64, 1)
	go func() {
		want := uint64(0)
		defer func() { done <- want }()
		for m := 0; ; m++ {
			b := from("a", shop.Minute(historytest.At(m)))
			for s.Append(t.Context(), b) != nil { // as a service does
				if failed.Add(1); t.Context().Err() != nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			want += count(b.Rows)
			minutes.Add(1)
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	grows := func(what string, n *atomic.Int64, by int64) {
		t.Helper()
		was := n.Load()
		exampletest.Eventually(t, what, func() bool { return n.Load() >= was+by })
	}
	for range 3 {
		grows("minutes are stored", &minutes, 5)
		server.Kill(t)
		grows("what is appended fails", &failed, 1)
		server.Start(t)
	}
	grows("minutes are stored", &minutes, 5)
	close(stop)
	want := <-done
	t.Logf("%d minutes, %d attempts failed", minutes.Load(), failed.Load())
	wantStored(t, s, want)
}

// A batch whose COMMIT has arrived, though the connection was lost before that was known, is stored once: also when the hour has been merged.
func TestCommitOfUnknownOutcome(t *testing.T) {
	databases(t, func(t *testing.T, d *database) {
		shop := historytest.NewShop(12, 3)
		other, lossy := d.open(t, d.db), loseCommits(t, d)
		s := d.open(t, lossy.db)
		first := from("a", shop.Minute(historytest.At(0)))
		historytest.Put(t, s, first)
		lossy.lose.Store(true)
		second := from("a", shop.Minute(historytest.At(1)))
		second.Marks = []history.Mark{{ID: "m", Time: second.Time}}
		for range 3 {
			if err := s.Append(t.Context(), second); !errors.Is(err, errLost) {
				t.Fatalf("error %v, want that the connection was lost", err)
			}
		}
		wantStored(t, other, count(first.Rows)+count(second.Rows))
		lossy.lose.Store(false)
		later := from("b", shop.Minute(historytest.At(60)))
		historytest.Put(t, other, later)
		if n := number(t, d.db, "SELECT count(*) FROM otelperf_hours"); n == 0 {
			t.Fatal("the hour is not merged")
		}
		historytest.Put(t, s, second)
		wantStored(t, other, count(first.Rows)+count(second.Rows)+count(later.Rows))
		if n := number(t, d.db, "SELECT count(*) FROM otelperf_events"); n != 1 {
			t.Errorf("%d marks, want 1", n)
		}
		// A batch of the hour that was not there when it was merged is added.
		late := from("c", shop.Minute(historytest.At(1)))
		historytest.Put(t, s, late)
		wantStored(t, other, count(first.Rows)+count(second.Rows)+count(later.Rows)+count(late.Rows))
		historytest.Put(t, other, from("b", shop.Minute(historytest.At(180))))
		if n := number(t, d.db, "SELECT count(*) FROM otelperf_recent WHERE began < $1", historytest.At(30).Unix()); n != 0 {
			t.Errorf("%d parts are not merged", n)
		}
	})
}

// What waits for a lock ends with its context, or by the database's own timeout, and leaves nothing behind.
func TestLockedTable(t *testing.T) {
	d := newPostgres(t, exampletest.StartPostgres(t))
	shop := historytest.NewShop(12, 3)
	s := d.open(t, d.db)
	first := from("a", shop.Minute(historytest.At(0)))
	historytest.Put(t, s, first)
	tx, err := d.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback() //nolint:errcheck // it may have been
	if _, err := tx.Exec("LOCK TABLE otelperf_recent IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	second := from("a", shop.Minute(historytest.At(1)))
	if err := s.Append(within(t, 50*time.Millisecond), second); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Append: %v, want that the context has ended", err)
	}
	for _, err := range s.Range(within(t, 50*time.Millisecond), history.Query{From: historytest.At(0), To: historytest.At(9)}) {
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Range: %v, want that the context has ended", err)
		}
	}
	hasty := d.open(t, connect(t, "pgx", d.url+"&statement_timeout=50"))
	if err := hasty.Append(t.Context(), second); err == nil || !strings.Contains(err.Error(), "statement timeout") {
		t.Errorf("Append: %v, want a statement timeout", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	must(t, insist(t.Context(), s, second))
	wantStored(t, s, count(first.Rows)+count(second.Rows))
}

// A SQLite file that another writes to is waited for, and said to be locked.
func TestLockedFile(t *testing.T) {
	d := newSQLite(t)
	shop := historytest.NewShop(12, 3)
	s := d.open(t, d.db)
	b := from("a", shop.Minute(historytest.At(0)))
	historytest.Put(t, s, b)
	conn, err := d.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // of the test
	if _, err := conn.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	second := from("a", shop.Minute(historytest.At(1)))
	for wait := 50 * time.Millisecond; ; wait *= 2 { // until it comes as far as to the lock
		if err = s.Append(within(t, wait), second); !errors.Is(err, context.DeadlineExceeded) || wait > exampletest.Patience {
			break
		}
	}
	if !errors.Is(err, history.ErrLocked) {
		t.Errorf("Append: %v, want ErrLocked", err)
	}
	wantStored(t, s, count(b.Rows)) // which a log that is written ahead allows
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	historytest.Put(t, s, second)
	wantStored(t, s, count(b.Rows)+count(second.Rows))
}

// Who may only read reads; who may not make tables stores in those that are there; who may nothing is told so.
func TestRights(t *testing.T) {
	d := newPostgres(t, exampletest.StartPostgres(t))
	for _, role := range []string{"reader", "writer", "nobody"} {
		exec(t, d.db, "CREATE ROLE "+role+" LOGIN")
	}
	as := func(role string) *sqlstore.Store {
		u, err := url.Parse(d.url)
		if err != nil {
			t.Fatal(err)
		}
		v := u.Query()
		v.Set("user", role)
		u.RawQuery = v.Encode()
		return d.open(t, connect(t, "pgx", u.String()))
	}
	shop := historytest.NewShop(12, 3)
	b := from("a", shop.Minute(historytest.At(0)))
	if err := as("writer").Append(t.Context(), b); err == nil || !strings.Contains(err.Error(), "making the tables") || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("Append without the right to make tables: %v", err)
	}
	exec(t, d.db, d.dialect.Schema())
	exec(t, d.db, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO writer")
	writer := as("writer")
	want := uint64(0)
	for _, m := range []int{0, 1, 60} {
		b := from("a", shop.Minute(historytest.At(m)))
		historytest.Put(t, writer, b)
		want += count(b.Rows)
	}
	if writer.Trouble() != "" {
		t.Error(writer.Trouble())
	}
	wantStored(t, as("reader"), want)
	if err := as("reader").Append(t.Context(), b); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("Append without the right to: %v", err)
	}
	if _, err := stored(as("nobody")); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("Range without the right to: %v", err)
	}
	// Who may add, but not delete, stores minutes, and says that they cannot be merged.
	exec(t, d.db, "REVOKE DELETE ON otelperf_recent FROM writer")
	writer = as("writer")
	b = from("a", shop.Minute(historytest.At(180)))
	historytest.Put(t, writer, b)
	if !strings.Contains(writer.Trouble(), "permission denied") {
		t.Errorf("trouble is %q", writer.Trouble())
	}
	wantStored(t, as("reader"), want+count(b.Rows))
}

// Tables of a newer version are neither read nor written.
func TestNewerTables(t *testing.T) {
	databases(t, func(t *testing.T, d *database) {
		shop := historytest.NewShop(12, 3)
		s := d.open(t, d.db)
		historytest.Put(t, s, shop.Minute(historytest.At(0)))
		exec(t, d.db, "INSERT INTO otelperf_schema (version) VALUES (99)")
		rows := number(t, d.db, "SELECT count(*) FROM otelperf_recent")
		for _, s := range []*sqlstore.Store{s, d.open(t, d.db)} {
			if err := s.Append(t.Context(), shop.Minute(historytest.At(180))); !errors.Is(err, history.ErrNewer) {
				t.Errorf("Append: %v, want ErrNewer", err)
			}
			if _, err := stored(s); !errors.Is(err, history.ErrNewer) {
				t.Errorf("Range: %v, want ErrNewer", err)
			}
		}
		if n := number(t, d.db, "SELECT count(*) FROM otelperf_recent"); n != rows {
			t.Errorf("%d rows were there, now %d", rows, n)
		}
	})
}

// Bytes that are not what was stored are reported, once for each part, and everything else is read.
func TestDamagedBytes(t *testing.T) {
	databases(t, func(t *testing.T, d *database) {
		const minutes = 130
		shop := historytest.NewShop(30, 10)
		s := d.open(t, d.db)
		var of [8]uint64 // requests by part, of which the test learns below
		total := uint64(0)
		for m := range minutes {
			b := from("a", shop.Minute(historytest.At(m)))
			historytest.Put(t, s, b)
			total += count(b.Rows)
		}
		damage := func(table string, part int) {
			exec(t, d.db, "UPDATE "+table+" SET data = $1 WHERE part = $2 AND began = (SELECT min(began) FROM "+table+")", []byte("\x01\x00noise"), part)
		}
		read := func(want string, parts ...int) {
			t.Helper()
			n, err := stored(s)
			if want == "" != (err == nil) || err != nil && !errors.Is(err, history.ErrDamaged) {
				t.Errorf("error %v, want %q", err, want)
			}
			for _, p := range parts {
				n += of[p]
			}
			if n != total {
				t.Errorf("%d requests with those that are damaged, want %d", n, total)
			}
		}
		read("")
		for p := range of { // those of the first hour
			sound := number(t, d.db, "SELECT count(*) FROM otelperf_hours WHERE part = $1", p)
			if sound == 0 {
				t.Fatalf("nothing is in part %d", p)
			}
		}
		first := func() uint64 {
			rows, _ := history.Total(s.Range(t.Context(), history.Query{From: historytest.At(-17), To: historytest.At(43), Step: history.Hour}))
			return count(rows)
		}
		before := first()
		damage("otelperf_hours", 3)
		of[3] = before - first()
		if of[3] == 0 {
			t.Fatal("nothing is missing")
		}
		read("of part 3", 3)

		// What is late for that hour does not take the place of what is damaged; what is damaged of a minute does not end in layers.
		late := from("late", shop.Minute(historytest.At(0)))
		historytest.Put(t, s, late)
		total += count(late.Rows)
		unread := func() map[conventions.Endpoint]bool { // endpoints of late that are damaged
			all := map[conventions.Endpoint]bool{}
			for _, r := range late.Rows {
				_, err := history.Total(s.Range(t.Context(), history.Query{From: historytest.At(0), To: historytest.At(1), Endpoint: &r.Endpoint}))
				all[r.Endpoint] = err != nil
			}
			return all
		}
		hour := unread()
		damage("otelperf_recent", 5)
		next := from("a", shop.Minute(historytest.At(240)))
		historytest.Put(t, s, next)
		total += count(next.Rows)
		if st := s.Stats(); st.Aside != 2 || !strings.Contains(s.Trouble(), "2 parts of minutes") {
			t.Errorf("set aside are %d, trouble is %q", st.Aside, s.Trouble())
		}
		if n := number(t, d.db, "SELECT count(*) FROM otelperf_recent WHERE aside = 1"); n != 2 {
			t.Errorf("%d parts are set aside, want 2", n)
		}
		for e, is := range unread() {
			for _, r := range late.Rows {
				if r.Endpoint == e && is && !hour[e] {
					of[5] += r.Outcomes.Total()
				}
			}
		}
		read("of parts 3 and 5", 3, 5)
	})
}
