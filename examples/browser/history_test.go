// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/otelperf/otelperf-go/examples/browser/internal/chromium"
	"github.com/otelperf/otelperf-go/examples/browser/internal/days"
	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history/bolt"
)

// theDays are a file with a month of a service, made once.
var theDays = sync.OnceValues(func() (d struct {
	file []byte
	end  time.Time
}, err error) {
	dir, err := os.MkdirTemp("", "otelperf-days-")
	if err != nil {
		return d, err
	}
	path := filepath.Join(dir, "shop.db")
	d.end = time.Now().Truncate(time.Minute)
	store, err := bolt.Open(path)
	if err == nil {
		err = errors.Join(days.Service{End: d.end, Endpoints: []days.Endpoint{
			{Method: "GET", Route: "/items", Query: "SELECT items", Typical: 8 * time.Millisecond, PerMinute: 12},
			{Method: "GET", Route: "/orders/{id}", Query: "SELECT orders", Typical: 60 * time.Millisecond, PerMinute: 6},
			{Method: "GET", Route: "/kind1", Query: "SELECT kinds", Typical: 15 * time.Millisecond, PerMinute: 3},
		}}.Write(context.Background(), store), store.Close())
	}
	if err == nil {
		d.file, err = os.ReadFile(path)
	}
	return d, errors.Join(err, os.RemoveAll(dir))
})

// newLasting is a site with a month behind it, which ended at a time.
func newLasting(t *testing.T, opts ...otelperf.Option) (s *site, end time.Time) {
	t.Helper()
	d, err := theDays()
	must(t, err)
	path := filepath.Join(t.TempDir(), "shop.db")
	must(t, os.WriteFile(path, d.file, 0o600))
	s = newSite(t, append(opts, otelperf.WithHistory(openStore(t, path)))...)
	s.some()
	return s, d.end
}

// openStore opens a history that is closed when what is begun after it has ended.
func openStore(t *testing.T, path string) *bolt.Store {
	t.Helper()
	store, err := bolt.Open(path)
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	return store
}

// ask reads JSON of the companion endpoint.
func (s *site) ask(t *testing.T, path string, into any) {
	t.Helper()
	resp, err := http.Get(s.base + path)
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s", path, resp.Status)
	}
	must(t, json.NewDecoder(resp.Body).Decode(into))
}

const (
	windowLabel = `document.querySelector('#windows label:has(input[value="%s"])')`
	storedLine  = `document.getElementById("stored")`
)

