// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/otelperf/otelperf-go/examples/browser/internal/chromium"
	"github.com/otelperf/otelperf-go/otelperf"
)

// longRoute is the n-th of many routes that begin alike.
func longRoute(n int) string {
	return fmt.Sprintf("/api/v1/organizations/{organization_id}/projects/{project_id}/environments/{environment_id}/deployments/part%d", n)
}

// many sends some requests to each of n endpoints, most of them to the first, and a slow one to /stats.
func (s *site) many(n int) {
	for i := range n {
		for j := range 4 {
			s.send(request{route: longRoute(i), path: longRoute(i), took: time.Duration(1+i%9+j) * time.Millisecond,
				calls: []call{{name: fmt.Sprintf("SELECT table%d", i), took: time.Millisecond}}})
		}
	}
	for range 1200 {
		s.send(request{route: longRoute(0), path: longRoute(0), took: 2 * time.Millisecond})
	}
	for range 3 {
		s.send(request{route: "/stats", path: "/stats", took: 4 * time.Second})
	}
	s.send(request{route: "/fail", path: "/fail", took: 3 * time.Millisecond, failure: "connection reset by peer"})
}

const (
	rowCount  = `document.querySelectorAll("#endpoints tbody tr").length`
	firstRow  = `document.querySelector("#endpoints tbody tr")`
	moreRows  = `document.querySelector('.more[aria-controls="endpoints"]')`
	chartName = `document.getElementById("chart-name").textContent`
)

// choose picks an option of a select as a user does.
func (tb *tab) choose(id, option string) {
	tb.t.Helper()
	value[any](tb, fmt.Sprintf(`(() => { const s = document.getElementById(%q); s.value = %q; s.dispatchEvent(new Event("change", { bubbles: true })); })()`, id, option))
}

