// SPDX-License-Identifier: Apache-2.0

// Command week compares a week in a history with the same week in rows of SQL that have the quantiles of each minute: how large both are,
// how long it takes to write and to read them, and how wrong a p99 of rows is. It prints a table:
//
//	go -C examples/week run .
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	_ "modernc.org/sqlite"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/bolt"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

var (
	days      = flag.Int("days", 7, "how long")
	endpoints = flag.Int("endpoints", 200, "how many")
	rate      = flag.Float64("rate", 200, "requests a second in all")
)

func main() {
	flag.Parse()
	dir, err := os.MkdirTemp("", "week")
	if err == nil {
		err = run(dir)
	}
	if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir string) error {
	ctx := context.Background()
	first := historytest.Start.Truncate(24 * time.Hour)
	end := first.Add(time.Duration(*days)*24*time.Hour + 30*time.Minute)
	minutes := drawn(first)

	store, err := bolt.Open(filepath.Join(dir, "history"))
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }() // all is written
	rows, err := openRows(filepath.Join(dir, "rows"))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // all is written
	var written, inserted time.Duration
	n := 0
	for at := first; at.Before(end); at = at.Add(time.Minute) {
		b := *minutes[n%len(minutes)]
		b.Time, b.Signals = at, nil
		began := time.Now()
		if err := store.Append(ctx, &b); err != nil {
			return err
		}
		between := time.Now()
		if err := insert(rows, &b); err != nil {
			return err
		}
		written, inserted, n = written+between.Sub(began), inserted+time.Since(between), n+1
	}
	_, err = rows.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	if err != nil {
		return err
	}

	t := table{}
	t.line("size, MB", size(dir, "history")/1e6, size(dir, "rows")/1e6)
	t.line("writing a minute, ms", ms(written)/float64(n), ms(inserted)/float64(n))
	one := conventions.Endpoint(minutes[0].Rows[3].Endpoint)
	chart := history.Query{From: end.Add(-24 * time.Hour), To: end, Step: history.TenMinutes, Endpoint: &one}
	t.line("chart of one endpoint, 24 h by ten minutes, ms", timed(func() error {
		_, err := history.Total(store.Range(ctx, chart))
		return err
	}), timed(func() error {
		return drain(rows.Query("SELECT minute/600, avg(p99) FROM rows WHERE minute >= ? AND method = ? AND route = ? GROUP BY 1", chart.From.Unix(), one.Method, one.Route))
	}))
	day := history.Query{From: end.Add(-24 * time.Hour), To: end, Step: history.Hour}
	summary := func() error {
		_, err := history.Sum(ctx, store, day)
		return err
	}
	began := time.Now()
	if err := summary(); err != nil {
		return err
	}
	cold := ms(time.Since(began))
	query := func() error {
		return drain(rows.Query("SELECT method, route, sum(count), avg(p99) FROM rows WHERE minute >= ? GROUP BY 1, 2", day.From.Unix()))
	}
	t.line("summary of all endpoints, 24 h, the first time, ms", cold, timed(query))
	t.line("and again, ms", timed(summary), timed(query))
	if err := errors.Join(t.errs...); err != nil {
		return err
	}
	return wrong(ctx, store, rows, day)
}

// drawn are three hours, which are used again and again: to draw 120 million durations takes its time. Each fourth endpoint is eight times
// as slow for twenty minutes of them.
func drawn(first time.Time) (all []*history.Batch) {
	shop, ill := historytest.NewShop(*endpoints, *rate), historytest.NewShop(*endpoints, *rate)
	for i := range 180 {
		b := shop.Minute(first.Add(time.Duration(i) * time.Minute))
		if slow := ill.Minute(b.Time); i >= 60 && i < 80 {
			for j := range b.Rows {
				if k := slices.IndexFunc(slow.Rows, func(r history.Row) bool { return r.Endpoint == b.Rows[j].Endpoint }); j%4 == 0 && k >= 0 {
					for bucket, n := range slow.Rows[k].Durations.Buckets() {
						b.Rows[j].Durations.MergeBucket(bucket+3*64, n) // 64 buckets are an octave
					}
				}
			}
		}
		all = append(all, b)
	}
	return all
}

