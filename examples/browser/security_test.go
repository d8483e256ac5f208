// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/otelperf/otelperf-go/otelperf"
)

// evil is a page of another origin that the browser visits: http://evil.test.
func evil(t *testing.T) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!doctype html><title>evil</title>")
	}))
	t.Cleanup(srv.Close)
	return named(t, srv.URL, "evil.test")
}

// named is the same address by another name, which the browser finds at this machine.
func named(t *testing.T, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	u.Host = net.JoinHostPort(name, u.Port())
	return u.String()
}

// A page of another origin can change nothing, whichever way it sends.
func TestCrossOriginResetIsRefused(t *testing.T) {
	s := newSite(t, otelperf.WithLocalChanges())
	s.some()
	total := s.mon.Summary(otelperf.WindowAll).TotalRequests
	from := evil(t)
	tb := newTab(t)
	for name, script := range map[string]string{
		"fetch":  `fetch(%q, {method: "POST", mode: "no-cors", credentials: "include"}).then(() => true, () => true)`,
		"beacon": `navigator.sendBeacon(%q, "x")`,
		"cors":   `fetch(%q, {method: "POST", headers: {"X-Whatever": "1"}}).then(() => false, () => true)`,
		"patch":  `fetch(%q.replace("reset", "config"), {method: "PATCH", headers: {"Content-Type": "application/json"}, body: '{"slow_threshold_ms": 1}'}).then(() => false, () => true)`,
		"read":   `fetch(%q.replace("reset", "summary")).then(() => false, () => true)`,
	} {
		tb.do(chromedp.Navigate(from))
		if !value[bool](tb, fmt.Sprintf(script, s.base+"reset")) {
			t.Errorf("%s: another origin was let in", name)
		}
	}
	tb.do(chromedp.Navigate(from), chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		`document.body.innerHTML = '<form method="post" enctype="text/plain" action=%q><input name="a" value="b"></form>'; document.forms[0].submit()`, s.base+"reset")))
	tb.until(`location.href === "` + s.base + `reset" && document.body.innerText.includes("another origin")`)
	if got := s.mon.Summary(otelperf.WindowAll).TotalRequests; got != total {
		t.Errorf("%d requests counted, %d before: something was reset", got, total)
	}

	tb.do(chromedp.Navigate(s.base)) // the page itself may
	if status := value[int](tb, `fetch("reset", {method: "POST"}).then((r) => r.status)`); status != http.StatusOK {
		t.Errorf("a reset from the page itself: %d", status)
	}
	if got := s.mon.Summary(otelperf.WindowAll).TotalRequests; got != 0 {
		t.Errorf("%d requests counted after a reset from the page itself", got)
	}
}

// A page of another origin can neither frame the page nor load what it is made of.
func TestOtherOriginsCannotEmbed(t *testing.T) {
	s := newSite(t)
	tb := newTab(t)
	tb.do(chromedp.Navigate(evil(t)), chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		`window.done = 0; const f = document.createElement("iframe"); f.onload = () => window.done = 1; f.src = %q; document.body.append(f)`, s.base)))
	tb.until(`window.done`)
	refused := false
	for _, m := range tb.said() {
		refused = refused || strings.Contains(m, "frame-ancestors")
	}
	if !refused {
		t.Errorf("the page was framed: %q", tb.said())
	}
	for _, file := range []string{"page/app.js", "summary", "openapi.json"} {
		if !value[bool](tb, fmt.Sprintf(`new Promise((done) => { const e = document.createElement("script"); e.onload = () => done(false); e.onerror = () => done(true); e.src = %q; document.body.append(e); })`, s.base+file)) {
			t.Errorf("another origin loaded %s as a script", file)
		}
	}
}

// The page says whether it may change anything, and why it may not.
func TestPageSaysWhoMayChange(t *testing.T) {
	for name, tt := range map[string]struct {
		opts   []otelperf.Option
		status int
		says   string
	}{
		"looking only":           {nil, http.StatusForbidden, "Nothing can be changed from this page. Being on this machine is no right"},
		"changing is allowed to": {[]otelperf.Option{otelperf.WithLocalChanges()}, http.StatusOK, "Who sees this page may change settings"},
	} {
		s := newSite(t, tt.opts...)
		tb := newTab(t)
		tb.do(chromedp.Navigate(s.base))
		tb.until(live)
		tb.until(fmt.Sprintf(`document.getElementById("changes").textContent.startsWith(%q)`, tt.says))
		if status := value[int](tb, `fetch("reset", {method: "POST"}).then((r) => r.status)`); status != tt.status {
			t.Errorf("%s: a reset from the page is answered with %d, want %d", name, status, tt.status)
		}
	}
}

// A name of the attacker's that leads to this machine (DNS rebinding) shows nothing and changes nothing, though for the browser
// it is the same origin.
func TestRebindingIsRefused(t *testing.T) {
	s := newSite(t)
	s.some()
	total := s.mon.Summary(otelperf.WindowAll).TotalRequests
	rebound := named(t, s.base, "rebound.test")
	tb := newTab(t)
	tb.do(chromedp.Navigate(rebound))
	tb.until(`document.body.innerText.includes('"status":403')`)
	for _, path := range []string{"summary", "slow", "stream", "config", "page/app.js", "events/recent"} {
		if status := value[int](tb, fmt.Sprintf(`fetch(%q).then((r) => r.status)`, rebound+path)); status != http.StatusForbidden {
			t.Errorf("GET %s by another name: %d", path, status)
		}
	}
	for _, method := range []string{"POST", "PATCH"} {
		path := map[string]string{"POST": "reset", "PATCH": "config"}[method]
		if status := value[int](tb, fmt.Sprintf(`fetch(%q, {method: %q}).then((r) => r.status)`, rebound+path, method)); status != http.StatusForbidden {
			t.Errorf("%s %s by another name: %d", method, path, status)
		}
	}
	if got := s.mon.Summary(otelperf.WindowAll).TotalRequests; got != total {
		t.Errorf("%d requests counted, %d before", got, total)
	}
}

// With a token, a person logs in once: the cookie opens page and stream, no script can read it, and no other site can use it.
func TestLogin(t *testing.T) {
	const token = "correct horse battery staple"
	s := newSite(t, otelperf.WithBearerToken(token))
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	tb.until(`document.querySelector("input[type=password]")`)
	tb.do(chromedp.SendKeys(chromedp.CSS("#token"), "wrong\r"))
	tb.until(`document.querySelector("[role=alert]")`)
	tb.do(chromedp.SendKeys(chromedp.CSS("#token"), token+"\r"))
	tb.until(`location.href === "` + s.base + `" && ` + live)
	if cookie := value[string](tb, `document.cookie`); cookie != "" {
		t.Errorf("a script can read the cookie %q", cookie)
	}
	if !tb.asked("/ops/x/stream") {
		t.Error("there was no stream")
	}

	tb.do(chromedp.Navigate(evil(t)), chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`location = %q`, s.base)))
	tb.until(`location.href === "` + s.base + `" && document.querySelector("input[type=password]")`) // SameSite=Strict: from another site, nobody is logged in
	tb.do(chromedp.Navigate(s.base))
	tb.until(live)
	if status := value[int](tb, `fetch("logout", {method: "POST"}).then((r) => fetch("summary")).then((r) => r.status)`); status != http.StatusUnauthorized {
		t.Errorf("after logout the summary answers %d", status)
	}
}
