// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// answersWith has every answer say of a route that its requests repeat calls: that takes more than a minute to become known.
func (tb *tab) answersWith(route, repeated string) {
	tb.before(`window.repeated = ` + repeated + `;
const parse = JSON.parse;
JSON.parse = (...args) => {
  const v = parse(...args);
  for (const e of v?.endpoints ?? []) if (e.route === "` + route + `") e.repeated_calls = window.repeated;
  return v;
};`)
}

// What requests repeat is on their row and where the endpoint is chosen, as text, leads to an example, and goes when it is mended.
func TestRepeatedCallsOnThePage(t *testing.T) {
	s := newSite(t)
	id := s.some()
	s.get(t, "/items")
	tb := newTab(t)
	tb.answersWith("/items", `{ dependency: "postgresql SELECT <img src=x onerror='window.pwned=1'>", calls_per_request: 25, at_least: false, parallel: true, share: 0.9375, requests: 32, example: { trace_id: "`+id+`", span_id: "", start: "2026-03-01T12:00:00Z", duration_ms: 1234, stored: true } }`)
	tb.do(chromedp.Navigate(s.base))
	tb.until(live)
	const chip = `[...document.querySelectorAll("#endpoints .repeated-chip")]`
	tb.until(chip + `.length === 1`)
	const want = "25 calls of postgresql SELECT <img src=x onerror='window.pwned=1'> per request, at the same time"
	if got := value[string](tb, chip+`[0].textContent + "|" + `+chip+`[0].title`); !strings.HasPrefix(got, want+"|") || !strings.Contains(got, "Of the last 32 requests that were looked at, 94\u202f% made 10") {
		t.Errorf("the row says %q, want %q", got, want)
	}
	tb.click(row("/items") + `.querySelector("button.route")`)
	const told = `document.getElementById("detail-repeated")`
	tb.until(`!` + told + `.hidden && document.getElementById("detail-name").textContent === "GET /items"`)
	if got := value[string](tb, told+`.textContent`); !strings.HasPrefix(got, want) {
		t.Errorf("of the chosen endpoint it says %q, want %q", got, want)
	}
	if got := value[string](tb, told+`.querySelector("button").textContent`); !regexp.MustCompile(`^1 Mar, \d\d:\d\d:\d\d, 1\.23\x{202f}s$`).MatchString(got) {
		t.Errorf("the link says %q, want the day, the time and how long it took", got)
	}
	tb.click(told + `.querySelector("button")`)
	tb.until(`document.getElementById("trace").open && location.hash.includes("` + id + `")`)
	value[any](tb, `document.getElementById("trace-close").click(); window.repeated = { ...window.repeated, example: { ...window.repeated.example, stored: false } }`)
	tb.until(told + `.textContent.endsWith("1.23\u202fs, no longer stored") && !` + told + `.querySelector("button")`)
	value[any](tb, `window.repeated = null`)
	tb.until(chip + `.length === 0 && ` + told + `.hidden`)
	tb.checkUnharmed("repeated calls")
	tb.quiet(s.base)
}
