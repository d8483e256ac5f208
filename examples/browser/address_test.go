// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// What came as a query is taken over behind the '#', where what is there already counts; what is not ours stays.
func TestQueryIsTakenOver(t *testing.T) {
	s := newSite(t)
	s.some()
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base + "?all=1&q=kind&foo=1#q=kind3"))
	tb.until(row("/kind3") + ` && location.search === "?foo=1" && location.hash === "#q=kind3&all=1" && document.getElementById("filter").value === "kind3"`)
	tb.quiet(s.base)
}

const (
	notKnown   = `document.getElementById("unknown-text").textContent`
	allIsKnown = `document.getElementById("unknown").hidden`
)

// What the page does not know of its address it says, with what it shows instead, in a line that goes away; nothing of it is an error.
func TestUnknownInTheAddress(t *testing.T) {
	s := newSite(t)
	s.some()
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base + "#window=9h&view=foo&order=zzz&quantile=p42&status=9xx&from=abc&all=x&trace=7&foo=" + strings.Repeat("x", 4000)))
	tb.until(row("/kind3") + ` && document.querySelector("#chart svg")`)
	for _, part := range []string{"window=9h: shown are five minutes", "view=foo: shown are lines", "order=zzz: the worst", "quantile=p42: shown is p99", "status=9xx: shown is any",
		"from=abc: shown is what happens now", "all=x: shown are the worst", "trace=7: none is opened", "foo: nothing follows"} {
		tb.until(notKnown + `.includes("` + part + `")`)
	}
	tb.press('3')
	tb.until(allIsKnown + ` && location.hash === "#window=1h"`)

	for hash, part := range map[string]string{
		"from=2000&to=1000":                "from=2000 to=1000, which is not before it: shown is what happens now",
		"from=9999999000&to=9999999999":    "from=9999999000 to=9999999999, which is still to come: shown is what happens now",
		"from=2000":                        "from=2000 without to: shown is what happens now",
		"to=2000":                          "to=2000 without from: shown is what happens now",
		"endpoint=GET+/nope":               "endpoint=GET /nope: shown is GET ",
		"q=%3Cb%3E&window=<b>":             "window=<b>: shown are five minutes",
		"trace=" + strings.Repeat("1", 32): "trace=" + strings.Repeat("1", 32) + ": no request of it is stored, or no longer",
		"trace=" + strings.Repeat("0", 32): "trace=" + strings.Repeat("0", 32) + ": none is opened",
	} {
		value[any](tb, `location.hash = `+quoted(hash))
		tb.until(notKnown + `.includes(` + quoted(part) + `) && !document.getElementById("trace").open`)
		tb.click(`document.getElementById("unknown-close")`)
		tb.until(allIsKnown)
	}
	value[any](tb, `location.hash = "diagnostics-title"`) // a place in the page
	value[any](tb, `location.hash = "q=kind"`)
	tb.until(row("/kind3") + ` && ` + allIsKnown)

	heads := `[...document.querySelectorAll("#endpoints th button")]`
	for i := range value[int](tb, heads+`.length`) {
		hash := value[string](tb, `(() => { `+heads+`[`+strconv.Itoa(i)+`].click(); return location.hash; })()`)
		if !strings.Contains(hash, "order=") {
			t.Errorf("column %d orders, and the address is %s", i, hash)
		}
		value[any](tb, `location.hash = "q=kin"`)
		value[any](tb, `location.hash = `+quoted(hash))
		tb.until(allIsKnown + ` && location.hash === ` + quoted(hash))
	}
	tb.quiet(s.base)
}
