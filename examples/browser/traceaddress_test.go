// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// A request that the address leads to is opened and stays in it, whatever else changes at that moment: a dialog that was closed just before, and a
// choice that is made before the page has been told of the new address.
func TestTraceOfAnAddressThatChanges(t *testing.T) {
	s := newSite(t)
	s.many(3)
	id := s.some()
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	tb.until(rowCount + ` >= 4`)
	open := `document.querySelector("#trace[open] .waterfall") && location.hash.includes("trace=` + id + `")`
	settled := func(name string) {
		t.Helper()
		tb.until(open)
		value[any](tb, `new Promise((r) => requestAnimationFrame(() => setTimeout(r, 100)))`)
		if !value[bool](tb, `Boolean(`+open+`)`) {
			t.Errorf("%s: the request is closed again, the address is %s", name, value[string](tb, `location.hash`))
		}
	}
	run := func(js string) { tb.do(chromedp.Evaluate[chromedp.Void](js)) }
	run(`location.hash = "trace=` + id + `"`)
	settled("at first")
	run(`document.getElementById("trace").close(); location.hash = "endpoint=GET%20/stats"; location.hash = "trace=` + id + `"`)
	settled("closed just before")
	run(`document.getElementById("trace-close").click()`)
	tb.until(`!document.querySelector("#trace[open]") && !location.hash.includes("trace=")`)
	run(`history.replaceState(null, "", "#trace=` + id + `"); document.querySelector("#endpoints th.p99 button").click()`)
	settled("a choice before the page was told")
	tb.until(`location.hash.includes("order=")`)
	run(`document.getElementById("trace-close").click(); document.querySelector("#endpoints th.name button").click()`)
	tb.until(`!document.querySelector("#trace[open]") && !location.hash.includes("trace=") && location.hash.includes("order=")`)
	tb.quiet(s.base)
}