// The windows of a day and of a week have numbers, the same time of other days beside them, and say what is not stored.
func TestDaysOnThePage(t *testing.T) {
	s, end := newLasting(t)
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base + "#endpoint=GET+/items"))
	tb.until(row("/items") + `.querySelector("td.then").textContent.includes("ms")`)
	for window, steps := range map[string]int{"24h": 140, "7d": 160} {
		tb.click(fmt.Sprintf(windowLabel, window))
		tb.until(fmt.Sprintf(`location.hash.includes("window=%s") && document.getElementById("link-text").textContent === "every 10\u202fs"`, window))
		tb.until(fmt.Sprintf(`document.querySelectorAll("#chart-table tbody tr").length >= %d`, steps))
		for _, line := range []string{"yesterday", "last_week"} {
			name := strings.ReplaceAll(line, "_", " ")
			if line == "last_week" && window == "7d" {
				continue // of the week before there is a day, at the beginning
			}
			tb.until(fmt.Sprintf(`document.querySelector("#chart svg .then.%s")?.getAttribute("d").length > 500`, line))
			tb.until(fmt.Sprintf(`[...document.querySelectorAll("#chart-legend li")].some((li) => li.textContent === "p99 %s" && li.querySelector(".then.%s"))`, name, line))
			tb.until(fmt.Sprintf(`[...document.querySelectorAll("#chart-table th")].some((th) => th.textContent === "p99 %s")`, name))
			tb.until(fmt.Sprintf(`/p99 %s [\d.]+\u202fms/.test(document.getElementById("chart-readout").textContent)`, name))
		}
		var sum struct {
			Rate float64
		}
		s.ask(t, "summary?window="+window, &sum)
		tb.until(fmt.Sprintf(`Math.abs(parseFloat(document.querySelector("#figures dd").textContent) - %f) < 0.02`, sum.Rate))
	}
	// The week has a gap in it.
	value[any](tb, `location.hash = "endpoint=GET+/items&window=7d"`)
	from, to := days.GapOf(end)
	said := value[string](tb, fmt.Sprintf(`import("./page/format.js").then(({ stretch }) => stretch({ from: %d, to: %d }))`, from.Unix(), to.Unix()))
	tb.until(storedLine + `.checkVisibility() && ` + storedLine + `.textContent.includes(` + quoted(said) + `)`)
	tb.until(`[...document.querySelectorAll("#chart .unstored title")].some((e) => e.textContent.endsWith(` + quoted(said) + `)) && document.querySelector("#chart-legend .unstored")`)
	for view, drawing := range map[string]string{"histogram": "distribution", "heatmap": "heatmap"} {
		value[any](tb, `location.hash = "endpoint=GET+/items&window=7d&view=`+view+`"`)
		tb.until(`document.querySelector("#` + drawing + ` svg") && document.querySelectorAll("#chart-table tbody tr").length > 5`)
	}
	tb.press('1')
	tb.until(`location.hash.includes("window=1m") && !` + storedLine + `.checkVisibility()`)
	tb.press('6')
	tb.until(`location.hash.includes("window=7d")`)
	tb.quiet(s.base)
}

// Without a history a long window is not there, and an address that has one says so and shows the usual one.
func TestLongWindowWithoutAHistory(t *testing.T) {
	s := newSite(t)
	s.some()
	for _, window := range []string{"24h", "7d"} {
		tb := newTab(t)
		tb.do(chromedp.Navigate(s.base + "#window=" + window + "&q=kind"))
		tb.until(row("/kind3") + ` && ` + live)
		tb.until(notKnown + ` === "Not known here: window=` + window + `: it takes a history, and none is stored: shown are five minutes." && location.hash === "#q=kind"`)
		tb.until(`document.querySelector('#windows input[value="5m"]').checked && !` + fmt.Sprintf(windowLabel, window) + `.checkVisibility()`)
		value[any](tb, `location.hash = "q=kin"`)
		tb.until(allIsKnown)
		value[any](tb, `location.hash = "window=`+window+`"`)
		tb.until(notKnown + `.includes("window=` + window + `: it takes a history")`)
		tb.press('5')
		tb.until(`location.hash === ""`)
		tb.quiet(s.base)
	}
}

// fill writes a local time into a field of the dialog.
func (tb *tab) fill(field, local string) {
	tb.t.Helper()
	value[any](tb, fmt.Sprintf(`document.getElementById("when-%s").value = %q`, field, local))
}

