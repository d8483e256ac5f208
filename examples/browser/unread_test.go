// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/otelperf/otelperf-go/examples/browser/internal/chromium"
	"github.com/otelperf/otelperf-go/otelperf"
)

// A store that cannot be read takes neither the chart nor the lists: what is of the process is there, and what is missing is said.
func TestStoreThatCannotBeRead(t *testing.T) {
	d, err := theDays()
	must(t, err)
	path := filepath.Join(t.TempDir(), "shop.db")
	must(t, os.WriteFile(path, d.file, 0o600))
	store := &faulty{Store: openStore(t, path)}
	s := newSite(t, otelperf.WithHistory(store))
	s.some()
	store.gone.Store(true)
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base + "#endpoint=GET+/items"))
	note := `document.getElementById("usual-note")`
	tb.until(note + `.checkVisibility() && /^Other days cannot be read\. .*input.output error/.test(` + note + `.textContent)`)
	tb.until(`document.querySelector("#chart svg .line.p99") && document.querySelectorAll("#chart-table tbody tr").length > 0`)
	span := `document.getElementById("history-span").textContent`
	tb.until(`/^of 30 days\. Incidents may be missing\. .*input.output error/.test(` + span + `) && document.getElementById("history-empty").textContent === "None that is known."`)

	tb.click(fmt.Sprintf(windowLabel, "24h"))
	tb.until(`/Slow requests may be missing\. .*input.output error/.test(document.getElementById("slow-count").textContent) && document.querySelector("#slow button")`)

	store.gone.Store(false)
	tb.click(fmt.Sprintf(windowLabel, "5m"))
	tb.until(`!document.getElementById("slow-count").textContent.includes("missing")`)
	tb.do(chromedp.Reload())
	tb.until(span + ` === "of 30 days" && document.querySelectorAll("#history tbody tr").length > 10`)
	tb.until(row("/items") + `.querySelector("td.then").textContent.includes("ms") && !` + note + `.checkVisibility()`)
}

// In a long window the slow requests are those of the history, from the first answer on.
func TestSlowRequestsOfDays(t *testing.T) {
	s, _ := newLasting(t)
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base + "#window=24h"))
	ofHoursAgo := `[...document.querySelectorAll("#slow .age")].some((e) => /\dh .*ago/.test(e.textContent.replace(/\s/g, " ").replace(/(\d) h/, "$1h")))`
	tb.until(ofHoursAgo)
	tb.click(fmt.Sprintf(windowLabel, "5m"))
	tb.until(`!` + ofHoursAgo)
	tb.click(fmt.Sprintf(windowLabel, "7d"))
	tb.until(ofHoursAgo)
	tb.quiet(s.base)
}

// The same time of yesterday stands in the card of a row on a phone.
func TestYesterdayOnAPhone(t *testing.T) {
	s, _ := newLasting(t)
	tb := newTab(t)
	tb.do(chromium.View(390, 900, 1, "light"), chromedp.Navigate(s.base))
	cell := row("/items") + `.querySelector("td.then")`
	tb.until(cell + `.checkVisibility() && ` + cell + `.textContent.includes("ms")`)
	tb.until(`getComputedStyle(` + cell + `, "::before").content.includes("p99 yesterday") && document.documentElement.scrollWidth <= innerWidth`)
	tb.quiet(s.base)
}

// A date has its year unless it is this one, and a time its second day where it is another.
func TestDatesSayWhatIsNotOfNow(t *testing.T) {
	s := newSite(t)
	s.some()
	tb := newTab(t)
	tb.paused(s)
	got := value[[]string](tb, `import("./page/format.js").then((format) => {
  const year = new Date().getFullYear(), at = (y, day, hour) => new Date(y, 10, day, hour).getTime() / 1000, say = (s) => s.replaceAll(String(year - 1), "LAST").replaceAll(String(year), "THIS");
  return [format.period({ from: at(year - 1, 24, 16), to: at(year - 1, 24, 17) }), format.period({ from: at(year, 2, 13), to: at(year, 3, 13) }), format.stretch({ from: at(year - 1, 24, 23), to: at(year - 1, 25, 1) }),
    format.moment(at(year - 1, 26, 13) * 1000), format.moment(at(year, 2, 13) * 1000), format.whenOf(at(year - 1, 26, 13) * 1000), format.during({ from: at(year - 1, 2, 13), to: at(year - 1, 2, 14) })].map(say);
})`)
	want := []string{"24 Nov LAST, 16:00:00 to 17:00:00", "2 Nov, 13:00:00 to 3 Nov, 13:00:00", "24 Nov LAST 23:00 to 25 Nov LAST 01:00", "26 Nov LAST 13:00", "2 Nov 13:00", "26 Nov LAST, 13:00:00", "2 Nov LAST, 13:00:00 to 14:00:00"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("dates are %q, want %q", got, want)
	}
	tb.quiet(s.base)
}

