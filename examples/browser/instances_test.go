// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
)

// A process that follows another one was restarted, which is said for a time; one that comes back is one of several.
func TestRestartIsNoLoadBalancer(t *testing.T) {
	s := newSite(t)
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	tb.until(live)
	if wrong := value[string](tb, `(async () => {
  const { Instances } = await import(new URL("page/instances.js", location.href.split("#")[0])), all = new Instances(), out = [];
  const time = new Date().toISOString(), step = (instance, now, restarted, several) => {
    all.answered({ instance, time, uptime_seconds: 3 }, now);
    const at = all.restarted?.at ?? null, want = restarted ? new Date(time).getTime() - 3000 : null;
    if (at !== want || all.several.join() !== several) out.push(instance + " at " + now + ": " + at + " " + all.several);
  };
  step("a", 0, false, "");
  step("a", 1000, false, "");
  step("b", 9000, true, "");
  step("b", 30_000, true, "");
  step("b", 70_000, false, "");
  step("c", 80_000, true, "");
  step("b", 81_000, false, "a,b,c");
  return out.join("; ");
})()`); wrong != "" {
		t.Error(wrong)
	}
	tb.quiet(s.base)
}

// A service that is gone is not said to be live, and is again when it is back.
func TestServiceThatIsGone(t *testing.T) {
	s := newSite(t)
	var gone atomic.Bool
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gone.Load() {
			panic(http.ErrAbortHandler)
		}
		s.server.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { front.CloseClientConnections(); front.Close() })
	tb := newTab(t)
	tb.do(chromedp.Navigate(front.URL + "/ops/x/"))
	tb.until(live)
	gone.Store(true)
	front.CloseClientConnections()
	tb.until(`document.getElementById("link").dataset.state === "lost" && document.getElementById("main").classList.contains("stale")`)
	gone.Store(false)
	tb.until(live + ` && document.getElementById("notice").hidden && document.getElementById("restarted").hidden`)
}