// Two fields lead to any time; what is no time is refused in words, by the field that is wrong.
func TestAnotherTimeByTwoFields(t *testing.T) {
	s, _ := newLasting(t)
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	tb.until(live + ` && document.body.classList.contains("history")`)
	tb.press('w')
	tb.until(`document.getElementById("when").open && document.getElementById("when-from").value !== ""`)
	look := button("Look at it")
	for _, wrong := range []struct{ from, to, field, why string }{
		{"", "2026-01-02T15:00", "from", "From is no time"},
		{"2026-01-02T15:00", "", "to", "To is no time"},
		{"9999-01-02T15:00", "9999-01-02T16:00", "from", "From is to come"},
		{"2026-01-02T15:00", "2026-01-02T14:00", "to", "To is not after From"},
		{"2001-01-02T15:00", "2001-01-02T16:00", "from", "From is too long ago"},
	} {
		tb.fill("from", wrong.from)
		tb.fill("to", wrong.to)
		tb.click(look)
		tb.until(fmt.Sprintf(`document.getElementById("when-wrong").textContent.startsWith(%q) && document.activeElement.id === "when-%s" && document.activeElement.ariaInvalid === "true"`, wrong.why, wrong.field))
	}
	at := time.Now().Add(-24 * time.Hour).Truncate(time.Hour)
	local := func(t time.Time) string {
		return value[string](tb, fmt.Sprintf(`(() => { const d = new Date(%d), two = (n) => String(n).padStart(2, "0"); return d.getFullYear() + "-" + two(d.getMonth() + 1) + "-" + two(d.getDate()) + "T" + two(d.getHours()) + ":" + two(d.getMinutes()); })()`, t.UnixMilli()))
	}
	tb.fill("from", local(at.Add(24*time.Hour)))
	tb.fill("to", local(at.Add(24*time.Hour+30*time.Minute)))
	tb.click(button("a day earlier"))
	if got, want := value[string](tb, `document.getElementById("when-from").value`), local(at); got != want {
		t.Errorf("a day earlier is %s, want %s", got, want)
	}
	tb.click(look)
	tb.until(fmt.Sprintf(`location.hash === "#from=%d&to=%d" && !document.getElementById("when").open`, at.Unix(), at.Add(30*time.Minute).Unix()))
	tb.until(`document.title.startsWith("Frozen") && ` + row("/items") + ` && document.querySelectorAll("#chart-table tbody tr").length === 30`)
	var sum struct {
		Rate    float64
		Verdict struct{ Title string }
	}
	s.ask(t, fmt.Sprintf("summary?from=%d&to=%d", at.Unix(), at.Add(30*time.Minute).Unix()), &sum)
	tb.until(fmt.Sprintf(`Math.abs(parseFloat(document.querySelector("#figures dd").textContent) - %f) < 0.006 && document.getElementById("headline").textContent === %q`, sum.Rate, sum.Verdict.Title))
	tb.click(`document.getElementById("when-open")`) // it has the time that is looked at
	tb.until(`document.getElementById("when").open && document.getElementById("when-from").value === ` + quoted(local(at)))
	value[any](tb, `document.getElementById("when-to").focus()`)
	tb.press(enterKey)
	tb.until(`!document.getElementById("when").open`)
	tb.press('l')
	tb.until(live)
	tb.quiet(s.base)
}

// What is missing of a fixed time is said: a gap in it, that it began earlier, and that there is nothing.
func TestGapOfAFixedTime(t *testing.T) {
	s, end := newLasting(t)
	from, to := days.GapOf(end)
	hash := func(from, to time.Time) string {
		return fmt.Sprintf("%s#from=%d&to=%d", s.base, from.Unix(), to.Unix())
	}
	tb := newTab(t)
	tb.do(chromedp.Navigate(hash(from.Add(-time.Hour), to.Add(time.Hour))))
	said := value[string](tb, fmt.Sprintf(`import("./page/format.js").then(({ stretch }) => stretch({ from: %d, to: %d }))`, from.Unix(), to.Unix()))
	tb.until(`document.getElementById("frozen-stored").textContent === ` + quoted("Nothing is stored of "+said+"."))
	tb.until(row("/items") + ` && document.querySelector("#chart .unstored")`)
	value[any](tb, fmt.Sprintf(`location.hash = "from=%d&to=%d"`, from.Add(10*time.Minute).Unix(), to.Add(-10*time.Minute).Unix()))
	tb.until(`document.getElementById("headline").textContent === "Nothing of that time is stored"`)
	value[any](tb, fmt.Sprintf(`location.hash = "from=%d&to=%d"`, end.Add(-10*24*time.Hour).Unix(), end.Add(-7*24*time.Hour).Unix()))
	tb.until(`/^This time is stored from \d+ \S+ (\d+ )?\d\d:\d\d on\./.test(document.getElementById("frozen-stored").textContent)`)
	tb.quiet(s.base)
}

