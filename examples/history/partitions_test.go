// SPDX-License-Identifier: Apache-2.0

//go:build unix

package history

import (
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
)

// What the README says of partitions by day works: what is merged goes into them, and one that is dropped is missed by nobody.
func TestPartitionsOfTheREADME(t *testing.T) {
	text, err := os.ReadFile("../../otelperf/history/sqlstore/README.md")
	if err != nil {
		t.Fatal(err)
	}
	statements := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllSubmatch(text, -1)
	if len(statements) != 2 {
		t.Fatalf("the README has %d pieces of SQL, want 2", len(statements))
	}
	d := newPostgres(t, exampletest.StartPostgres(t))
	exec(t, d.db, string(statements[0][1]))
	exec(t, d.db, string(statements[1][1]))
	exec(t, d.db, string(statements[1][1])) // again does no harm
	s, shop := d.open(t, d.db), historytest.NewShop(12, 3)
	var partition string
	if err := d.db.QueryRow("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^otelperf_minutes_[0-9]{8}$'").Scan(&partition); err != nil {
		t.Fatal(err)
	}
	tomorrow, err := time.Parse("otelperf_minutes_20060102", partition)
	if err != nil {
		t.Fatal(err)
	}
	want := uint64(0)
	for _, m := range []int{0, 1, 59, 61, 130} {
		b := from("a", shop.Minute(tomorrow.Add(time.Duration(m)*time.Minute)))
		historytest.Put(t, s, b)
		want += count(b.Rows)
	}
	if n := number(t, d.db, "SELECT count(*) FROM "+partition); n == 0 || s.Trouble() != "" {
		t.Errorf("%d rows are in %s, trouble %q", n, partition, s.Trouble())
	}
	check := func() (longest time.Duration) {
		t.Helper()
		n := uint64(0)
		for _, b := range historytest.Read(t, s, history.Query{From: tomorrow, To: tomorrow.Add(24 * time.Hour)}) {
			n, longest = n+count(b.Rows), max(longest, b.Step)
		}
		if n != want {
			t.Errorf("%d requests are stored, want %d", n, want)
		}
		return longest
	}
	if step := check(); step != history.Minute {
		t.Errorf("steps are of %v, want a minute", step)
	}
	exec(t, d.db, "DROP TABLE "+partition)
	if step := check(); step != history.TenMinutes {
		t.Errorf("steps are of %v, want ten minutes", step)
	}
	historytest.Put(t, s, shop.Minute(tomorrow.Add(200*time.Minute)))
}