// Of 300 endpoints the worst 15 are shown, and the worst is chosen, which is not the busiest; a search and a button lead to the others.
// All of it stands in the address.
func TestTheWorstOfMany(t *testing.T) {
	s := newSite(t, otelperf.WithMaxEndpoints(1000))
	s.many(300)
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	tb.until(rowCount + ` === 15 && document.getElementById("endpoints-count").textContent === "15 of 302"`)
	tb.until(chartName + `.includes("/stats") && ` + firstRow + `.textContent.includes("/stats") && ` + firstRow + `.classList.contains("selected")`)
	if second := value[string](tb, firstRow+`.nextSibling.textContent`); !strings.Contains(second, "/fail") {
		t.Errorf("the second row is %s, want the one that fails", second)
	}
	tb.until(`document.querySelectorAll("#dependencies tbody tr").length === 15`)
	if height := value[float64](tb, `document.documentElement.scrollHeight`); height > 5000 {
		t.Errorf("the page is %.0f pixels high", height)
	}

	tb.click(moreRows)
	tb.until(rowCount + ` === 302 && location.hash === "#all=1" && ` + moreRows + `.getAttribute("aria-expanded") === "true"`)
	tb.click(moreRows)
	tb.until(rowCount + ` === 15 && location.hash === ""`)
	tb.click(`document.querySelector('.more[aria-controls="dependencies"]')`)
	tb.until(`document.querySelectorAll("#dependencies tbody tr").length === 300`)

	tb.press('/')
	tb.press('p', 'a', 'r', 't', '2', '9', '9')
	tb.until(rowCount + ` === 1 && location.hash === "#q=part299" && ` + moreRows + `.hidden`)
	tb.click(firstRow + `.querySelector("button")`)
	tb.until(chartName + `.endsWith("/part299")`)
	tb.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("filter").focus()`))
	tb.press(escapeKey)
	tb.until(rowCount + ` === 16 && document.querySelector("#endpoints tr.selected").textContent.includes("/part299")`) // the chosen one is always there

	tb.choose("endpoints-order", "-time")
	tb.until(`location.hash.includes("order=-time") && document.querySelector("#endpoints th.time").getAttribute("aria-sort") === "descending"`)
	tb.until(firstRow + `.textContent.includes("/stats")`)
	tb.choose("endpoints-order", "-rate")
	tb.until(firstRow + `.textContent.includes("/part0")`)
	tb.click(`document.querySelector("#endpoints th.p99 button")`)
	tb.until(`location.hash.includes("order=-p99") && document.getElementById("endpoints-order").value === "column" && ` + firstRow + `.textContent.includes("/stats")`)

	linked := newTab(t)
	linked.do(chromedp.Navigate(s.base + "#q=part&all=1&order=name&quantile=p90"))
	linked.until(rowCount + ` === 300 && ` + firstRow + `.textContent.includes("/part0") && document.getElementById("filter").value === "part"`)
	linked.until(`document.getElementById("quantile").value === "p90" && document.getElementById("endpoints-order").value === "name"`)
	linked.quiet(s.base)
	tb.quiet(s.base)
}

// hidden lists names of which the end is not to be seen, those that are not in their title, and those that look like another one of the list.
const hidden = `(() => {
  const out = [], all = new Set();
  for (const list of ["#endpoints td .named", "#slow .named", "#chart-name", "#dependencies td .named"]) {
    const seen = new Map();
    for (const name of document.querySelectorAll(list)) {
      const path = name.querySelector(".path"), box = path.getBoundingClientRect(), end = document.createRange();
      end.selectNodeContents(path.lastChild);
      const last = end.getBoundingClientRect();
      if (last.width < 8 || last.right > Math.min(name.getBoundingClientRect().right, innerWidth) + 1 || last.left < box.left - 1) out.push(name.textContent + " ends at " + last.right + " in " + box.right);
      if (name.title !== name.textContent) out.push(name.title + " is the title of " + name.textContent);
      const label = (name.querySelector(".method")?.textContent ?? "") + [...path.childNodes].map((n) => n.className === "cut" ? "\u2026" : n.textContent).join("");
      if (seen.has(label) && seen.get(label) !== name.title) out.push(name.title + " and " + seen.get(label) + " are both " + label);
      if (path.textContent.split("/").every((s) => s.length < 24) && /\u2026[^/]/.test(label)) out.push(label + ": what is seen again is no segment");
      seen.set(label, name.title);
      all.add(label);
    }
  }
  return all.size < 15 ? "only " + [...all].join() : out.slice(0, 6).join("; ");
})()`

// lonely lists tiles that are alone in a line though others are beside each other.
const lonely = `(() => [...document.querySelectorAll("#figures, .facts")].filter((box) => box.checkVisibility()).flatMap((box) => {
  const lines = Map.groupBy([...box.children], (tile) => Math.round(tile.getBoundingClientRect().top));
  return lines.size === 0 ? ["nothing in " + box.className] : [...lines.values()].filter((line) => line.length === 1).map(([tile]) => tile.textContent);
}).join("; "))()`

// unseen lists what of the first columns of the endpoints cannot be seen without scrolling, or overlaps what is beside it.
const unseen = `(() => [...document.querySelectorAll("#endpoints tbody tr")].flatMap((tr) => {
  const cells = [".name", ".quantile.p99", ".usual", ".ratio", ".share-of"].map((c) => tr.querySelector(c)), box = tr.closest(".scroll").getBoundingClientRect();
  const wrong = cells.filter((td) => { const r = td.getBoundingClientRect(); return r.width < 20 || r.left < 0 || r.right > Math.min(innerWidth, box.right) || td.scrollWidth > td.clientWidth + 1; });
  return wrong.map((td) => td.className + " " + td.textContent);
}).join("; "))()`

// Whatever the width, endpoints show their p99, usual p99 and ratio; the ends of long names are to be seen, here, in the list of slow
// requests and in the chart's title; and no tile is alone in its line.
func TestRowsAtEveryWidth(t *testing.T) {
	s := newSite(t)
	s.many(20)
	id := s.some()
	for i := range 12 {
		s.send(request{route: longRoute(i), path: longRoute(i), took: 5 * time.Second})
	}
	tb := newTab(t)
	for _, width := range []int64{320, 390, 768, 1280, 2000} {
		tb.do(chromium.View(width, 900, 1, "light"))
		tb.do(chromedp.Navigate(s.base + "#endpoint=GET%20" + longRoute(3)))
		tb.until(rowCount + ` >= 15 && document.querySelectorAll("#slow button").length > 12 && ` + chartName + `.includes("part3")`)
		for what, expression := range map[string]string{"ends of names": hidden, "columns": unseen, "tiles": lonely} {
			tb.until(expression + ` === ""`) // names are cut again when there is time
			if wrong := value[string](tb, expression); wrong != "" {
				t.Errorf("%d pixels: %s: %s", width, what, wrong)
			}
		}
		tb.do(chromedp.Navigate(s.base + "#trace=" + id))
		tb.until(`document.querySelector("#trace[open] .waterfall")`)
		if wrong := value[string](tb, lonely); wrong != "" {
			t.Errorf("%d pixels: tiles of a request: %s", width, wrong)
		}
		tb.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("trace-close").click()`))
	}
	tb.quiet(s.base)
}

// middleRoute is the n-th of many routes that differ in the middle alone.
func middleRoute(n int) string {
	return fmt.Sprintf("/api/v2/organisations/{org}/projects/{project}/things/kind%03d/revisions/{rev}/files/{file}", n)
}

