// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/otelperf/otelperf-go/examples/browser/internal/chromium"
)

// wide lists what sticks out to the right although nothing around it scrolls.
const wide = `(() => {
  const scrolls = (e) => { for (; e && e !== document.body; e = e.parentElement) if (/auto|scroll|hidden|clip/.test(getComputedStyle(e).overflowX)) return true; return false; };
  const out = [...document.querySelectorAll("body *")].filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e));
  const page = document.documentElement.scrollWidth > innerWidth ? ["the page is " + document.documentElement.scrollWidth + " wide"] : [];
  return page.concat(out.slice(0, 5).map((e) => e.tagName + "." + e.className + "#" + e.id + " ends at " + Math.round(e.getBoundingClientRect().right))).join("; ");
})()`

// faint lists texts whose contrast with what is behind them is below 4.5, which is what WCAG 2.2 asks of text (1.4.3, AA).
const faint = `(() => {
  const canvas = document.createElement("canvas"), c = canvas.getContext("2d", { willReadFrequently: true });
  canvas.width = canvas.height = 1;
  const rgba = (color) => { c.clearRect(0, 0, 1, 1); c.fillStyle = color; c.fillRect(0, 0, 1, 1); return [...c.getImageData(0, 0, 1, 1).data]; };
  const light = (p) => { const [r, g, b] = p.map((v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
  const behind = (e) => { for (; e; e = e.parentElement) { const p = rgba(getComputedStyle(e).backgroundColor); if (p[3] > 250) return p; } return [255, 255, 255, 255]; };
  const found = new Map();
  for (const e of document.querySelectorAll("body *")) {
    if (!e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || e.closest(".visually-hidden, svg, [aria-hidden=true]") || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
    const a = light(rgba(getComputedStyle(e).color)), b = light(behind(e)), contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (contrast < 4.5) found.set(e.tagName.toLowerCase() + "." + e.className, contrast.toFixed(2) + " " + e.textContent.slice(0, 20));
  }
  return [...found].map(([k, v]) => k + " " + v).slice(0, 12).join("; ");
})()`

// From a phone to a wide screen nothing has to be scrolled sideways to be seen but tables, and all text can be read, in light and
// in dark, with a request open and without.
func TestLayout(t *testing.T) {
	s := newSite(t)
	long := "/" + strings.Repeat("averylongsegmentwithoutbreak", 8)
	s.send(request{route: long, path: long, took: 3 * time.Second, failure: "x" + long, calls: []call{{name: "SELECT " + long, took: time.Second}}})
	id := s.some()
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	tb.until(`document.querySelector("#slow button") && document.querySelector("#chart svg") && document.querySelector("#errors tbody tr")`)
	for _, view := range []struct {
		name          string
		width, height int64
		scheme        string
	}{
		{"phone, light", 390, 844, "light"}, {"phone, dark", 390, 844, "dark"}, {"small phone", 320, 640, "light"},
		{"tablet", 820, 1180, "light"}, {"laptop, dark", 1280, 900, "dark"}, {"wide", 2560, 1300, "light"},
	} {
		tb.do(chromium.View(view.width, view.height, 1, view.scheme))
		ground := value[int](tb, `Number(getComputedStyle(document.documentElement).backgroundColor.match(/\d+/)[0])`)
		if dark := view.scheme == "dark"; dark != (ground < 64) || !dark && ground < 200 {
			t.Errorf("%s: the background is %d", view.name, ground)
		}
		for _, open := range []string{"", "#trace=" + id} {
			tb.do(chromedp.Navigate(s.base + open))
			if open != "" {
				tb.until(`document.querySelector("#trace[open] .waterfall")`)
			}
			tb.do(chromedp.Sleep(300 * time.Millisecond)) // one more frame of the chart
			if out := value[string](tb, wide); out != "" {
				t.Errorf("%s%s: %s", view.name, open, out)
			}
			if low := value[string](tb, faint); low != "" {
				t.Errorf("%s%s: too faint: %s", view.name, open, low)
			}
			if open != "" {
				tb.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("trace-close").click()`))
				tb.until(`location.hash === "" && !document.getElementById("trace").open`)
			}
		}
	}
	tb.quiet(s.base)
}

// Before the first request no control stands over nothing, and no drawing holds space free; after it they are there. The list of slow
// requests is as long as what stands beside it, and on a phone the controls begin at the left.
func TestLayoutOfLittle(t *testing.T) {
	s := newSite(t)
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	tb.until(`document.getElementById("nothing").checkVisibility()`)
	for _, id := range []string{"filter", "views", "chart-details", "slow-only"} {
		if value[bool](tb, `document.getElementById("`+id+`").checkVisibility()`) {
			t.Errorf("%s is shown though there was no request", id)
		}
	}
	if height := value[float64](tb, `document.getElementById("chart").offsetHeight`); height > 100 {
		t.Errorf("a chart of nothing is %.0f pixels high", height)
	}
	if height := value[float64](tb, `document.getElementById("slow").offsetHeight`); height > 0 {
		t.Errorf("a list of no slow request is %.0f pixels high", height)
	}
	for range 40 {
		s.send(request{route: "/slow", path: "/slow", took: 3 * time.Second})
	}
	tb.until(`document.getElementById("filter").checkVisibility() && document.getElementById("views").checkVisibility() && document.getElementById("chart").offsetHeight > 200`)
	tb.until(`document.querySelectorAll("#slow button").length === 40`)
	if rest := value[float64](tb, `(() => { const list = document.getElementById("slow");
		return list.closest("section").getBoundingClientRect().bottom - list.getBoundingClientRect().bottom; })()`); rest > 40 {
		t.Errorf("below the list of slow requests, which is cut, are %.0f empty pixels", rest)
	}
	tb.do(chromium.View(390, 844, 1, "light"))
	const gap = `document.getElementById("share-open").getBoundingClientRect().left - document.getElementById("pause").getBoundingClientRect().right`
	if px := value[float64](tb, gap); px > 24 {
		t.Errorf("the controls of a phone stand %.0f pixels apart", px)
	}
	tb.quiet(s.base)
}
