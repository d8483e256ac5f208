// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/evidence"
)

// Whoever may change settings has evidence recorded from the page, which then says what slow requests waited for, and shows of one of
// them what its goroutine did.
func TestEvidenceIsRecordedFromThePage(t *testing.T) {
	s := newSite(t, otelperf.WithEvidence(evidence.New()), otelperf.WithLocalChanges(), otelperf.WithSlowThreshold(50*time.Millisecond))
	var lock sync.Mutex
	s.mux.HandleFunc("GET /locked", func(w http.ResponseWriter, _ *http.Request) {
		lock.Lock()
		defer lock.Unlock()
		_, _ = io.WriteString(w, "{}")
	})
	background(t, func(ctx context.Context) { // holds the lock most of the time
		for ctx.Err() == nil {
			lock.Lock()
			time.Sleep(150 * time.Millisecond)
			lock.Unlock()
			time.Sleep(10 * time.Millisecond)
		}
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
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("evidence: %s", fetch(t, s.base+"evidence"))
		}
	})
	const told = `/GET \/locked: \d+ % waiting for the lock at evidence_test\.go:\d+/.test(document.getElementById("recordings").innerText)`
	const idle = `!document.getElementById("record").hidden && !document.getElementById("record").disabled`
	for times := 0; !value[bool](tb, told); times++ { // as a user does: once more if a recording by itself was in the way
		if times > 0 {
			t.Logf("after %d: %s, %s", times, value[string](tb, `document.getElementById("record-text").textContent`), fetch(t, s.base+"evidence"))
		}
		tb.until(idle)
		tb.click(`document.getElementById("record")`)
		tb.until(told + ` || ` + idle)
	}
	exampletest.Eventually(t, "a request that was recorded is open", func() bool {
		return value[bool](tb, `fetch("slow").then((r) => r.json()).then(async ({ slow }) => {
		for (const { trace_id } of slow) {
			if ((await (await fetch("slow/" + trace_id)).json()).recorded?.length) {
				location.hash = "trace=" + trace_id;
				return true;
			}
		}
		return false;
	})`)
	})
	tb.until(`document.querySelector("#trace .states .state-bar.state-lock")`)
	tb.until(`/waiting for the lock at evidence_test\.go/.test(document.querySelector("#trace .states-table").innerText)`)
	tb.until(`document.querySelector("#trace .states .legend").innerText.includes("waiting for a lock")`)
	tb.quiet(s.base)
}

// Where there is no recorder the page does not speak of evidence; where nobody may change anything there is no button.
func TestPageWithoutEvidence(t *testing.T) {
	for name, opts := range map[string][]otelperf.Option{"no recorder": nil, "no right": {otelperf.WithEvidence(evidence.New())}} {
		s := newSite(t, opts...)
		tb := newTab(t)
		tb.do(chromedp.Navigate(s.base))
		tb.until(live)
		tb.until(`document.getElementById("evidence-section").hidden === ` + map[bool]string{true: "true", false: "false"}[opts == nil])
		if !value[bool](tb, `document.getElementById("record").hidden`) {
			t.Errorf("%s: there is a button", name)
		}
		tb.quiet(s.base)
	}
}