// An end that is to come is said and mended; the second look has it.
func TestEndThatIsToCome(t *testing.T) {
	s, _ := newLasting(t)
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	tb.until(live + ` && document.body.classList.contains("history")`)
	tb.press('w')
	tb.until(`document.getElementById("when").open`)
	tb.fill("to", "2099-01-02T15:00")
	tb.click(button("Look at it"))
	tb.until(`document.getElementById("when-wrong").textContent.startsWith("To is to come: it is now, ") && !document.getElementById("when-to").value.startsWith("2099")`)
	tb.click(button("Look at it"))
	tb.until(`!document.getElementById("when").open && location.hash.includes("to=")`)
	if late := value[int](tb, `Number(new URLSearchParams(location.hash.slice(1)).get("to")) - Math.floor(Date.now() / 1000)`); late > 60 {
		t.Errorf("the end is %d s from now", late)
	}
	tb.quiet(s.base)
}

// What is stored of another day for less than half of the time is no usual value, and all gaps are counted.
func TestLittleOfAnotherDay(t *testing.T) {
	s := newSite(t)
	s.some()
	tb := newTab(t)
	tb.paused(s)
	got := value[[]string](tb, fmt.Sprintf(`import("./page/past.js").then(({ Usual, partly, unstored }) => {
  const from = %d, iso = (minute) => new Date((from + minute * 60) * 1000).toISOString(), usual = new Usual(), td = document.createElement("td");
  const numbers = (minutes, p99_ms) => ({ from: iso(0), to: iso(minutes), seconds: 60 * minutes, count: 24, rate: 1, p99_ms }), row = (yesterday) => ({ kind: "http", method: "GET", route: "/items", usual: { yesterday, last_week: null } });
  const cell = (minutes) => { usual.set([row(numbers(minutes, 12))], 3600); usual.column().cell(td, row(null)); return td.textContent.replace(/\s/g, " ") + "|" + td.title.replace(/\s/g, " ").split(";")[0].split(",")[0]; };
  const gaps = [[10, 200], [300, 301], [400, 402], [500, 700], [800, 900]].map(([a, b]) => ({ from: iso(a), to: iso(b) }));
  return [cell(1), cell(59), unstored({ from: iso(0), to: iso(10080), step_seconds: 600, gaps }, from, from + 604800).replace(/, the longest.*/, "")];
})`, time.Now().Unix()-604800))
	want := []string{"\u2013|yesterday: 1 min of 1 h 0 min are stored", "12.0 ms|yesterday: p99 12.0 ms", "This time has 5 gaps"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("it says %q, want %q", got, want)
	}
	tb.quiet(s.base)
}

// A spike of before a restart says that nothing is judged yet, as long as that is so.
func TestUnseenSpikeIsNotJudgedYet(t *testing.T) {
	s := newSite(t)
	s.some()
	tb := newTab(t)
	tb.paused(s)
	got := value[[]string](tb, `(async () => {
  const { showNow } = await import("./page/now.js"), summary = await (await fetch("summary")).json(), time = new Date().toISOString();
  const part = { method: "GET", route: "/items", kind: "http", matter: "latency", start: time, quantile: 0.99, baseline_quantile_ms: 10, quantile_ms: 90, worst_ms: 90, worst_ratio: 9, last_ms: 0, unseen: true, share: null, cost_failed: 0 };
  const spike = { ...part, id: "x", state: "open", end: null, cause: "", causes: [], endpoints: [part], signals: [], slow_requests: [], errors: [], reason: "seen", cost_slow: 1, cost_requests: 2, after: null };
  return [130, undefined].map((ready_seconds) => {
    showNow({ ...summary, endpoints: summary.endpoints.map((r) => ({ ...r, ready_seconds })), spikes: [spike], mutes: [] }, () => {}, () => {}, false);
    return document.querySelector("#spikes .live").textContent.split(":")[0].replace(/\s/g, " ");
  });
})()`)
	if want := "[not judged yet since the restart, for another 2 min 10 s; last 5 min last 5 min]"; fmt.Sprint(got) != want {
		t.Errorf("it says %q, want %q", got, want)
	}
	tb.quiet(s.base)
}
