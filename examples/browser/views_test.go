// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/otelperf/otelperf-go/examples/browser/internal/chromium"
	"github.com/otelperf/otelperf-go/otelperf"
)

// invented makes answers that are hard to label: spikes, marks and the usual line close to each other and to the edges, minutes without
// requests. They differ from seed to seed.
const invented = `
window.invented = (seed) => {
  let x = seed * 2654435761 % 2 ** 32;
  const random = () => (x = (x * 1664525 + 1013904223) % 2 ** 32) / 2 ** 32;
  const begin = 1764201600000, at = (minute) => new Date(begin + minute * 60000).toISOString();
  const scale = 10 ** (random() * 6 - 2), gap = 10 + Math.floor(random() * 20);
  const points = Array.from({ length: 61 }, (_, i) => {
    const none = i >= gap && i < gap + 5 && i !== gap + 2, p99 = scale * (1 + random() * (i > 40 ? 9 : 1));
    return { t: at(i), seconds: 60, count: none ? 0 : 100, error_count: none ? 0 : i % 7, rate: none ? 0 : 100 / 60 * (1 + random() * 1000), p50_ms: none ? null : p99 / 4, p95_ms: none ? null : p99 / 2, p99_ms: none ? null : p99 };
  });
  const name = { method: "GET", route: "/checkout", kind: "http" };
  const part = (start, end) => ({ start, endpoints: [{ ...name, route: "/other", start, end: null }, { ...name, start, end }] });
  const spikes = [{ ...part(at(40.5), at(41 + random() * 3)), id: "a", end: null, reason: "x" }, { ...part(at(45 + random() * 15), null), id: "b", end: null, reason: "y" }];
  const texts = ["build 77", "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW", "\u5b57\u5b57\u5b57\u5b57\u5b57\u5b57\u5b57\u5b57\u5b57\u5b57\u5b57\u5b57\u5b57", "m", "feature flag new-checkout on for everybody"];
  const marks = Array.from({ length: 8 }, (_, i) => ({ id: String(i), kind: ["deploy", "config", "version", "start"][i % 4], text: texts[i % 5], time: at(i === 0 ? 0 : i === 1 ? 61 : 40 + random() * 8), by: "ana" }));
  const slow = Array.from({ length: 20 }, (_, i) => ({ time: at(i * 3), duration_ms: scale * (1 + i), trace_id: "1".repeat(32) }));
  const buckets = Array.from({ length: 8 + Math.floor(random() * 56) }, (_, i) => ({ from_ms: scale * 2 ** (i / 8), to_ms: scale * 2 ** ((i + 1) / 8), count: 10, share: random() / 20, baseline_share: random() / 20 }));
  const last = Math.log(buckets.at(-1).to_ms / scale), q = () => scale * Math.exp(last * random());
  const quantiles = [0.5, 0.9, 0.95, 0.99, 0.999].map((quantile) => ({ quantile, ms: q(), baseline_ms: q() }));
  const bounds_ms = [...buckets.map((b) => b.from_ms), buckets.at(-1).to_ms];
  const columns = points.map((p) => ({ t: p.t, seconds: 60, count: p.count, counts: buckets.map(() => p.count ? Math.floor(random() ** 3 * 30) : 0) }));
  const series = { ...name, points, spikes, baseline_p99_ms: scale * 1.3, window: "1h" };
  return { series, marks, slow, spikes, distribution: { ...name, buckets, quantiles, count: 1000 }, heatmap: { ...name, bounds_ms, columns, baseline_p99_ms: scale * 2 } };
};
window.draw = async (view, seed) => {
  const page = (file) => import(new URL("page/" + file, location.href.split("#")[0]));
  const { Chart } = await page("chart.js"), { Distribution } = await page("distribution.js"), { Heatmap } = await page("heatmap.js");
  window.drawn ??= { line: new Chart({ openTrace() {} }), histogram: new Distribution(), heatmap: new Heatmap() };
  const all = invented(seed), plot = drawn[view];
  for (const p of Object.values(drawn)) p.box.hidden = p !== plot;
  plot.marks = all.marks;
  if (view === "line") plot.show(all.series, all.slow);
  else plot.show(view === "histogram" ? all.distribution : all.heatmap, all.spikes);
  return all;
};
// collisions are labels that lie on a line, an edge, an area's outline or each other, or beyond the drawing.
window.collisions = (root) => {
  const out = [], frame = root.getBoundingClientRect(), texts = [...root.querySelectorAll("text")].map((e) => ({ e, b: e.getBoundingClientRect() }));
  const inside = (b, x, y) => x > b.left + 0.5 && x < b.right - 0.5 && y > b.top + 1.5 && y < b.bottom - 1.5;
  texts.forEach(({ e, b }, i) => {
    if (b.left < frame.left - 1 || b.right > frame.right + 1 || b.top < frame.top - 2 || b.bottom > frame.bottom + 2) out.push(e.textContent + " sticks out");
    for (const o of texts.slice(i + 1)) if (b.left < o.b.right && o.b.left < b.right && b.top + 1.5 < o.b.bottom - 1.5 && o.b.top + 1.5 < b.bottom - 1.5) out.push(e.textContent + " on " + o.e.textContent);
  });
  for (const shape of root.querySelectorAll("path, rect, circle, line")) {
    if (/heat-\d/.test(shape.getAttribute("class"))) { // many cells: all of the ground that they are on
      const c = shape.getBoundingClientRect(), hit = texts.find(({ b }) => b.left + 1 < c.right && c.left < b.right - 1 && b.top + 2 < c.bottom && c.top < b.bottom - 2);
      if (hit) out.push(hit.e.textContent + " lies on cells");
      continue;
    }
    const length = shape.getTotalLength(), m = shape.getScreenCTM();
    for (let at = 0; at <= length && length > 0; at += 3) {
      const p = shape.getPointAtLength(at).matrixTransform(m), hit = texts.find(({ b }) => inside(b, p.x, p.y));
      if (hit) {
        out.push(hit.e.textContent + " lies on " + (shape.getAttribute("class") ?? shape.tagName));
        break;
      }
    }
  }
  return out;
};
`

