// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/otelperf/otelperf-go/examples/browser/internal/chromium"
)

// conditions has every answer with endpoints have a row for each condition, and as many more as a table does
// not show at once, and every series some failures.
const conditions = `
const parse = JSON.parse;
JSON.parse = (...args) => {
  const v = parse(...args);
  if (!v?.endpoints?.length || !v.verdict) return v;
  const [first] = v.endpoints, like = (route, change) => ({ ...first, route, state: "normal", error_state: "normal", traffic_state: "normal", ready_seconds: undefined, impact: 9e9, ...change });
  v.endpoints.push(like("/c/spiking", { state: "spiking", ratio: 4 }), like("/c/failing", { error_state: "failing" }), like("/c/silent", { traffic_state: "silent" }),
    like("/c/elevated", { state: "elevated", ratio: 2 }), like("/c/learning", { state: "learning", baseline_p99_ms: null, needed: 40, ready_seconds: 60 }), like("/c/normal", {}),
    ...Array.from({ length: 20 }, (_, i) => like("/more/" + i, { impact: 0 })));
  v.dependencies.push({ ...first, kind: "dependency", method: "GET", route: "stock", state: "spiking", error_state: "normal", traffic_state: "normal", ratio: 3 });
  return v;
};
const json = Response.prototype.json;
Response.prototype.json = async function () {
  const v = await json.call(this);
  for (const p of v?.points ?? []) p.error_count = Math.ceil((p.count ?? 0) / 3);
  return v;
};`

// media emulates a medium, and colours that the system forces.
func (tb *tab) media(medium, forced, scheme string) {
	tb.t.Helper()
	_, err := chromedp.Call(tb.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: medium, Features: []*emulation.MediaFeature{{Name: "forced-colors", Value: forced}, {Name: "prefers-color-scheme", Value: scheme}},
	})
	must(tb.t, err)
}

// patterns is an expression for what tells the classes of a kind apart without a colour: those that look the same, and nothing else.
const patterns = `((kind, names) => {
	const seen = new Map();
	for (const name of names) {
		const e = document.createElement("i"), box = document.createElement("div");
		box.className = kind.startsWith("cat-") ? "breakdown" : "legend";
		e.className = "swatch " + kind + name;
		box.append(e);
		document.getElementById("main").append(box);
		const s = getComputedStyle(e), look = s.backgroundImage.replace(/(rgb|color)\([^)]*\)/g, "") + s.boxShadow.replace(/.*\)/, "");
		box.remove();
		seen.set(look, [...seen.get(look) ?? [], kind + name]);
	}
	return [...seen.values()].filter((names) => names.length > 1).map(String);
})`

