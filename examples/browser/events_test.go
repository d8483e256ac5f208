// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/events"
)

// What a visitor has and does that is nobody's business. None of it may be in a record.
var personal = []string{"anna-4711", "mail=anna@example.com", "anna@example.com", "#part", "Invoice of Anna", "secret cookie", "Buy the samovar", "http://", "127.0.0.1", "203.0.113.77", "Mozilla", "Chrome"}

// userPage is what GET /users/{id} answers: a page with the snippet, a button that takes a while, and something that moves.
const userPage = `<!doctype html><html lang="en"><head><title>Invoice of Anna</title>
<script src="/t/track.js" data-page="/users/{id}" defer></script></head>
<body><h1>Invoice of Anna</h1><p id="late"></p><p>A paragraph that is the largest thing to see on this page, so that there is something to wait for.</p>
<button id="buy" data-track="buy" style="width:200px;height:60px"><span>Buy the samovar</span></button><button id="other" style="width:200px;height:60px">Nothing</button>
<script src="/app.js" defer></script></body></html>`

const userScript = `document.cookie = "id=secret cookie";
document.getElementById("buy").addEventListener("click", () => { const end = performance.now() + 120; while (performance.now() < end); });
new PerformanceObserver((list) => {
	if (list.getEntriesByName("first-contentful-paint").length) setTimeout(() => { document.getElementById("late").style.height = "120px"; }, 100);
}).observe({type: "paint", buffered: true}); // before it nothing moves
new PerformanceObserver(() => setTimeout(() => { window.moved = true; }, 50)).observe({type: "layout-shift", buffered: true});`

// tracked is a site whose spans and events go to a real collector, over OTLP.
type tracked struct {
	*site
	arrived *arrived
}

func newTracked(t *testing.T, opts ...otelperf.Option) *tracked {
	t.Helper()
	to := newArrived(t)
	deliveries := &events.Deliveries{}
	spans, records := to.processors(t, deliveries)
	options := append([]otelperf.Option{otelperf.WithEvents(events.WithDeliveries(deliveries),
		events.WithSampling(events.Sampling{Events: 1, Requests: 0.1, Exceptions: 1}))}, opts...)
	s := &tracked{newExportingSite(t, spans, records, options...), to}
	s.mux.HandleFunc("GET /users/{id}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, userPage)
	})
	s.mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	s.mux.HandleFunc("GET /app.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(w, userScript)
	})
	return s
}

// reportedScript notes that the browser has reported the slow click to whoever observes events, which it does with some later
// frame. The page has been observing since before it was clicked.
const reportedScript = `new PerformanceObserver((list) => {
	for (const e of list.getEntries()) if (e.interactionId && e.duration >= 100) setTimeout(() => { window.reported = true; }, 50);
}).observe({type: "event", durationThreshold: 16, buffered: true});`

const visited = "/users/anna-4711?mail=anna@example.com#part"

// clickOn clicks with the mouse, as a person does: that is what the browser times.
func (tb *tab) clickOn(selector string) {
	tb.t.Helper()
	at := value[[]float64](tb, fmt.Sprintf(`(() => { const r = document.querySelector(%q).getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()`, selector))
	tb.do(chromedp.MouseClickXY(at[0], at[1]))
}

// loginScript is the application's own request, with an id of its user and a header that a proxy would set.
const loginScript = `fetch("/t/track?user=anna@example.com", {method: "POST", headers: {"Content-Type": "application/json", "X-Forwarded-For": "203.0.113.77"},
	body: JSON.stringify({name: "user.logged_in", user_id: "anna-4711", page: "/users/{id}"})}).then((r) => r.status)`