// paused opens the page and stops it, so that nothing but what a test draws is drawn.
func (tb *tab) paused(s *site) {
	tb.t.Helper()
	tb.do(chromedp.Navigate(s.base))
	tb.until(live)
	tb.click(`document.getElementById("pause")`)
	tb.until(`document.getElementById("link-text").textContent === "paused"`)
	tb.do(chromedp.Evaluate[chromedp.Void](invented))
}

// No label lies on a line, an edge or another label, wherever spikes, marks and the usual line are, from a phone to a wide screen.
func TestLabelsKeepClear(t *testing.T) {
	s := newSite(t)
	s.some()
	tb := newTab(t)
	tb.paused(s)
	for _, width := range []int64{390, 2000} {
		tb.do(chromium.View(width, 900, 1, "light"))
		for _, view := range []string{"line", "histogram", "heatmap"} {
			found := value[[]string](tb, fmt.Sprintf(`(async () => {
  const out = [];
  let labels = 0;
  for (let seed = 1; seed <= 16; seed++) {
    await draw(%[1]q, seed);
    const root = drawn[%[1]q].box.querySelector("svg");
    labels += root.querySelectorAll("text:not(.tick)").length;
    out.push(...collisions(root).map((c) => "seed " + seed + ": " + c));
  }
  if (labels < 50) out.push("only " + labels + " labels");
  return out.slice(0, 10);
})()`, view))
			if len(found) > 0 {
				t.Errorf("%s at %d px: %s", view, width, strings.Join(found, "; "))
			}
		}
	}
	tb.quiet(s.base)
}

// The lines break where there were no requests; a minute that stands alone is a dot, and the legend says what a break is.
func TestLinesBreak(t *testing.T) {
	s := newSite(t)
	s.some()
	tb := newTab(t)
	tb.paused(s)
	got := value[[4]int](tb, `(async () => {
  const { series } = await draw("line", 3), box = document.getElementById("chart");
  const gaps = series.points.filter((p, i) => p.count > 0 && (i === 0 || series.points[i - 1].count === 0)).length;
  const path = box.querySelector("path.line.p99").getAttribute("d"), dots = box.querySelectorAll("circle.end-dot.p99").length;
  return [gaps, path.split("M").length - 1, dots, Number(document.getElementById("chart-legend").textContent.includes("no requests"))];
})()`)
	if got != [4]int{3, 3, 2, 1} {
		t.Errorf("runs, parts of the line, dots, legend: %v, want 3 3 2 1", got)
	}
	tb.quiet(s.base)
}

