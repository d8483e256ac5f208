// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/otelperf/otelperf-go/otelperf"
)

// ofNow are words in sight that are of now.
const ofNow = `[...document.body.innerText.matchAll(/in this window|last (minute|hour|\d+ min)|\bago\b|\bnow:|\bup \d|more requests?|at this rate|calls of .* per request|See above|Acknowledge|muted/gi)].map((m) => m[0]).join()`

// A frozen view of a spike has numbers of then alone; what is of now is not there.
func TestFrozenViewIsOfThen(t *testing.T) {
	s := newSpiking(t, otelperf.WithLocalChanges())
	s.some()
	s.spike(t)
	from := time.Now().Unix() - 120
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	tb.until(`document.querySelector(".said details:not([hidden])") && document.querySelector("#spikes .gauge")`)
	if n := value[int](tb, `document.querySelectorAll("#spikes .gauge-label").length`); n != 4 {
		t.Errorf("the gauge has %d lines, want 4", n)
	}
	value[any](tb, fmt.Sprintf(`location.hash = "from=%d&to=%d"`, from, time.Now().Unix()+60))
	tb.until(`document.getElementById("history-title").textContent === "Spikes of that time" && document.querySelector("#history tbody tr").textContent.includes("still open")`)
	tb.until(`document.querySelectorAll("#spikes .gauge-label").length === 3 && /in that time: p50/.test(document.querySelector("#spikes .live").textContent)`)
	tb.until(`document.title.startsWith("Frozen") && !document.querySelector(".said details").checkVisibility()`)
	tb.until(`document.querySelector("#slow .age").textContent.match(/^(\d+ \w+, )?\d\d:\d\d:\d\d$/)`) // with the day, if that was yesterday
	tb.until(ofNow + ` === ""`)
	tb.quiet(s.base)
}

// A spike that went on is what it was in the frozen time: open, and what is known since is marked.
func TestFrozenSpikeIsOfThen(t *testing.T) {
	s := newSite(t)
	s.some()
	tb := newTab(t)
	tb.paused(s)
	got := value[string](tb, `(async () => {
  const { showNow } = await import("./page/now.js"), { state } = await import("./page/state.js");
  const summary = await (await fetch("summary")).json(), at = (s) => new Date(Date.UTC(2026, 0, 2, 3, 4, s)).toISOString();
  state.values = { ...state.values, from: Date.parse(at(0)) / 1000, to: Date.parse(at(30)) / 1000 };
  const part = { method: "GET", route: "/items", kind: "http", matter: "latency", start: at(10), quantile: 0.99, baseline_quantile_ms: 10, quantile_ms: 90, worst_ms: 90, worst_ratio: 9, share: null, cost_failed: 0 };
  const spike = { ...part, id: "x", state: "open", end: null, ended_later: at(50), cause: "slow by 80 ms; most of it: a lock", cause_at: at(45), causes: [{ share: 1, sentence: "a lock", source: "stacks", confirmed_by: [] }],
    endpoints: [part], signals: [], slow_requests: [], errors: [], reason: "seen", cost_slow: 490, cost_requests: 794, after: null };
  showNow({ ...summary, from: at(0), to: at(30), stored_from: at(0), spikes: [spike], mutes: [] }, () => {}, () => {}, false);
  return document.querySelector("#spikes .since").textContent.replace(/\d+ Jan( \d+)?/g, "D").replace(/[\d:]+/g, "T") + "|" + document.querySelector("#spikes .cause-head").textContent.replace(/\d+ Jan( \d+)?/g, "D").replace(/[\d]+:[\d:]+/g, "T") + "|" + document.querySelector("#spikes .cost").textContent;
})()`)
	if want := "since D, T, still open then; ended D, T|slow by 80 ms (known since D, T), of which|490 of 794 slow"; got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
	tb.quiet(s.base)
}

// A time of which only the end is stored says so.
func TestFrozenTimeThatIsPartlyStored(t *testing.T) {
	s := newSite(t)
	s.some()
	tb := newTab(t)
	tb.do(chromedp.Navigate(fmt.Sprintf("%s#from=%d&to=%d", s.base, time.Now().Unix()-3000, time.Now().Unix()+1)))
	tb.until(`/^Of the 5\d\s?min that were asked for, the last .+ are stored\.$/.test(document.getElementById("frozen-stored").textContent)`)
	tb.quiet(s.base)
}