func openRows(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return nil, err
	}
	_, err = db.Exec(`PRAGMA journal_mode = WAL;
		CREATE TABLE rows (minute INTEGER, method TEXT, route TEXT, count INTEGER, errors INTEGER, mean REAL, p50 REAL, p90 REAL, p99 REAL,
			PRIMARY KEY (minute, method, route)) WITHOUT ROWID;
		CREATE INDEX of_endpoint ON rows (method, route, minute)`)
	return db, err
}

func insert(db *sql.DB, b *history.Batch) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	s, err := tx.Prepare("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	for i := range b.Rows {
		r := &b.Rows[i]
		var q [3]time.Duration
		r.Durations.Quantiles(q[:], []float64{.5, .9, .99})
		if _, err := s.Exec(b.Time.Unix(), r.Endpoint.Method, r.Endpoint.Route, r.Durations.Count(), r.Outcomes.Failed(), r.Durations.Mean().Seconds(), q[0].Seconds(), q[1].Seconds(), q[2].Seconds()); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// wrong prints by how much a p99 of a day that is made of p99s of minutes is off.
func wrong(ctx context.Context, store history.Store, db *sql.DB, day history.Query) error {
	truth, err := history.Sum(ctx, store, day)
	if err != nil {
		return err
	}
	ways := []string{"avg(p99)", "sum(p99*count)/sum(count)", "max(p99)"}
	off := make([][]float64, len(ways))
	for i := range truth {
		p99, ok := truth[i].Durations.Quantile(.99)
		if !ok || truth[i].Durations.Count() < 1000 {
			continue
		}
		for j, way := range ways {
			var got float64
			e := truth[i].Endpoint
			if err := db.QueryRow("SELECT "+way+" FROM rows WHERE minute >= ? AND method = ? AND route = ?", day.From.Unix(), e.Method, e.Route).Scan(&got); err != nil {
				return err
			}
			off[j] = append(off[j], got/p99.Seconds())
		}
	}
	fmt.Printf("\np99 of 24 h of %d endpoints from their p99s of minutes, as a multiple of the true one, which the history has to %.2f %%:\n", len(off[0]), 100*truth[0].Durations.ErrorBound())
	for j, way := range ways {
		slices.Sort(off[j])
		at := func(q float64) float64 { return off[j][int(math.Round(q*float64(len(off[j])-1)))] }
		fmt.Printf("  %-27s lowest %.2f  median %.2f  highest %.2f\n", way, at(0), at(.5), at(1))
	}
	return nil
}

// table prints lines as they come.
type table struct{ errs []error }

func (t *table) line(what string, ours, theirs any) {
	value := func(v any) float64 {
		m, ok := v.(measured)
		if !ok {
			f, _ := v.(float64)
			return f
		}
		if m.err != nil {
			t.errs = append(t.errs, m.err)
		}
		return m.ms
	}
	a, b := value(ours), value(theirs)
	fmt.Printf("%-52s history %9.2f   rows of p99 %9.2f   ratio %.2f\n", what, a, b, a/b)
}

// measured is what took so long.
type measured struct {
	ms  float64
	err error
}

// timed is the median of nine times.
func timed(f func() error) measured {
	var all []float64
	for range 9 {
		began := time.Now()
		if err := f(); err != nil {
			return measured{err: err}
		}
		all = append(all, ms(time.Since(began)))
	}
	slices.Sort(all)
	return measured{ms: all[4]}
}

func ms(d time.Duration) float64 { return d.Seconds() * 1e3 }

func size(dir, name string) (sum float64) {
	for _, end := range []string{"", "-wal", "-shm"} {
		if info, err := os.Stat(filepath.Join(dir, name+end)); err == nil {
			sum += float64(info.Size())
		}
	}
	return sum
}

func drain(rows *sql.Rows, err error) error {
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // was only read
	for rows.Next() {
	}
	return rows.Err()
}