// A spike that goes on without the endpoint is no longer drawn as its own.
func TestBandOfAPart(t *testing.T) {
	s := newSite(t)
	s.some()
	tb := newTab(t)
	tb.paused(s)
	for _, view := range []string{"line", "heatmap"} {
		got := value[[]string](tb, fmt.Sprintf(`(async () => {
  await draw(%q, 3);
  return [...document.querySelectorAll("#%s svg .band-edge")].map((e) => { const b = e.getBBox(); return b.width < 100 ? "short" : "long"; });
})()`, view, map[string]string{"line": "chart", "heatmap": "heatmap"}[view]))
		if len(got) != 2 || got[0] != "short" {
			t.Errorf("%s: bands %v, want a short one first, of the part that ended", view, got)
		}
	}
	tb.quiet(s.base)
}

// The colours of a heatmap differ in lightness alone, from step to step enough to be told apart without seeing colour, in light and dark.
func TestHeatmapWithoutColour(t *testing.T) {
	s := newSite(t)
	s.some()
	tb := newTab(t)
	tb.paused(s)
	for _, scheme := range []string{"light", "dark"} {
		tb.do(chromium.View(1280, 900, 1, scheme))
		steps := value[[]float64](tb, `(async () => {
  await draw("heatmap", 5);
  const c = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const light = (color) => {
    c.clearRect(0, 0, 1, 1); c.fillStyle = color; c.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...c.getImageData(0, 0, 1, 1).data].map((v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const of = [getComputedStyle(document.querySelector("section")).backgroundColor, ...[1, 2, 3, 4, 5, 6].map((n) => getComputedStyle(document.querySelector("#heatmap path.heat-" + n)).fill)].map(light);
  return of.slice(1).map((l, i) => (l + .05) / (of[i] + .05));
})()`)
		for i, ratio := range steps {
			if scheme == "light" {
				ratio = 1 / ratio
			}
			if ratio < 1.25 {
				t.Errorf("%s: from level %d to %d the contrast is %.2f, want at least 1.25: %.2f", scheme, i, i+1, ratio, steps)
			}
		}
		if n := value[int](tb, `document.querySelectorAll("#chart-legend [class*=heat-]").length`); n != 6 {
			t.Errorf("%s: the legend has %d levels, want 6", scheme, n)
		}
	}
	tb.quiet(s.base)
}

// Each view has the same numbers as a table, says what is at the place that arrow keys lead to, and stands in the address.
func TestViews(t *testing.T) {
	s := newSite(t, otelperf.WithLocalChanges())
	s.some()
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base + "#endpoint=GET+/items"))
	tb.until(live)
	tb.until(`document.querySelector("#chart svg") && document.getElementById("distribution").checkVisibility() === false`)
	tb.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("chart-details").open = true; window.numbers = (i) => [...document.querySelectorAll("#chart-table tbody tr")].reduce((sum, tr) => sum + Number((tr.cells[i]?.textContent ?? "").replace(/\D/g, "")), 0)`))
	tb.until(`numbers(1) === 300`)
	for view, table := range map[string]string{
		"histogram": `numbers(1) === 300 && document.getElementById("chart-table").textContent.includes("p99.9")`,
		"heatmap":   `numbers(1) === 300 && [...document.querySelectorAll("#chart-table thead th")].slice(2).reduce((sum, _, i) => sum + numbers(i + 2), 0) === 300`,
	} {
		box := map[string]string{"histogram": "distribution", "heatmap": "heatmap"}[view]
		tb.click(fmt.Sprintf(`document.querySelector("#views input[value=%s]")`, view))
		tb.until(fmt.Sprintf(`document.querySelector("#%s svg") && location.hash.includes("view=%s") && !document.getElementById("chart").checkVisibility()`, box, view))
		tb.until(table)
		tb.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.getElementById("%s").focus()`, box)))
		tb.press([]rune(kb.ArrowLeft)...)
		tb.until(`/ to .*\d/.test(document.getElementById("chart-readout").textContent) && document.getElementById("chart-readout").getAttribute("aria-live") === "polite"`)
		before := value[string](tb, `document.getElementById("chart-readout").textContent`)
		tb.press([]rune(map[string]string{"histogram": kb.ArrowLeft, "heatmap": kb.ArrowUp}[view])...)
		tb.until(fmt.Sprintf(`document.getElementById("chart-readout").textContent !== %q`, before))
		tb.until(fmt.Sprintf(`document.getElementById("%s").getAttribute("aria-label").includes("GET /items")`, box))
	}
	tb.quiet(s.base)
}

