// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/otelperf/otelperf-go/examples/browser/internal/chromium"
)

// A name is cut for the room that it has itself, not for that of a shorter one beside it.
func TestNamesBesideShorterOnes(t *testing.T) {
	s := newSite(t)
	s.some()
	tb := newTab(t)
	tb.paused(s)
	got := value[string](tb, `(async () => {
  const { named } = await import("./page/names.js"), list = document.createElement("ul"), frame = () => new Promise(requestAnimationFrame);
  const names = ["/a", "/products/{id}/reviews/{review}", "/tenants/" + "long".repeat(60) + "/end"].map((route) => named(document.createElement("span"), { method: "GET", route }));
  for (const n of names) {
    const li = document.createElement("li");
    li.append(n);
    list.append(li);
  }
  document.getElementById("main").append(list);
  for (let i = 0; i < 5; i++) await frame();
  return names.map((n) => n.querySelectorAll(".cut").length).join();
})()`)
	if got != "0,0,1" {
		t.Errorf("cuts of a short name, one that fits and one that does not: %s, want 0,0,1", got)
	}
	tb.quiet(s.base)
}

// A name is cut again when the columns beside it need more room, though its table stays as wide as it is.
func TestNamesMakeRoom(t *testing.T) {
	s := newSite(t)
	for i := range 20 {
		s.send(request{route: middleRoute(i), path: middleRoute(i), took: time.Millisecond})
	}
	tb := newTab(t)
	tb.do(chromium.View(1280, 900, 1, "light"), chromedp.Navigate(s.base))
	const fits = `[...document.querySelectorAll("#endpoints td .path")].every((p) => p.scrollWidth <= p.clientWidth)`
	tb.until(rowCount + ` === 15 && document.querySelector("#endpoints td .cut") && ` + fits)
	const room = `document.querySelector("#endpoints td.name").clientWidth`
	before := value[int](tb, room)
	tb.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("#endpoints td.trend").forEach((td) => { td.style.minWidth = td.style.width = "420px"; })`))
	if after := value[int](tb, room); after > before-100 {
		t.Fatalf("the column was %d pixels wide, and is %d", before, after)
	}
	tb.until(fits)
	tb.quiet(s.base)
}