// Names that differ in the middle alone stay different, whatever the width, and the heading of the chart says which one it is.
func TestNamesThatDifferInTheMiddle(t *testing.T) {
	s := newSite(t, otelperf.WithMaxEndpoints(1000))
	for i := range 300 {
		s.send(request{route: middleRoute(i), path: middleRoute(i), took: time.Duration(3+i%5) * time.Second,
			calls: []call{{name: "SELECT " + middleRoute(i), took: time.Millisecond}}})
	}
	tb := newTab(t)
	for _, width := range []int64{390, 1280, 2000} {
		tb.do(chromium.View(width, 900, 1, "light"))
		tb.do(chromedp.Navigate(s.base + "#all=1&endpoint=GET+" + middleRoute(52)))
		tb.until(rowCount + ` === 300 && document.querySelectorAll("#slow button").length === 60 && ` + chartName + `.includes("kind052")`)
		tb.until(`document.querySelectorAll("#endpoints .path").length === 300 && ` + hidden + ` === ""`)
		tb.until(`!document.querySelector("#chart-name .cut")?.textContent.includes("kind052")`)
		if free := value[float64](tb, `(() => { const name = document.querySelector("#endpoints td .named"), path = name.querySelector(".path");
			return path.querySelector(".cut") ? name.closest("td").getBoundingClientRect().right - path.getBoundingClientRect().right : 0; })()`); free > 40 {
			t.Errorf("%d pixels: a name is cut beside %.0f free pixels", width, free)
		}
	}
	tb.quiet(s.base)
}

// A status leaves the endpoints and the slow requests that have it; a percentile changes columns and figures.
func TestStatusAndPercentile(t *testing.T) {
	s := newSite(t)
	s.many(3)
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	tb.until(rowCount + ` === 5 && document.querySelectorAll("#slow button").length === 4`)
	tb.choose("endpoints-status", "5xx")
	tb.until(rowCount + ` === 1 && ` + firstRow + `.textContent.includes("/fail") && location.hash === "#status=5xx"`)
	tb.until(`document.querySelectorAll("#slow button").length === 1 && document.querySelector("#endpoints th.share-of").textContent === "5xx" && ` + firstRow + `.querySelector(".share-of").textContent.startsWith("100")`)
	tb.choose("endpoints-status", "2xx")
	tb.until(rowCount + ` === 4 && document.querySelectorAll("#slow button").length === 3`)
	tb.choose("endpoints-status", "4xx")
	tb.until(rowCount + ` === 0 && document.getElementById("endpoints-empty").textContent === "No endpoint had such a request in this window."`)
	tb.until(`document.getElementById("slow-empty").checkVisibility() && document.querySelectorAll("#slow button").length === 0`)
	tb.choose("endpoints-status", "")

	shown := func(want string) string {
		return `[...document.querySelectorAll("#endpoints th.quantile")].filter((th) => th.checkVisibility()).map((th) => th.textContent).join() === "` + want +
			`" && [...document.querySelectorAll("#figures dt")].slice(2, 5).map((dt) => dt.textContent).join() === "` + want + `"`
	}
	tb.until(shown("p50,p95,p99"))
	tb.choose("quantile", "p90")
	tb.until(shown("p50,p90,p99") + ` && location.hash === "#quantile=p90"`)
	tb.choose("quantile", "p99.9")
	tb.until(shown("p50,p99,p99.9"))
	tb.until(row("/part0") + `.querySelector(".p999").textContent.includes("ms") && ` + row("/stats") + `.querySelector(".p999").textContent === "\u2013"`)
	tb.quiet(s.base)
}

// Without requests the page says what to do, with a line to copy; then it is gone.
func TestNothingYet(t *testing.T) {
	s := newSite(t)
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	tb.until(`document.getElementById("nothing").checkVisibility() && document.getElementById("nothing-command").textContent === "curl -i ` + s.server.URL + `/"`)
	tb.click(`document.getElementById("nothing-copy")`)
	tb.until(`document.getElementById("nothing-copy").textContent === "Copied" || getSelection().toString().startsWith("curl -i ")`)
	s.get(t, "/items")
	tb.until(row("/items") + ` && !document.getElementById("nothing").checkVisibility()`)
	tb.until(row("/items") + `.querySelector(".usual").textContent.endsWith(" more") && /^~\d+.(min|h)$/.test(` + row("/items") + `.querySelector(".ratio").textContent)`)
	tb.quiet(s.base)
}

// Lines of the log that were held back by their rate are not said to be lost.
func TestLinesHeldBack(t *testing.T) {
	s := newSite(t)
	for range 60 {
		s.send(request{route: "/stats", path: "/stats", took: time.Second})
	}
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	fact := func(label string) string {
		return `[...document.querySelectorAll("#facts > div")].find((div) => div.firstChild.textContent === "` + label + `")?.lastChild`
	}
	tb.until(`/^\d+: beyond 10 a second of one endpoint$/.test(` + fact("log lines held back") + `?.textContent) && !` + fact("log lines held back") + `.classList.contains("warn")`)
	tb.until(fact("log lines lost") + `.textContent === "0"`)
	tb.quiet(s.base)
}