// The spikes of 30 days are listed with their causes, older ones when they are asked for; each leads to the time around it, with its slow
// requests and what they waited for.
func TestSpikesOfDaysAgo(t *testing.T) {
	s, _ := newLasting(t)
	var all struct {
		Count  int
		Spikes []otelperf.Spike
	}
	s.ask(t, fmt.Sprintf("spikes?from=%d&to=%d&limit=1000", time.Now().Add(-30*24*time.Hour).Unix(), time.Now().Unix()), &all)
	if all.Count <= 50 || len(all.Spikes) != all.Count {
		t.Fatalf("%d spikes, %d of them listed", all.Count, len(all.Spikes))
	}
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	rows := `document.querySelectorAll("#history tbody tr").length`
	older := `document.getElementById("history-older")`
	tb.until(rows + ` === 15 && !` + older + `.checkVisibility()`)
	tb.click(button("Show all 50"))
	tb.until(rows + ` === 50 && ` + older + `.checkVisibility() && ` + older + fmt.Sprintf(`.textContent === "Older: 50 of %d are shown"`, all.Count))
	tb.click(older)
	tb.until(fmt.Sprintf(`%s === %d && !%s.checkVisibility()`, rows, all.Count, older))
	if missing := value[int](tb, `[...document.querySelectorAll("#history tbody tr")].filter((tr) => !/: \+\d+ ms a slow request; 84 % in postgresql SELECT/.test(tr.innerText)).length`); missing > 0 {
		t.Errorf("%d spikes have no cause", missing)
	}
	first := all.Spikes[1] // of less than a day ago, and not the last one
	link := fmt.Sprintf(`[...document.querySelectorAll("#history tbody tr")].find((tr) => tr.textContent.includes(%q)).querySelector("a")`, first.Reason)
	tb.click(link)
	name := "GET " + first.Endpoints[0].Route
	tb.until(`document.title.startsWith("Frozen") && ` + chartName + ` === ` + quoted(name))
	tb.until(`document.querySelector("#spikes .spike .route").textContent === ` + quoted(name) + ` && document.querySelectorAll("#history tbody tr").length === 1 && document.querySelector("#chart .band")`)
	tb.until(`document.querySelectorAll("#slow button").length === 3`)
	tb.click(`document.querySelector("#slow button")`)
	waited := `[...document.querySelectorAll("#trace[open] .waterfall .node-name")].some((e) => e.textContent.startsWith("SELECT"))`
	tb.until(waited)
	value[any](tb, `document.getElementById("trace-close").click()`)
	tb.press('l')
	tb.until(live)
	// A request of then is opened from the list, too, in its time.
	tb.click(fmt.Sprintf(`[...document.querySelectorAll("#history tbody tr")].find((tr) => tr.textContent.includes(%q)).querySelector(".request-link")`, first.Reason))
	tb.until(waited + ` && location.hash.includes("from=") && location.hash.includes("trace=` + first.SlowRequests[0].TraceID + `")`)
	tb.quiet(s.base)
}