// A fixed time in the address is what is shown, and a step back to what happens now; of a time that is not stored the page says so.
func TestFixedTime(t *testing.T) {
	s := newSite(t)
	s.some()
	now := time.Now().Unix()
	tb := newTab(t)
	tb.do(chromedp.Navigate(fmt.Sprintf("%s#endpoint=GET+/items&from=%d&to=%d", s.base, now-300, now+1)))
	tb.until(`document.querySelector("#chart svg") && document.getElementById("chart-span").textContent.includes(" to ")`)
	if !tb.asked(fmt.Sprintf("endpoints/series?method=GET&route=%%2Fitems&kind=http&from=%d&to=%d", now-300, now+1)) {
		t.Error("the page did not ask for the fixed time")
	}
	tb.click(`document.getElementById("frozen-live")`)
	tb.until(`!location.hash.includes("from") && !document.getElementById("chart-span").textContent.includes(" to ") && !document.getElementById("frozen").checkVisibility()`)
	tb.quiet(s.base)
	tb.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`location.hash = "endpoint=GET+/items&from=%d&to=%d"`, now-9000, now-8000)))
	tb.until(`document.getElementById("chart").textContent.startsWith("Nothing of that time is stored: that is what is left of ")`)
}

// An endpoint is shown before and in a spike: two histograms on the same axes, with what has changed, and whether it is real.
func TestBeforeAndAfter(t *testing.T) {
	s := newSite(t)
	s.some()
	tb := newTab(t)
	for _, width := range []int64{390, 1280} {
		tb.do(chromium.View(width, 900, 1, "light"))
		tb.paused(s)
		got := value[[]string](tb, `(async () => {
  const { Comparison } = await import(new URL("page/compare.js", location.href.split("#")[0]));
  const c = new Comparison(() => {}), now = new Date(1764205200000), ago = (m) => new Date(now - m * 60000).toISOString();
  const around = c.choices([{ id: "m1", text: "build 77", time: ago(30) }], [{ id: "s1", start: ago(10), end: ago(2) }], now, new Date(now - 3600000));
  const side = (ms) => ({ from: ago(20), to: ago(10), minutes: 10, count: 1000, error_count: 3, p50_ms: { value: ms, low: ms * 0.9, high: ms * 1.1 }, p99_ms: { value: ms * 3, low: ms * 2, high: null }, error_rate: { value: 0.003, low: 0, high: 0.01 } });
  const change = (sentence, real) => ({ value: 4, low: 3, high: 5, real, sentence });
  document.getElementById("compare").open = true;
  c.show({ spike: "s1", mark: null, why: "", before: side(20), since: side(80), p50: change("p50 \u00d74.00 (3.00 to 5.00): a real change", true), p99: change("p99: cannot tell", null), errors: change("no more than chance explains", false),
    buckets: [20, 40, 80].map((ms, i) => ({ from_ms: ms, to_ms: ms * 2, before_count: [900, 100, 0][i], before_share: [0.9, 0.1, 0][i], since_count: [0, 200, 800][i], since_share: [0, 0.2, 0.8][i] })) });
  const roots = [...document.querySelectorAll("#compare-drawings svg")], ticks = (root) => [...root.querySelectorAll(".tick")].map((t) => t.textContent).join();
  return [JSON.stringify(around), String(roots.length), String(ticks(roots[0]) === ticks(roots[1])), roots.flatMap(collisions).join(), document.getElementById("compare-body").innerText,
    document.getElementById("compare-buckets").textContent, [...document.querySelectorAll("#compare-with optgroup")].map((g) => g.label).join()];
})()`)
		if got[0] != `{"spike":"s1"}` || got[1] != "2" || got[2] != "true" || got[3] != "" || got[6] != "Spikes,Marks" {
			t.Errorf("%d px: chosen %s, %s drawings, axes alike %s, collisions %q, groups %s", width, got[0], got[1], got[2], got[3], got[6])
		}
		for _, want := range []string{"in the spike", "a real change", "cannot tell", "20.0", "80.0"} {
			if !strings.Contains(got[4], want) {
				t.Errorf("%d px: the table lacks %q: %q", width, want, got[4])
			}
		}
		if !strings.Contains(got[5], "80") || !strings.Contains(got[5], "90") {
			t.Errorf("%d px: the shares are %q", width, got[5])
		}
	}
	tb.quiet(s.base)
}
