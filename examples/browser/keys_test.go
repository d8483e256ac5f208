// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// The help lists every key, each does what it says, and none does anything while one types, a dialog is open, or they are turned off.
func TestKeysAndTheirHelp(t *testing.T) {
	s := newSite(t)
	id := s.some()
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	tb.until(row("/orders/{id}"))
	tb.until(`document.querySelector("#slow button")`)
	chosen := `document.querySelector("#endpoints tr.selected")`
	tb.until(chosen)

	tb.press('?')
	tb.until(`document.getElementById("help").open`)
	for _, key := range []string{"?", "/", "Escape", "Space", "1", "2", "3", "4", "j", "k", "a", "v", "o", "s", "l", "t"} {
		if !value[bool](tb, fmt.Sprintf(`[...document.querySelectorAll("#keys tr")].some((tr) => tr.cells[0].textContent === %q && tr.cells[1].textContent.length > 5)`, key)) {
			t.Errorf("the help lacks %q", key)
		}
	}
	tb.press('1')
	tb.press(escapeKey)
	tb.until(`!document.getElementById("help").open`)
	if hash := value[string](tb, `location.hash`); hash != "" {
		t.Errorf("a key beside the open help led to %s", hash)
	}
	tb.click(`document.getElementById("help-open")`)
	tb.until(`document.getElementById("help").open`)
	tb.click(`document.querySelector("#help [data-close]")`)
	tb.until(`!document.getElementById("help").open`)

	for key, window := range map[rune]string{'1': "1m", '3': "1h", '4': "all"} {
		tb.press(key)
		tb.until(`location.hash === "#window=` + window + `"`)
	}
	tb.press('2')
	tb.until(`location.hash === ""`)
	for _, view := range []string{"#view=histogram", "#view=heatmap", ""} {
		tb.press('v')
		tb.until(`location.hash === "` + view + `" && document.querySelector("#views input:checked").value === "` + strings.TrimPrefix(cmp.Or(view, "line"), "#view=") + `"`)
	}
	tb.press('a')
	tb.until(`location.hash === "#all=1"`)
	tb.press('a')
	tb.until(`location.hash === ""`)
	for range 30 { // from wherever to the last
		tb.press('j')
	}
	tb.until(chosen + `?.rowIndex === document.getElementById("endpoints").rows.length - 1`)
	tb.press('k')
	tb.until(chosen + `?.rowIndex === document.getElementById("endpoints").rows.length - 2`)
	value[any](tb, `location.hash = "endpoint=GET+/orders/{id}"`)
	tb.until(chosen + `?.textContent.includes("/orders/{id}")`)
	tb.press('o')
	tb.until(`document.getElementById("trace").open && document.getElementById("trace-id").textContent === "` + id + `"`)
	tb.press(escapeKey)
	tb.until(`!document.getElementById("trace").open`)

	tb.press('/', 'j', '?', '1')
	tb.until(`document.getElementById("filter").value === "j?1"`)
	tb.press(escapeKey)
	tb.press('?')
	tb.click(`document.getElementById("keys-on")`)
	tb.press(escapeKey)
	tb.press('1')
	tb.press('/')
	if value[bool](tb, `document.activeElement.id === "filter" || location.hash.includes("window")`) {
		t.Error("a key that is turned off does something")
	}
	tb.do(chromedp.Navigate("about:blank"), chromedp.Navigate(s.base))
	tb.until(live)
	if value[bool](tb, `document.getElementById("keys-on").checked`) {
		t.Error("after a reload the keys are on again")
	}
	tb.quiet(s.base)
}

// ground is how light the background is, 0 to 255.
const ground = `Number(getComputedStyle(document.documentElement).backgroundColor.match(/\d+/)[0])`

// The theme is the system's until another one is chosen, which holds over a reload; where nothing may be stored it holds until then.
func TestThemeIsChosen(t *testing.T) {
	s := newSite(t)
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	tb.until(live)
	tb.until(ground + ` > 200 && document.getElementById("theme").selectedOptions[0].textContent === "System"`)
	choose := `(name) => { const s = document.getElementById("theme"); s.value = name; s.dispatchEvent(new Event("change")); }`
	value[any](tb, `(`+choose+`)("dark")`)
	tb.until(ground + ` < 64`)
	tb.do(chromedp.Navigate("about:blank"), chromedp.Navigate(s.base))
	tb.until(live + ` && ` + ground + ` < 64 && document.getElementById("theme").selectedOptions[0].textContent === "Dark"`)
	tb.press('t') // dark, the system's, light
	tb.until(ground + ` > 200 && document.getElementById("theme").value === ""`)
	tb.press('t')
	tb.until(`document.getElementById("theme").value === "light" && document.documentElement.dataset.theme === "light"`)
	tb.quiet(s.base)

	closed := newTab(t)
	closed.before(`Object.defineProperty(window, "localStorage", { get() { throw new DOMException("denied", "SecurityError"); } })`)
	closed.do(chromedp.Navigate(s.base))
	closed.until(live)
	value[any](closed, `(`+choose+`)("dark")`)
	closed.until(ground + ` < 64`)
	closed.quiet(s.base)
}
