// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/otelperf/otelperf-go/otelperf"
)

// postMark sets a mark as a deploy script does.
func (s *site) postMark(t *testing.T, text string, ago time.Duration) {
	t.Helper()
	body := fmt.Sprintf(`{"text": %q, "time": %q}`, text, time.Now().Add(-ago).Format(time.RFC3339Nano))
	resp, err := http.Post(s.base+"marks", "application/json", strings.NewReader(body))
	must(t, err)
	must(t, resp.Body.Close())
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("POST marks: %s", resp.Status)
	}
}

// A mark is a line with its text in the chart of an open page at once, and in those of the runtime; labels of marks that are close do not
// lie on each other, and markup in one is text. The endpoint is compared before and since it.
func TestMarksInTheCharts(t *testing.T) {
	s := newSite(t, otelperf.WithLocalChanges())
	s.some()
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	tb.until(live)
	tb.until(`document.querySelector("#chart svg")`)
	s.postMark(t, "build <b>77</b>", 0)
	tb.until(`[...document.querySelectorAll("#chart .mark-label")].some((l) => l.textContent.startsWith("build <b>77</b>"))`)
	tb.until(`document.querySelectorAll("#chart path.mark.mark-deploy").length === 1 && document.querySelectorAll("#runtime .strips path.mark-deploy, #runtime path.mark-deploy").length > 0`)
	for i := range 5 {
		s.postMark(t, fmt.Sprintf("WWWWWWWW %d", i), 0)
	}
	tb.until(`document.querySelectorAll("#chart path.mark.mark-deploy").length === 6`)
	if n := value[int](tb, `(() => {
		const boxes = [...document.querySelectorAll("#chart .mark-label")].map((l) => l.getBoundingClientRect());
		return boxes.filter((a, i) => boxes.some((b, j) => j > i && a.left < b.right && b.left < a.right && a.top < b.bottom - 2 && b.top < a.bottom - 2)).length;
	})()`); n != 0 {
		t.Errorf("%d labels lie on another one", n)
	}
	tb.until(`!document.getElementById("compare").hidden && document.getElementById("compare-with").options.length >= 6`)
	tb.until(`document.getElementById("compare-why").textContent !== ""`)
	tb.quiet(s.base)
}