// The snippet's page view, click and web vitals arrive at a real collector as OpenTelemetry events, in the trace of the page's
// own request that arrived there too, and without anything personal.
func TestSnippetTellsOfAVisit(t *testing.T) {
	s := newTracked(t)
	tb := newTab(t)
	tb.before(reportedScript)
	tb.do(chromedp.Navigate(s.server.URL + visited))
	tb.until(`window.moved && window.otelperf`)
	tb.clickOn("#other")
	tb.clickOn("#buy")
	tb.until(`window.reported`)
	if status := value[int](tb, loginScript); status != http.StatusAccepted {
		t.Errorf("the event with a user id was answered with %d", status)
	}
	agent := value[string](tb, `navigator.userAgent`)
	value[any](tb, `otelperf.track("cart.added", {items: 3})`)
	value[any](tb, `otelperf.page("/orders/{id}"); history.pushState({}, "", "/orders/anna-4711?mail=anna@example.com")`)
	tb.do(chromedp.Sleep(50*time.Millisecond), chromedp.Navigate("about:blank")) // hides the page

	load := s.arrived.serverSpan(t, "/users/{id}")
	view := s.arrived.event(t, "browser.page_view", "otelperf.page_view.kind", "load")
	click := s.arrived.event(t, "browser.click", "otelperf.click.target", "buy")
	checkLoad(t, load, view, click)
	for _, name := range []string{"ttfb", "fcp", "lcp", "cls", "inp"} {
		rec := s.arrived.event(t, "browser.web_vital", "browser.web_vital.name", name)
		checkLoad(t, load, rec)
		checkVital(t, name, rec)
	}
	moved := s.arrived.event(t, "browser.page_view", "otelperf.page_view.kind", "navigate")
	if template := text(moved, "url.template"); template != "/orders/{id}" || moved.TraceID() == load.TraceID() {
		t.Errorf("the navigation is to %q with trace %s, want /orders/{id} and not the trace of the load", template, moved.TraceID())
	}
	s.arrived.event(t, "cart.added", "items", "3")
	if hash := text(s.arrived.event(t, "user.logged_in"), "user.hash"); len(hash) != 32 {
		t.Errorf("the user's hash is %q", hash)
	}
	if n := len(s.arrived.events(t, "browser.click")); n != 1 {
		t.Errorf("%d clicks, want 1: the other button has no data-track", n)
	}
	tb.quiet(s.server.URL)
	s.checkPrivate(t, agent)
	s.checkShown(t)
	s.checkDelivered(t)
}

// checkLoad checks that records are of the page's load: its trace, its span, its template.
func checkLoad(t *testing.T, load ptrace.Span, recs ...plog.LogRecord) {
	t.Helper()
	for _, rec := range recs {
		if rec.TraceID() != load.TraceID() || rec.SpanID() != load.SpanID() {
			t.Errorf("%s has trace %s and span %s, the server's span %s and %s", rec.EventName(), rec.TraceID(), rec.SpanID(), load.TraceID(), load.SpanID())
		}
		if template := text(rec, "url.template"); template != "/users/{id}" {
			t.Errorf("%s is of page %q", rec.EventName(), template)
		}
		if session := text(rec, "session.id"); len(session) < 10 {
			t.Errorf("%s has session %q", rec.EventName(), session)
		}
		if age := time.Since(rec.Timestamp().AsTime()); age < 0 || age > 10*time.Minute {
			t.Errorf("%s is %v old", rec.EventName(), age)
		}
	}
}

// checkVital checks that a value can be: what was provoked is in it.
func checkVital(t *testing.T, name string, rec plog.LogRecord) {
	t.Helper()
	const minute = 60_000 // the machine may be busy
	least := map[string]float64{"ttfb": 0, "fcp": 1, "lcp": 1, "cls": 0.001, "inp": 100}[name]
	most := map[string]float64{"ttfb": minute, "fcp": minute, "lcp": minute, "cls": 2, "inp": minute}[name]
	v, _ := rec.Attributes().Get("browser.web_vital.value")
	if v.Double() < least || v.Double() > most {
		t.Errorf("%s is %v, want %v to %v", name, v.AsString(), least, most)
	}
	if rating := text(rec, "browser.web_vital.rating"); !slices.Contains([]string{"good", "needs-improvement", "poor"}, rating) {
		t.Errorf("%s is rated %q", name, rating)
	}
	t.Logf("%s %v", name, v.AsString())
}

// checkPrivate looks for what the visitor has in all log records that arrived, byte by byte, and in what is shown.
func (s *tracked) checkPrivate(t *testing.T, agent string) {
	t.Helper()
	shown := map[string]string{"records": s.arrived.logs(t)}
	for _, path := range []string{"events/recent?limit=1000", "stats"} {
		shown[path] = string(fetch(t, s.base+path))
	}
	for where, text := range shown {
		if len(text) < 200 {
			t.Errorf("%s hold next to nothing: %s", where, text)
		}
		for _, bad := range append(slices.Clone(personal), agent) {
			if at := strings.Index(text, bad); at >= 0 {
				t.Errorf("%s hold %q: %s", where, bad, text[max(0, at-200):min(len(text), at+100)])
			}
		}
	}
}