// What is told by a colour is told by a shape, a pattern or a text, too: also where the system forces its colours, and on paper.
func TestNothingIsToldByColourAlone(t *testing.T) {
	source := checker(t)
	tb := newTab(t)
	s, slow := newFull(t)
	tb.before(conditions)
	tb.do(chromedp.Navigate(s.base + "#endpoint=GET+/locked"))
	tb.until(live)
	tb.until(`document.querySelectorAll("#endpoints .badge").length >= 6 && document.querySelector("#chart .bar.failed") && document.getElementById("spikes").checkVisibility()`)
	tb.until(`document.getElementById("flame-body").checkVisibility() && document.getElementById("dependencies").checkVisibility()`)
	want := map[string]string{"spiking": "\u25b2", "failing": "\u2715", "silent": "\u25bd", "elevated": "\u25c6", "learning": "\u25cb", "normal": "\u2022"}
	for _, colours := range []string{"none", "active"} {
		tb.media("screen", colours, "light")
		for condition, shape := range want {
			cell := row("/c/"+condition) + `.querySelector("td.state")`
			if got := value[[2]string](tb, `[`+cell+`.querySelector(".shape").textContent, `+cell+`.querySelector(".visually-hidden").textContent]`); got[0] != shape || got[1] == "" {
				t.Errorf("%s is told by %q, want %s and words", condition, got, shape)
			}
			if !value[bool](tb, `document.querySelector(".shapes").textContent.includes("`+shape+`")`) {
				t.Errorf("nothing says what %s is", shape)
			}
		}
		if got := value[string](tb, `getComputedStyle(document.querySelector("#dependencies tr.spiking td.ratio"), "::before").content`); got != `"▲" " "` && got != `"▲ "` {
			t.Errorf("a dependency in a spike is marked by %s", got)
		}
		if !value[bool](tb, `[...document.querySelectorAll("#chart .bar.failed")].every((b) => b.nextSibling.getAttribute("fill") === "url(#hatch)") && document.getElementById("hatch") !== null`) {
			t.Error("failed requests of the chart have no pattern")
		}
		if !value[bool](tb, `[...document.querySelectorAll("#flame g[role=button]")].filter((g) => !g.matches(".flame-mixed")).every((g) => document.getElementById(g.children[1].getAttribute("fill").slice(5, -1)) !== null)`) {
			t.Error("frames of the flame graph have no pattern")
		}
		for kind, names := range map[string]string{
			"state-": `["running", "cpu", "gc", "lock", "channel", "network", "sleep", "disk", "other"]`, "cat-": `["own", "db", "http", "rpc", "messaging", "cache"]`,
			"flame-": `["sync", "db", "net", "run", "rest"]`,
		} {
			for _, same := range value[[]string](tb, fmt.Sprintf(`%s(%q, %s)`, patterns, kind, names)) {
				t.Errorf("forced colours %s: %s have the same pattern", colours, same)
			}
		}
		if value[bool](tb, `new Set(["p50", "p95", "p99"].map((q) => getComputedStyle(document.querySelector("#chart .line." + q)).strokeDasharray)).size < 3`) {
			t.Error("the lines of the chart are dashed alike")
		}
		if !value[bool](tb, `document.getElementById("headline").textContent.length > 5 && document.querySelectorAll("#objectives .objective-state:empty").length === 0 && [...document.querySelectorAll("#slow .failed")].every((li) => li.textContent.includes("failed"))`) {
			t.Error("a state has no words")
		}
	}
	tb.pictures("page", true)
	value[any](tb, source+`; null`)
	for _, found := range value[[]string](tb, violations) {
		t.Errorf("axe: %s", found)
	}

	tb.media("print", "none", "dark")
	tb.until(`document.querySelectorAll("#endpoints tbody tr").length >= 27`)
	if shown := value[[]string](tb, `[...document.querySelectorAll("button, select, input, textarea, summary")].filter((e) => e.checkVisibility() && e.matches(".tools *, .controls *, .more, .said *, .quiet")).map((e) => e.outerHTML)`); len(shown) > 0 {
		t.Errorf("on paper there are controls: %q", shown)
	}
	if got := value[string](tb, `getComputedStyle(document.documentElement).backgroundColor`); got != "rgb(247, 247, 245)" && got != "rgb(255, 255, 255)" {
		t.Errorf("paper is %s", got)
	}
	if got := value[[]string](tb, `[...document.querySelectorAll("main *")].filter((e) => e.checkVisibility() && e.scrollHeight > e.clientHeight + 4 && (["auto", "scroll"].includes(getComputedStyle(e).overflowY) || e.matches(".slow, .flame, .short, .tall"))).map((e) => e.id || e.className)`); len(got) > 0 {
		t.Errorf("on paper %q scroll", got)
	}
	tb.media("screen", "none", "light")
	tb.until(`document.querySelectorAll("#endpoints tbody tr").length < 27`)
	value[any](tb, `location.hash = "endpoint=GET+/locked&trace=`+slow+`"`)
	tb.until(`document.getElementById("trace").open && document.querySelector("#trace .waterfall")`)
	tb.pictures("trace", false)
	tb.quiet(s.base)
}

// pictures writes what the page looks like to the directory that is named by OTELPERF_PICTURES, for people to look at.
func (tb *tab) pictures(name string, whole bool) {
	tb.t.Helper()
	dir := os.Getenv("OTELPERF_PICTURES")
	if dir == "" {
		return
	}
	for _, width := range []int64{390, 1280} {
		for _, m := range [][3]string{{"screen", "none", "light"}, {"screen", "none", "dark"}, {"screen", "active", "light"}, {"screen", "active", "dark"}, {"print", "none", "dark"}} {
			tb.do(chromium.View(width, 900, 1, m[2]))
			tb.media(m[0], m[1], m[2])
			if whole {
				tb.do(chromedp.EmulateViewport(width, min(9000, value[int64](tb, `document.documentElement.scrollHeight`))))
			}
			value[any](tb, `new Promise((done) => setTimeout(done, 400))`)
			shot, err := chromedp.Call(tb.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{})
			must(tb.t, err)
			must(tb.t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d-%s-%s-%s.png", name, width, m[0], m[1], m[2])), shot.Data, 0o600))
		}
	}
	tb.do(chromium.View(1280, 900, 1, "light"))
}
