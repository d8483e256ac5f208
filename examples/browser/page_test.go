// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/otelperf/otelperf-go/otelperf"
)

// row is an expression for the endpoint's row in the table.
func row(route string) string {
	return `[...document.querySelectorAll("#endpoints tbody tr")].find((tr) => tr.textContent.includes(` + strconv.Quote(route) + `))`
}

const live = `document.getElementById("link").dataset.state === "live"`

// The page loads below a prefix, is live, follows real requests, and talks to nobody else.
func TestPageIsLive(t *testing.T) {
	s := newSite(t, otelperf.WithSlowThreshold(100*time.Millisecond))
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	tb.until(live)
	tb.until(`document.getElementById("headline").textContent === "No requests yet"`)

	s.get(t, "/items")
	tb.until(row("/items"))
	tb.until(`document.getElementById("headline").textContent === "Cannot tell yet"`)
	tb.until(`/^GET .items is still learning what is usual: \d+ more requests/.test(document.getElementById("headline-detail").textContent)`)
	if got := value[string](tb, `document.getElementById("service").textContent + "|" + document.title`); got != "shop|shop \u00b7 otelperf" {
		t.Errorf("the page is of %q", got)
	}
	s.get(t, "/orders/7")
	const entry = `[...document.querySelectorAll("#slow button")].find((b) => b.textContent.includes("/orders/{id}"))`
	tb.until(entry)
	tb.until(row("/orders/{id}"))

	for _, window := range []string{"1m", "1h", "all"} {
		tb.click(`document.querySelector('#windows label:has(input[value="` + window + `"])')`)
		tb.until(`location.hash === "#window=` + window + `" && ` + live)
	}
	if !tb.asked("/ops/x/stream?window=1h") {
		t.Error("the stream was not opened again for the window")
	}
	tb.quiet(s.base)
}

// A slow request opens as a waterfall, with the repeated calls as one row and the findings as text; the address leads to it.
func TestSlowRequestOpens(t *testing.T) {
	s := newSite(t)
	id := s.some()
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	const entry = `[...document.querySelectorAll("#slow button")].find((b) => b.textContent.includes("/orders/{id}"))`
	tb.until(entry)
	value[any](tb, entry+`.click()`)
	tb.checkTrace(id)

	tb.click(`document.querySelector("#trace .waterfall tbody button")`)
	tb.until(`document.querySelector("#trace .details:not([hidden])")`)
	tb.do(chromedp.NavigateBack()) // closes it
	tb.until(`!document.getElementById("trace").open && location.hash === ""`)

	deep := newTab(t)
	deep.do(chromedp.Navigate(s.base + "#trace=" + id))
	deep.checkTrace(id)
	deep.click(`document.getElementById("trace-close")`)
	deep.until(`!document.getElementById("trace").open && location.hash === ""`)
	deep.do(chromedp.Navigate(s.base + "#trace=" + strings.Repeat("1", 32)))
	deep.until(`document.getElementById("trace").open && document.querySelector("#trace-body .empty")`)
	tb.quiet(s.base)
}

// checkTrace waits for the N+1 of site.some.
func (tb *tab) checkTrace(id string) {
	tb.t.Helper()
	tb.until(`document.getElementById("trace").open && document.querySelector("#trace .waterfall")`)
	text := value[string](tb, `document.getElementById("trace").innerText`)
	for _, want := range []string{id, "/orders/{id}", "\u00d787", "87 calls of SELECT users took 783 of 850 ms"} {
		if !strings.Contains(text, want) {
			tb.t.Errorf("the open request lacks %q:\n%s", want, text)
		}
	}
	if bars := value[int](tb, `document.querySelectorAll("#trace .span-bar").length`); bars != 3 {
		tb.t.Errorf("%d bars, want 3: the request, a query, and the 87 as one", bars)
	}
	if width := value[float64](tb, `document.querySelectorAll("#trace .span-bar")[2].getBoundingClientRect().width / document.querySelectorAll("#trace .span-bar")[0].getBoundingClientRect().width`); width < 0.85 || width > 0.96 {
		tb.t.Errorf("the 87 calls have %.2f of the width of the request, want 0.92", width)
	}
}

const tabKey, enterKey, escapeKey = '\t', '\r', '\x1b'

// All can be done with the keyboard alone.
func TestKeyboard(t *testing.T) {
	s := newSite(t)
	s.some()
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	tb.until(row("/items"))
	tb.until(`document.querySelector("#slow button")`)

	tb.press(tabKey)
	tb.until(`document.activeElement.className === "skip"`)
	tb.press(enterKey)
	tb.until(`document.activeElement.id === "endpoints-title"`)

	tb.tabTo(`document.activeElement.closest("th")?.textContent.startsWith("p99")`)
	tb.press(enterKey)
	tb.until(`document.activeElement.closest("th").getAttribute("aria-sort") === "descending"`)
	tb.press(enterKey)
	tb.until(`document.activeElement.closest("th").getAttribute("aria-sort") === "ascending"`)
	if !value[bool](tb, `[...document.querySelectorAll("#endpoints tbody tr")].at(-1).textContent.includes("/orders/{id}")`) {
		t.Error("sorted by p99, the slowest endpoint is not the last row")
	}
	tb.tabTo(`document.activeElement.textContent.includes("/kind3")`)
	tb.press(enterKey)
	tb.until(`document.getElementById("chart-name").textContent.includes("/kind3")`)
	tb.tabTo(`document.activeElement.closest("#slow") && document.activeElement.textContent.includes("/orders/{id}")`)
	tb.press(enterKey)
	tb.until(`document.getElementById("trace").open && document.querySelector("#trace .waterfall")`)
	tb.tabTo(`document.activeElement.closest(".waterfall")`)
	tb.press(enterKey)
	tb.until(`document.activeElement.getAttribute("aria-expanded") === "true"`)
	tb.press(escapeKey)
	tb.until(`!document.getElementById("trace").open`)
	tb.until(`document.activeElement.closest("#slow")`) // the focus is back where it was

	tb.press('/')
	tb.until(`document.activeElement.id === "filter"`)
	tb.press('k', 'i', 'n', 'd', '4')
	tb.until(`document.querySelectorAll("#endpoints tbody tr").length === 1 && location.hash.includes("q=kind4")`)
	tb.press(escapeKey)
	tb.until(`document.querySelectorAll("#endpoints tbody tr").length > 5 && document.activeElement === document.body`)
	tb.press(' ')
	tb.until(`document.getElementById("pause").getAttribute("aria-pressed") === "true" && document.getElementById("link").dataset.state === "paused"`)
	tb.press(' ')
	tb.until(live)
	tb.quiet(s.base)
}

// tabTo presses Tab until the expression holds, at most 80 times.
func (tb *tab) tabTo(expression string) {
	tb.t.Helper()
	for range 80 {
		tb.press(tabKey)
		if value[bool](tb, `Boolean(`+expression+`)`) {
			return
		}
	}
	tb.t.Fatalf("no Tab leads to %s", expression)
}
