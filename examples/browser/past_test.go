// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/bolt"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// both is a file that says that two instances share it.
type both struct{ *bolt.Store }

func (both) Instance() string { return "shop-1" }

func (both) Instances(_ context.Context, _, to time.Time) ([]history.Instance, error) {
	if now := time.Now(); to.After(now) {
		to = now
	}
	last := to.Add(-time.Minute).Truncate(time.Minute)
	return []history.Instance{{Name: "shop-1", Last: last}, {Name: "shop-2", Last: last}}, nil
}

// put stores a minute in which /items had some requests.
func put(t *testing.T, store history.Store, at time.Time, marks ...history.Mark) {
	t.Helper()
	row := history.Row{Endpoint: conventions.Endpoint{Method: "GET", Route: "/items"}, Durations: new(latency.Histogram)}
	for range 30 {
		row.Durations.Record(20 * time.Millisecond)
	}
	row.Outcomes[slowlog.OutcomeOK] = 30
	must(t, store.Append(t.Context(), &history.Batch{
		Time: at.UTC(), Step: history.Minute, Rows: []history.Row{row}, Signals: []history.Signal{{Name: "cpu", Mean: 0.5, Max: 1}}, Marks: marks,
	}))
}

// What was changed in a time that another process has stored is drawn in the charts of that time.
func TestMarksOfThen(t *testing.T) {
	store := openStore(t, filepath.Join(t.TempDir(), "shop.db"))
	from := time.Now().Truncate(time.Hour).Add(-5 * time.Hour)
	for i := range 60 {
		at := from.Add(time.Duration(i) * time.Minute)
		if i == 20 {
			put(t, store, at, history.Mark{ID: "m-1", Time: at.UTC(), Kind: "deploy", Text: "build 77", By: "ci"})
		} else {
			put(t, store, at)
		}
	}
	s := newSite(t, otelperf.WithHistory(store))
	s.some()
	tb := newTab(t)
	tb.do(chromedp.Navigate(fmt.Sprintf("%s#from=%d&to=%d&endpoint=GET+/items", s.base, from.Unix(), from.Add(time.Hour).Unix())))
	tb.until(`document.querySelector('#chart [data-mark="m-1"]') && document.querySelectorAll("#chart [data-mark]").length === 1 && document.getElementById("chart").textContent.includes("build 77")`)
	value[any](tb, fmt.Sprintf(`location.hash = "from=%d&to=%d&endpoint=GET+/items"`, from.Add(30*time.Minute).Unix(), from.Add(time.Hour).Unix()))
	tb.until(`document.querySelector("#chart svg") && !document.querySelector("#chart [data-mark]")`)
	tb.quiet(s.base)
}

// Numbers of several instances say so, and whose they are; those of one do not.
func TestWhoseNumbersTheyAre(t *testing.T) {
	store := openStore(t, filepath.Join(t.TempDir(), "shop.db"))
	from := time.Now().Truncate(time.Hour).Add(-5 * time.Hour)
	for i := range 60 {
		put(t, store, from.Add(time.Duration(i)*time.Minute))
	}
	address := func(s *site) string {
		return fmt.Sprintf("%s#from=%d&to=%d", s.base, from.Unix(), from.Add(time.Hour).Unix())
	}
	const said, identity = `document.getElementById("frozen-stored").textContent`, `document.getElementById("identity").textContent`
	s := newSite(t, otelperf.WithHistory(both{store}))
	s.some()
	tb := newTab(t)
	tb.do(chromedp.Navigate(address(s)))
	tb.until(row("/items") + ` && ` + said + ` === "Numbers of 2 instances: shop-1, shop-2." && ` + identity + `.includes("2 instances")`)
	value[any](tb, `location.hash = "window=24h"`)
	tb.until(storedLine + `.textContent.startsWith("Numbers of 2 instances: shop-1, shop-2. ")`)
	tb.quiet(s.base)
	alone := newSite(t, otelperf.WithHistory(store))
	alone.some()
	tb = newTab(t)
	tb.do(chromedp.Navigate(address(alone)))
	tb.until(row("/items") + ` && ` + said + ` === "" && !` + identity + `.includes("instances")`)
	tb.quiet(alone.base)
}

// The same time of another day counts by what is stored of it, not by when that began and ended: of less than half there is too little to compare,
// and of less than all it is said.
func TestYesterdayWithGaps(t *testing.T) {
	store := openStore(t, filepath.Join(t.TempDir(), "shop.db"))
	now := time.Now().Truncate(time.Minute)
	for i := range 90 { // of each six minutes two, from before the hour to after it
		if i%6 < 2 {
			put(t, store, now.Add(-24*time.Hour+time.Duration(i-75)*time.Minute))
		}
	}
	s := newSite(t, otelperf.WithHistory(store))
	s.some()
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base + "#window=1h&endpoint=GET+/items"))
	cell := row("/items") + `.querySelector("td.then")`
	tb.until(`/yesterday: (19|20|21|22)\u202fmin of 1\u202fh 0\u202fmin are stored, too little to compare/.test(` + cell + `.title) && ` + cell + `.classList.contains("missing")`)
	of := func(yesterday, lastWeek int) string {
		return value[string](tb, fmt.Sprintf(`import("./page/past.js").then(({ Usual }) => {
			const then = (seconds, p99_ms) => ({ from: "2026-03-01T10:00:00Z", to: "2026-03-01T11:00:00Z", seconds, count: 10, rate: 1, p99_ms });
			const usual = new Usual(), r = { kind: "http", method: "GET", route: "/a", usual: { yesterday: then(%d, 10), last_week: then(%d, 20) } };
			usual.set([r], 3600);
			const column = usual.column(), td = document.createElement("td");
			column.cell(td, r);
			return column.value(r) + "; " + td.title.replaceAll("\u202f", " ").replace(/10 requests, [^;]*?(, of|;|$)/g, "...$1");
		})`, yesterday, lastWeek))
	}
	for got, want := range map[string]string{
		of(3600, 3600): "10; yesterday: p99 10.0 ms, ...; last week: p99 20.0 ms, ...",
		of(2400, 3600): "10; yesterday: p99 10.0 ms, ..., of which 40 min of 1 h 0 min are stored; last week: p99 20.0 ms, ...",
		of(1200, 2400): "20; yesterday: 20 min of 1 h 0 min are stored, too little to compare; last week: p99 20.0 ms, ..., of which 40 min of 1 h 0 min are stored",
		of(60, 60):     "null; yesterday: 1 min of 1 h 0 min are stored, too little to compare; last week: 1 min of 1 h 0 min are stored, too little to compare",
	} {
		if got != want {
			t.Errorf("the column has\n%s, want\n%s", got, want)
		}
	}
	tb.quiet(s.base)
}