// checkShown checks that the same is countable in the process.
func (s *tracked) checkShown(t *testing.T) {
	t.Helper()
	stats := string(fetch(t, s.base+"stats"))
	for _, want := range []string{"browser.page_view", "browser.click", "browser.web_vital", "cart.added", `"/users/{id}"`, `"p75`} {
		if !strings.Contains(stats, want) {
			t.Errorf("stats lack %s: %s", want, stats)
		}
	}
}

// checkDelivered checks that the process knows what has arrived: as many as the collector has, and none was lost. It
// returns their names.
func (s *tracked) checkDelivered(t *testing.T) []string {
	t.Helper()
	if r, err := s.mon.Events().Flush(t.Context()); err != nil || r.Left() != 0 {
		t.Errorf("flush: %+v, %v", r, err)
	}
	e := s.mon.Events().Stats().Export
	names := s.arrived.names(t, e.Delivered)
	if !e.Watched || e.Delivered != e.Emitted || e.Delivered != uint64(len(names)) {
		t.Errorf("%d events arrived, export %+v", len(names), e)
	}
	return names
}

// A browser that asks not to be tracked sends nothing.
func TestSnippetHonoursRefusals(t *testing.T) {
	for name, script := range map[string]string{
		"Do Not Track":           `Object.defineProperty(Navigator.prototype, "doNotTrack", {get: () => "1"})`,
		"Global Privacy Control": `Object.defineProperty(Navigator.prototype, "globalPrivacyControl", {get: () => true})`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newTracked(t)
			tb := newTab(t)
			tb.before(script)
			tb.do(chromedp.Navigate(s.server.URL + visited))
			tb.until(`window.moved && window.otelperf`)
			tb.clickOn("#buy")
			value[any](tb, `otelperf.track("cart.added"); otelperf.page("/x"); history.pushState({}, "", "/y")`) // the calls do no harm
			stored := value[int](tb, `sessionStorage.length`)
			tb.do(chromedp.Navigate("about:blank"), chromedp.Sleep(500*time.Millisecond))
			if tb.asked("/t/interactions") || tb.asked("/t/batch-track") || stored != 0 {
				t.Errorf("something was sent or stored: %q, %d entries", tb.requests, stored)
			}
			for _, name := range s.checkDelivered(t) {
				if name != "otelperf.request" {
					t.Errorf("%s arrived", name)
				}
			}
			tb.quiet(s.server.URL)
		})
	}
}

// The snippet is small, and cached.
func TestSnippetIsSmall(t *testing.T) {
	s := newTracked(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.server.URL+"/t/track.js", http.NoBody)
	must(t, err)
	req.Header.Set("Accept-Encoding", "identity")
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	must(t, resp.Body.Close())
	t.Logf("%d bytes", len(body))
	if len(body) == 0 || len(body) >= 3000 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/javascript") || resp.Header.Get("ETag") == "" {
		t.Errorf("%d bytes, %v", len(body), resp.Header)
	}
}

// Pages of another origin can send only if they are allowed to, by beacon as well.
func TestSnippetOfAnotherOrigin(t *testing.T) {
	for name, allowed := range map[string]bool{"refused": false, "allowed": true} {
		t.Run(name, func(t *testing.T) {
			from := evil(t)
			options := events.HandlerOptions{}
			if allowed {
				options.AllowedOrigins = []string{from}
			}
			s := newTracked(t, otelperf.WithEvents(events.WithHandler(options)))
			tb := newTab(t)
			tb.do(chromedp.Navigate(from))
			value[bool](tb, fmt.Sprintf(`navigator.sendBeacon(%q, JSON.stringify({name: "by.beacon"}))`, s.server.URL+"/t/track"))
			readable := value[bool](tb, fmt.Sprintf(`fetch(%q, {method: "POST", body: JSON.stringify({name: "by.fetch"}), headers: {"Content-Type": "application/json"}}).then((r) => r.status === 202, () => false)`, s.server.URL+"/t/track"))
			if readable != allowed {
				t.Errorf("a fetch was answered: %v", readable)
			}
			if allowed {
				s.arrived.event(t, "by.beacon")
				s.arrived.event(t, "by.fetch")
				return
			}
			refused := func() uint64 { return s.mon.Events().Stats().HTTP.RefusedBy["403"] }
			exampletest.Eventually(t, "both requests were refused", func() bool { return refused() >= 2 })
			if n := s.mon.Events().Stats().Received; n != 0 {
				t.Errorf("%d events of another origin were taken, %d requests refused", n, refused())
			}
		})
	}
}
