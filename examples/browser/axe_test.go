// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/examples/browser/internal/chromium"
	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/evidence"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// checker is the source of axe-core, which looks for what keeps people from using a page.
func checker(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile("axe/node_modules/axe-core/axe.min.js")
	if err != nil {
		exampletest.Missing(t, exampletest.Axe, err.Error()+": npm ci --prefix examples/browser/axe")
	}
	return string(source)
}

// violations is an expression for what axe-core finds, by rule; what it cannot decide is not among it.
const violations = `axe.run(document, { preload: false, resultTypes: ["violations"] }).then(({ violations }) => violations.map((v) =>
	v.impact + " " + v.id + ": " + v.help + "\n" + v.nodes.slice(0, 4).map((n) => "    " + n.target.join(" ") + " " + n.html.slice(0, 160) + "\n      " + n.any.concat(n.all, n.none).map((c) => c.message).join("; ")).join("\n")))`

// newFull is a site in trouble, with something in each part of the page: a spike that is open, acknowledged and muted, an objective, a
// mark, failures, jobs, dependencies, dimensions, requests in flight, stacks of slow ones, a recording, events.
func newFull(t *testing.T) (s *spiking, slow string) {
	t.Helper()
	s = newSpiking(t, otelperf.WithLocalChanges(), otelperf.WithEvents(), otelperf.WithEvidence(evidence.New()), otelperf.WithSlowThreshold(50*time.Millisecond),
		otelperf.WithStacks(true), otelperf.WithProcessorOptions(spikeprocessor.WithDimensions("tenant.id")), otelperf.WithTraceURL("https://traces.example.com/{trace_id}"),
		otelperf.WithObjective("GET /**", otelperf.Objective{Name: "all pages", SuccessTarget: 0.999, Latency: 100 * time.Millisecond, LatencyTarget: 0.99, Period: 30 * 24 * time.Hour}))
	var lock sync.Mutex
	s.mux.HandleFunc("GET /locked", func(w http.ResponseWriter, _ *http.Request) {
		lock.Lock()
		defer lock.Unlock()
		time.Sleep(120 * time.Millisecond)
		_, _ = io.WriteString(w, "{}")
	})
	for range 2 {
		background(t, func(ctx context.Context) {
			for ctx.Err() == nil {
				r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.server.URL+"/locked", nil)
				must(t, err)
				if resp, err := s.server.Client().Do(r); err == nil {
					_ = resp.Body.Close()
				}
			}
		})
	}
	slow = s.some()
	s.postMark(t, "deploy 1.4.3", 0)
	for range 3 {
		_, job := s.tracer.Start(context.Background(), "clean carts", trace.WithTimestamp(time.Now().Add(-time.Second)))
		job.End()
	}
	_, running := s.tracer.Start(context.Background(), "GET /report", trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(time.Now().Add(-time.Minute)),
		trace.WithAttributes(attribute.String("http.request.method", "GET"), attribute.String("http.route", "/report"), attribute.String("url.path", "/report")))
	t.Cleanup(func() { running.End() })
	event(t, s.site)
	s.spike(t)
	s.change(t, "evidence/record", `{}`)
	id := s.mon.Summary(otelperf.Window5m).Spikes[0].ID
	s.change(t, "spikes/"+id+"/ack", `{"by": "ana", "why": "looks after it"}`)
	s.change(t, "mutes", `{"endpoint": "GET /checkout", "by": "ana", "minutes": 15}`)
	return s, slow
}

// event sends what a browser would.
func event(t *testing.T, s *site) {
	t.Helper()
	resp, err := http.Post(s.server.URL+"/t/interactions", "application/json", strings.NewReader(`{"session_id": "0123456789abcdef", "page": "/products/{id}", "events": [`+
		`{"type": "page_view", "kind": "load"}, {"type": "web_vital", "name": "lcp", "id": "v1", "value": 5200}, {"type": "web_vital", "name": "cls", "id": "v2", "value": 0.02}]}`))
	must(t, err)
	must(t, resp.Body.Close())
	if resp.StatusCode >= 300 {
		t.Fatalf("events: %s", resp.Status)
	}
}

// change posts to the companion endpoint as a person at this machine does.
func (s *site) change(t *testing.T, path, body string) {
	t.Helper()
	resp, err := http.Post(s.base+path, "application/json", strings.NewReader(body))
	must(t, err)
	text, err := io.ReadAll(resp.Body)
	must(t, err)
	must(t, resp.Body.Close())
	if resp.StatusCode >= 300 {
		t.Fatalf("POST %s: %s %s", path, resp.Status, text)
	}
}

// dialogs are the views by the id of the dialog that is opened there, by its button if it has one.
func dialogs(slow string) map[string]string {
	return map[string]string{
		"":      "endpoint=GET+/locked",
		"trace": "endpoint=GET+/locked&trace=" + slow,
		"help":  "endpoint=GET+/locked",
		"share": "endpoint=GET+/locked",
		"when":  "endpoint=GET+/locked",
	}
}

// axe-core finds nothing in the page, with all of its parts filled, all that folds open, and each dialog, in light and in dark, on a
// laptop and on a phone.
func TestAccessibility(t *testing.T) {
	source := checker(t)
	tb := newTab(t)
	s, slow := newFull(t)
	tb.do(chromedp.Navigate(s.base + "#endpoint=GET+/locked"))
	tb.until(live)
	for _, part := range []string{"spikes", "mutes", "endpoints", "objectives", "slow", "jobs", "errors", "dependencies", "active", "events-section", "dimensions-title", "flame-body", "recordings", "compare"} {
		tb.until(fmt.Sprintf(`document.getElementById(%q).checkVisibility()`, part))
	}
	tb.until(`document.querySelector("#chart svg") && document.querySelector("#spikes .said-text").textContent.includes("ana")`)
	value[any](tb, source+`; null`)
	open := dialogs(slow)
	for _, id := range value[[]string](tb, `[...document.querySelectorAll("dialog")].map((d) => d.id)`) {
		if _, known := open[id]; !known {
			t.Errorf("nobody looks at the dialog %s", id)
		}
	}
	for id, hash := range open {
		value[any](tb, fmt.Sprintf(`location.hash = %q; document.querySelector("button[id=" + %q + "-open]")?.click()`, hash, id))
		if id != "" {
			tb.until(fmt.Sprintf(`document.getElementById(%q).open && !/Loading/.test(document.getElementById(%[1]q).innerText)`, id))
		}
		value[any](tb, `document.querySelectorAll("details").forEach((d) => { d.open = true; }); document.querySelectorAll("#trace [aria-expanded=false]").forEach((b) => b.click())`)
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{1280, 390} {
				tb.do(chromium.View(width, 900, 1, scheme))
				for _, found := range value[[]string](tb, violations) {
					t.Errorf("%s, %d px, dialog %q: %s", scheme, width, id, found)
				}
			}
		}
		if id != "" {
			value[any](tb, fmt.Sprintf(`document.getElementById(%q).close()`, id))
		}
	}
	tb.quiet(s.base)
}
