// SPDX-License-Identifier: Apache-2.0

//go:build unix

package history

import (
	"context"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
	"github.com/otelperf/otelperf-go/otelperf/history/sqlstore"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

var measure = flag.Int("measure", 0, "measure with so many `days` of 200 endpoints (-v shows the tables of the README of sqlstore)")

// TestSizeAndTime measures a history, and the same in rows of one endpoint and minute each, with calls, p50 and p99.
func TestSizeAndTime(t *testing.T) {
	if *measure == 0 {
		t.Skip("-measure says for how many days")
	}
	databases(t, func(t *testing.T, d *database) {
		s, shop := d.open(t, d.db), historytest.NewShop(200, 200)
		first := historytest.Start.Truncate(24 * time.Hour)
		var minutes []*history.Batch // drawing all would take its time
		for range 180 {
			minutes = append(minutes, shop.Minute(first))
		}
		end := first.Add(time.Duration(*measure) * 24 * time.Hour).Add(30 * time.Minute)
		var took time.Duration
		n := 0
		for at := first; at.Before(end); at = at.Add(time.Minute) {
			b := *minutes[n%len(minutes)]
			b.Time, b.Origin = at, "a"
			n++
			began := time.Now()
			historytest.Put(t, s, &b)
			took += time.Since(began)
			if n%60 == 0 && d.dialect == sqlstore.PostgreSQL {
				exec(t, d.db, "VACUUM otelperf_recent") // as it does by itself each minute, where an hour takes an hour
			}
		}
		if s.Trouble() != "" {
			t.Error(s.Trouble())
		}
		vacuum(t, d)
		ours := d.size(t, "otelperf_%")
		plain(t, d, first, n)
		vacuum(t, d)
		rows := d.size(t, "plain%")
		if d.dialect == sqlstore.SQLite {
			rows -= ours
		}
		t.Logf("%d days of 200 endpoints: %.1f MB, in rows %.1f MB; a minute is stored in %.1f ms",
			*measure, float64(ours)/1e6, float64(rows)/1e6, took.Seconds()*1e3/float64(n))
		day := end.Add(-24 * time.Hour)
		timed(t, "chart of one endpoint, 24 h by ten minutes", func() int {
			return total(t, s, history.Query{From: day, To: end, Step: history.TenMinutes, Endpoint: &shop.Endpoints[3]})
		})
		timed(t, "  in rows", func() int {
			return d.rows(t, "SELECT minute / 10, sum(calls), max(p99) FROM plain WHERE endpoint = $1 AND minute >= $2 GROUP BY minute / 10", "GET /api/items/3", day.Unix()/60)
		})
		timed(t, "summary of all, 24 h", func() int {
			return total(t, s, history.Query{From: day.Truncate(time.Hour), To: end, Step: history.Hour})
		})
		timed(t, "  in rows", func() int {
			return d.rows(t, "SELECT endpoint, sum(calls), max(p99) FROM plain WHERE minute >= $1 GROUP BY endpoint", day.Unix()/60)
		})
	})
}

// TestSummaryOfDays measures a cold summary of all endpoints over all days, in time and in what this process computes for it.
func TestSummaryOfDays(t *testing.T) {
	if *measure == 0 {
		t.Skip("-measure says for how many days")
	}
	databases(t, func(t *testing.T, d *database) {
		s, shop := d.open(t, d.db), historytest.NewShop(200, 200)
		var minutes []*history.Batch // drawing all would take its time
		for range 60 {
			minutes = append(minutes, shop.Minute(historytest.Start))
		}
		first := historytest.Start.Truncate(24 * time.Hour)
		end := first.Add(time.Duration(*measure)*24*time.Hour + 30*time.Minute)
		n := 0
		for at := first; at.Before(end); at = at.Add(time.Minute) {
			b := *minutes[n%len(minutes)]
			b.Time, b.Origin = at, "a"
			n++
			historytest.Put(t, s, &b)
		}
		vacuum(t, d)
		q := history.Query{From: end.Add(-time.Duration(*measure) * 24 * time.Hour).Truncate(time.Hour), To: end, Step: history.Hour}
		computed := time.Hour
		timed(t, fmt.Sprintf("summary of all, %d days", *measure), func() int {
			before := cpu(t)
			rows, err := history.Sum(t.Context(), s, q)
			if err != nil {
				t.Fatal(err)
			}
			computed = min(computed, cpu(t)-before)
			return len(rows)
		})
		t.Logf("%-44s %6.1f ms", "  of which this process computes", computed.Seconds()*1e3)
	})
}

// cpu is what this process has computed so far.
func cpu(t *testing.T) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func total(t *testing.T, s history.Store, q history.Query) int {
	rows, err := history.Total(s.Range(context.Background(), q))
	if err != nil {
		t.Fatal(err)
	}
	return len(rows)
}

// timed logs the fastest of some times, which other work on the machine has least to do with.
func timed(t *testing.T, what string, f func() int) {
	fastest := time.Hour
	for first, n := time.Now(), 0; n < 3 || n < 21 && time.Since(first) < 5*time.Second; n++ {
		began := time.Now()
		if f() == 0 {
			t.Fatalf("%s: nothing", what)
		}
		fastest = min(fastest, time.Since(began))
	}
	t.Logf("%-44s %6.1f ms", what, fastest.Seconds()*1e3)
}

func (d *database) rows(t *testing.T, query string, args ...any) (n int) {
	rows, err := d.db.QueryContext(context.Background(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		n++
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return n
}

func (d *database) size(t *testing.T, tables string) int64 {
	if d.dialect == sqlstore.SQLite {
		return number(t, d.db, "SELECT (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM pragma_page_size())")
	}
	return number(t, d.db, "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class WHERE relkind = 'r' AND relname LIKE $1", tables)
}

func vacuum(t *testing.T, d *database) { exec(t, d.db, "VACUUM") }

// plain fills a table of rows by endpoint and minute.
func plain(t *testing.T, d *database, first time.Time, minutes int) {
	exec(t, d.db, "CREATE TABLE plain (endpoint text NOT NULL, minute bigint NOT NULL, calls bigint NOT NULL, p50 double precision NOT NULL, p99 double precision NOT NULL, PRIMARY KEY (endpoint, minute))")
	conn, err := d.db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // of the test
	random := map[sqlstore.Dialect]string{sqlstore.PostgreSQL: "random()", sqlstore.SQLite: "abs(random() / 9223372036854775808.0)"}[d.dialect]
	fill := fmt.Sprintf(`WITH RECURSIVE m(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM m WHERE n < %d), e(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM e WHERE n < 199)
		INSERT INTO plain SELECT 'GET /api/items/' || e.n, %d + m.n, CAST(1000 * %s AS bigint), %s, %s FROM m, e`, minutes-1, first.Unix()/60, random, random, random)
	if _, err := conn.ExecContext(context.Background(), fill); err != nil {
		t.Fatal(err)
	}
}

// shape is a day of an endpoint: how many requests a minute has, and how long one takes, in seconds.
type shape struct {
	name  string
	calls func(minute int) float64
	takes func(r *rand.Rand, minute int) float64
}

func lognormal(r *rand.Rand, median, sigma float64) float64 {
	return median * math.Exp(sigma*r.NormFloat64())
}

// daily goes from 0.1 at night to 1 by day.
func daily(minute int) float64 { return .55 - .45*math.Cos(2*math.Pi*float64(minute)/(24*60)) }

func steady(rate float64) func(int) float64 { return func(int) float64 { return rate } }

var shapes = []shape{
	{"600 a minute, steady", steady(600), func(r *rand.Rand, _ int) float64 { return lognormal(r, .02, .6) }},
	{"6 a minute, steady", steady(6), func(r *rand.Rand, _ int) float64 { return lognormal(r, .02, .6) }},
	{"a cache: 2 % miss", steady(60), func(r *rand.Rand, _ int) float64 {
		if r.IntN(50) == 0 {
			return lognormal(r, .2, .3)
		}
		return lognormal(r, .002, .3)
	}},
	{"slower by day, with the load", func(m int) float64 { return 600 * daily(m) }, func(r *rand.Rand, m int) float64 {
		return lognormal(r, .02/(1.15-daily(m)), .5)
	}},
	{"20 minutes ten times slower", steady(300), func(r *rand.Rand, m int) float64 {
		if m >= 700 && m < 720 {
			return lognormal(r, .2, .5)
		}
		return lognormal(r, .02, .5)
	}},
	{"a job at night, few requests then", func(m int) float64 { return 600 * daily(m) }, func(r *rand.Rand, m int) float64 {
		if m < 60 {
			return lognormal(r, .3, .5)
		}
		return lognormal(r, .02, .5)
	}},
	{"a pause of 0.5 s each five minutes", steady(120), func(r *rand.Rand, m int) float64 {
		if m%5 == 0 && r.IntN(60) == 0 {
			return .5 * r.Float64()
		}
		return lognormal(r, .01, .4)
	}},
}

// TestMinutesOfP99 shows how far the p99 of a day is off that is made of the p99 of its minutes, and that histograms stay within their bound.
func TestMinutesOfP99(t *testing.T) {
	db := newSQLite(t)
	for _, shape := range shapes {
		r := rand.New(rand.NewPCG(7, 8))
		s, err := sqlstore.New(db.empty(t), db.dialect, "shop")
		if err != nil {
			t.Fatal(err)
		}
		var all []float64
		var sum, weighted, most float64
		minutes := 0
		for m := range 24 * 60 {
			h := new(latency.Histogram)
			var these []float64
			for range int(shape.calls(m) + r.Float64()) {
				d := time.Duration(1e9 * shape.takes(r, m))
				h.Record(d)
				these = append(these, d.Seconds())
			}
			if len(these) == 0 {
				continue
			}
			row := history.Row{Durations: h}
			row.Endpoint.Route = "/"
			row.Outcomes[0] = uint64(len(these))
			historytest.Put(t, s, &history.Batch{Time: historytest.At(m), Step: history.Minute, Rows: []history.Row{row}})
			p := p99(these)
			sum, weighted, most, minutes = sum+p, weighted+p*float64(len(these)), max(most, p), minutes+1
			all = append(all, these...)
		}
		rows, err := history.Total(s.Range(t.Context(), history.Query{From: historytest.At(0), To: historytest.At(24 * 60), Step: history.Hour}))
		if err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		merged, _ := rows[0].Durations.Quantile(.99)
		truth := p99(all)
		off := func(x float64) float64 { return 100 * (x/truth - 1) }
		t.Logf("| %-34s | %6.1f ms | %+5.0f %% | %+5.0f %% | %+6.0f %% | %+.2f %% |",
			shape.name, 1e3*truth, off(sum/float64(minutes)), off(weighted/float64(len(all))), off(most), off(merged.Seconds()))
		if math.Abs(off(merged.Seconds())) > 1.1 {
			t.Errorf("%s: the merged p99 is %v, the truth is %v s", shape.name, merged, truth)
		}
		if off(most) < 10 {
			t.Errorf("%s: the largest of the minutes is near the truth, which it should not be", shape.name)
		}
	}
}

// p99 is the exact one, by sorting.
func p99(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return all[int(math.Ceil(.99*float64(len(all))))-1]
}