// A restart amid a spike changes nothing of it: page and JSON say the same before and after.
func TestSpikeOverARestartOnThePage(t *testing.T) {
	store := openStore(t, filepath.Join(t.TempDir(), "shop.db"))
	type spike struct {
		ID, State, Start, At string
		Endpoints            []struct{ Route, State string }
	}
	look := func(s *site) (x spike) {
		tb := newTab(t)
		tb.do(chromedp.Navigate(s.base))
		tb.until(`document.querySelector("#spikes .spike")`)
		var sum struct{ Spikes []spike }
		s.ask(t, "summary", &sum)
		if len(sum.Spikes) != 1 {
			t.Fatalf("%d spikes, want one", len(sum.Spikes))
		}
		x = sum.Spikes[0]
		page := value[string](tb, `document.querySelector("#spikes .spike-head .route").textContent + " " + document.querySelector("#spikes .since").textContent + " " + document.querySelector("#spikes a[download]").getAttribute("href")`)
		since := value[string](tb, fmt.Sprintf(`import("./page/format.js").then(({ whenOf }) => whenOf(%q))`, x.Start))
		if want := "GET /checkout since " + since + ", "; !strings.HasPrefix(page, want) || !strings.HasSuffix(page, " spikes/"+url.PathEscape(x.ID)+"/bundle") {
			t.Errorf("the page says %q, want %q and that of %s", page, want, x.ID)
		}
		tb.until(`document.title.startsWith("\u25b2") && ` + row("/checkout") + `.classList.contains("spiking")`)
		tb.quiet(s.base)
		return x
	}
	s := newSpiking(t, otelperf.WithHistory(store))
	s.some()
	s.spike(t)
	before := look(s.site)
	must(t, s.mon.Shutdown(t.Context()))
	again := newSpiking(t, otelperf.WithHistory(store))
	again.took.Store(int64(120 * time.Millisecond))
	after := look(again.site)
	if fmt.Sprint(before) != fmt.Sprint(after) || before.State != "open" {
		t.Errorf("before it was %+v, after it is %+v", before, after)
	}
	again.took.Store(int64(20 * time.Millisecond))
	exampletest.Eventually(t, "the spike ends", func() bool {
		spikes := again.mon.Summary(otelperf.Window5m).Spikes
		return len(spikes) == 1 && spikes[0].ID == before.ID && spikes[0].State == "ended"
	})
}

// axe-core finds nothing in what a history shows, in light and in dark, on a laptop and on a phone; with the system's colours what is drawn
// can be seen.
func TestAccessibilityOfDays(t *testing.T) {
	source := checker(t)
	s, end := newLasting(t)
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base + "#window=7d&endpoint=GET+/items"))
	tb.until(storedLine + `.checkVisibility() && document.querySelector("#chart .then.yesterday") && document.querySelectorAll("#history tbody tr").length > 10`)
	value[any](tb, source+`; null`)
	check := func(what string) {
		t.Helper()
		value[any](tb, `document.querySelectorAll("details").forEach((d) => { d.open = true; })`)
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{1280, 390} {
				tb.do(chromium.View(width, 900, 1, scheme))
				for _, found := range value[[]string](tb, violations) {
					t.Errorf("%s, %s, %d px: %s", what, scheme, width, found)
				}
				if wide := value[int](tb, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
					t.Errorf("%s, %s, %d px: the page is %d px too wide", what, scheme, width, wide)
				}
			}
		}
	}
	check("a week")
	value[any](tb, `document.getElementById("when-open").click()`)
	tb.fill("from", "")
	value[any](tb, button("Look at it")+`.click()`)
	tb.until(`document.getElementById("when-wrong").textContent !== ""`)
	check("the dialog")
	value[any](tb, `document.getElementById("when").close()`)
	at := end.Add(-4 * time.Hour)
	value[any](tb, fmt.Sprintf(`location.hash = "from=%d&to=%d"`, at.Add(-time.Hour).Unix(), at.Add(time.Hour).Unix()))
	tb.until(`document.querySelector("#spikes .spike") && document.querySelector("#chart .then.yesterday") && document.querySelector("#slow button")`)
	check("a time of yesterday")
	tb.media("screen", "active", "light")
	tb.until(`matchMedia("(forced-colors: active)").matches`)
	ground := `getComputedStyle(document.body.parentElement).backgroundColor`
	for _, line := range []string{"yesterday", "last_week"} {
		if value[bool](tb, `getComputedStyle(document.querySelector("#chart .then.`+line+`")).stroke === `+ground) {
			t.Errorf("the line of %s has the colour of the ground", line)
		}
	}
	tb.quiet(s.base)
}