// What the restart has left unseen has no last minute.
func TestUnseenSpikeHasNoLastMinute(t *testing.T) {
	s := newSite(t)
	s.some()
	tb := newTab(t)
	tb.paused(s)
	got := value[string](tb, `(async () => {
  const { showNow } = await import("./page/now.js"), summary = await (await fetch("summary")).json(), time = new Date().toISOString();
  const part = (unseen) => ({ method: "GET", route: "/items", kind: "http", matter: "latency", start: time, quantile: 0.99, baseline_quantile_ms: 10, quantile_ms: 90, worst_ms: 90, worst_ratio: 9, last_ms: unseen ? 0 : 50, unseen, share: null, cost_failed: 0 });
  return [true, false].map((unseen) => {
    const spike = { ...part(unseen), id: "x" + unseen, state: "open", end: null, cause: "", causes: [], endpoints: [part(unseen)], signals: [], slow_requests: [], errors: [], reason: "seen", cost_slow: 1, cost_requests: 2, after: null };
    showNow({ ...summary, spikes: [spike], mutes: [] }, () => {}, () => {}, false);
    return [...document.querySelectorAll("#spikes .gauge-label")].map((e) => e.textContent).join();
  }).join("|");
})()`)
	if want := "usual p99,at the alarm,worst minute|usual p99,at the alarm,worst minute,last minute"; got != want {
		t.Errorf("the gauges have %q, want %q", got, want)
	}
	tb.quiet(s.base)
}

// Rows that nothing was done with in the time that is shown stand below a line, which a click or a key opens.
func TestIdleRowsStandBelow(t *testing.T) {
	s := newSite(t)
	s.send(request{route: "/setup", path: "/setup", took: time.Millisecond, calls: []call{{name: "CREATE TABLE items", took: time.Millisecond}, {name: "CREATE INDEX items_name", took: time.Millisecond}}})
	for i := range 5 {
		s.send(request{route: fmt.Sprintf("/once%d", i), path: "/once", took: time.Millisecond})
	}
	var from time.Time
	for from.IsZero() || time.Since(from) > 9*time.Second { // until it is sent within a step
		from = time.Now().Add(2 * time.Second).Truncate(10 * time.Second).Add(10 * time.Second) // what ends in the second before a step counts in it
		time.Sleep(time.Until(from.Add(100 * time.Millisecond)))
		s.send(request{route: "/items", path: "/items", took: time.Millisecond, calls: []call{{name: "SELECT items", took: time.Millisecond}}})
	}
	tb := newTab(t)
	tb.do(chromedp.Navigate(fmt.Sprintf("%s#from=%d&to=%d", s.base, from.Unix(), from.Unix()+10)))
	line := func(table string) string { return `document.querySelector("#` + table + ` .idle-line button")` }
	tb.until(line("dependencies") + `?.textContent.endsWith("2 not called in that time") && document.querySelectorAll("#dependencies tbody .name").length === 1`)
	tb.until(line("endpoints") + `?.textContent.endsWith("6 without a request in that time") && document.querySelectorAll("#endpoints tbody .name").length === 1`)
	tb.click(line("dependencies"))
	tb.until(line("dependencies") + `.getAttribute("aria-expanded") === "true" && document.querySelectorAll("#dependencies tbody .name").length === 3`)
	if below := value[bool](tb, `[...document.querySelectorAll("#dependencies .idle .name")].every((td) => td.textContent.includes("CREATE"))`); !below {
		t.Error("not only the idle ones stand below the line")
	}
	value[any](tb, line("endpoints")+`.focus()`)
	tb.press('\r')
	tb.until(`document.querySelectorAll("#endpoints tbody .name").length === 7`)
	tb.press('\r')
	tb.until(`document.querySelectorAll("#endpoints tbody .name").length === 1`)
	tb.press('/', 'o', 'n', 'c', 'e', '3')
	tb.until(`document.querySelectorAll("#endpoints tbody .name").length === 1 && document.querySelector("#endpoints tbody .name").textContent.includes("/once3") && !` + line("endpoints"))
	value[any](tb, `location.hash = ""`)
	tb.until(`document.querySelectorAll("#dependencies tbody .name").length === 3 && !` + line("dependencies"))
	tb.quiet(s.base)
}

// Where nothing sets slow requests apart it is said how many there were, and how many it takes.
func TestNothingSetsApart(t *testing.T) {
	s := newSite(t)
	s.some()
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base + "#endpoint=GET+/items"))
	tb.until(`document.getElementById("differences").textContent === "No slow request was looked at in the last ten minutes, so there is nothing to compare."`)
	for counts, want := range map[string]string{
		"1, 500, ''":                        "1 slow request of the last ten minutes was looked at; it takes 3 that have something in common.",
		"2, 500, ''":                        "2 slow requests of the last ten minutes were looked at; it takes 3 that have something in common.",
		"40, 0, ''":                         "There is no ordinary request of the last ten minutes to compare the 40 slow requests with.",
		"40, 500, ' from before the spike'": "No attribute sets the 40 slow requests of the last ten minutes apart from 500 ordinary requests from before the spike.",
	} {
		got := value[string](tb, `import("./page/detail.js").then(({ alike }) => ((slow, ordinary, before) => alike({ slow_samples: slow, slow_needed: 3, ordinary_samples: ordinary }, before))(`+counts+`))`)
		if got != want {
			t.Errorf("%s: %q, want %q", counts, got, want)
		}
	}
	tb.quiet(s.base)
}
