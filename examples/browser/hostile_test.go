// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// hostile are texts that become markup or script where they are not treated as text. All set pwned if they run.
var hostile = map[string]string{
	"image":     `<img src=x onerror="window.pwned=1">`,
	"script":    `"></td></table><script>window.pwned=1</script>`,
	"attribute": `' onmouseover='window.pwned=1' x='`,
	"svg":       `<svg/onload=window.pwned=1>`,
	"frame":     `<iframe srcdoc="<script>parent.pwned=1</script>"></iframe>`,
	"link":      `javascript:window.pwned=1`,
	"template":  "${window.pwned=1}{{constructor.constructor('window.pwned=1')()}}",
	"style":     `<style>*{display:none!important}</style>`,
}

// Whatever names, paths, statements and errors hold is shown as text: nothing of it runs, and no element comes of it.
func TestHostileNamesAreText(t *testing.T) {
	s := newSite(t)
	traces := map[string]string{}
	for kind, text := range hostile {
		for range 5 {
			s.send(request{route: "/" + text, path: "/" + text, took: 5 * time.Millisecond})
		}
		traces[kind] = s.send(request{route: "/" + text, path: "/" + text, took: 2 * time.Second, failure: text, calls: []call{
			{name: text, statement: text, failure: text, took: time.Second},
			{name: "SELECT " + text, statement: text, took: time.Second / 2},
		}})
		_, running := s.tracer.Start(context.Background(), "GET /"+text, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(time.Now().Add(-time.Minute)),
			trace.WithAttributes(attribute.String("http.request.method", text), attribute.String("http.route", "/"+text), attribute.String("url.path", "/"+text)))
		t.Cleanup(func() { running.End() })
	}
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base + "#endpoint=" + "%3Cimg%20src=x%20onerror=window.pwned=1%3E&q=%3Cimg%20src=x%3E"))
	tb.until(live)
	tb.do(chromedp.Navigate(s.base))
	for kind, text := range hostile {
		quoted, err := json.Marshal(text)
		must(t, err)
		for _, list := range []string{"endpoints", "slow", "errors", "dependencies"} {
			tb.until(`document.getElementById("` + list + `").textContent.includes(` + string(quoted) + `)`)
		}
		tb.do(chromedp.Navigate(s.base + "#trace=" + traces[kind]))
		tb.until(`document.querySelector("#trace .waterfall") && document.getElementById("trace-id").textContent === "` + traces[kind] + `"`)
		value[any](tb, `document.querySelectorAll("#trace .waterfall button, #trace summary").forEach((b) => b.click())`)
		tb.until(`document.getElementById("trace-body").textContent.includes(` + string(quoted) + `)`)
		tb.checkUnharmed(kind)
		tb.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("trace-close").click()`))
		tb.until(`location.hash === "" && !document.getElementById("trace").open`)
	}
	value[any](tb, `document.querySelectorAll("#endpoints tbody button").forEach((b) => b.dispatchEvent(new MouseEvent("mouseover", {bubbles: true})))`)
	tb.checkUnharmed("all")
	tb.quiet(s.base)
}

// checkUnharmed looks for elements that the page itself never makes, and for traces of a script that ran.
func (tb *tab) checkUnharmed(kind string) {
	tb.t.Helper()
	if value[bool](tb, `"pwned" in window`) {
		tb.t.Errorf("%s: a script of the client ran", kind)
	}
	const unwanted = `[...document.querySelectorAll("img, iframe, object, embed, style, base, form, script:not([src='page/app.js'], [src='page/theme.js'])")].map((e) => e.outerHTML).join() + ` +
		`[...document.querySelectorAll("*")].flatMap((e) => [...e.attributes]).filter((a) => a.name.startsWith("on") || /^\s*javascript:/i.test(a.value)).map((a) => a.name + "=" + a.value).join()`
	if found := value[string](tb, unwanted); strings.TrimSpace(found) != "" {
		tb.t.Errorf("%s: the page has %s", kind, found)
	}
}
