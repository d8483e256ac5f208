// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/getkin/kin-openapi/openapi3"

	"github.com/otelperf/otelperf-go/examples/browser/internal/chromium"
)

// listFiles is where the list of services is that the Collector's extension serves: files as they are, which are of another module.
const listFiles = "../../otelperf/collector/internal/pages/"

// newList serves the list of services with the answer that is in testdata, which is as openapi.json says.
func newList(t *testing.T) (base string) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(listFiles + "openapi.json")
	must(t, err)
	body, err := os.ReadFile("testdata/services.json")
	must(t, err)
	var list any
	must(t, json.Unmarshal(body, &list))
	must(t, doc.Components.Schemas["Services"].Value.VisitJSON(list))
	mux := http.NewServeMux()
	mux.Handle("GET /page/", http.StripPrefix("/", http.FileServer(http.Dir(listFiles))))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "+
			"base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'")
		http.ServeFile(w, r, filepath.Join(listFiles, "page", "index.html"))
	})
	mux.HandleFunc("GET /services", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/"
}

// The list has each service with a link to its page, in the order of the answer, and the instances that are out of line. From a phone to a wide
// screen nothing has to be scrolled sideways, and all text can be read, in light and in dark.
func TestListOfServices(t *testing.T) {
	base := newList(t)
	tb := newTab(t)
	tb.do(chromedp.Navigate(base))
	tb.until(`document.querySelectorAll("#services tr").length === 7`)
	links := value[[]string](tb, `[...document.querySelectorAll("#services a")].map((a) => a.textContent + " " + a.getAttribute("href"))`)
	if !slices.Equal(links[:2], []string{"shop/payment services/shop%2Fpayment/", "shop/checkout services/shop%2Fcheckout/"}) {
		t.Errorf("the links are %q", links)
	}
	if head := value[string](tb, `document.getElementById("head").textContent`); len(head) < len("7 services, ") || head[:len("7 services, ")] != "7 services, " {
		t.Errorf("the head is %q", head)
	}
	if out := value[[]string](tb, `[...document.querySelectorAll("#out li a")].map((a) => a.getAttribute("href"))`); !slices.Equal(out, []string{"services/shop%2Fcheckout/"}) {
		t.Errorf("instances that are out of line are of %q", out)
	}
	for _, view := range []struct {
		name          string
		width, height int64
		scheme        string
	}{
		{"phone, light", 390, 844, "light"}, {"phone, dark", 390, 844, "dark"}, {"small phone", 320, 640, "light"}, {"tablet", 820, 1180, "dark"},
		{"laptop, light", 1280, 900, "light"}, {"laptop, dark", 1280, 900, "dark"}, {"wide", 2560, 1300, "light"},
	} {
		tb.do(chromium.View(view.width, view.height, 1, view.scheme))
		tb.until(`innerWidth === ` + strconv.FormatInt(view.width, 10))
		ground := value[int](tb, `Number(getComputedStyle(document.documentElement).backgroundColor.match(/\d+/)[0])`)
		if dark := view.scheme == "dark"; dark != (ground < 64) || !dark && ground < 200 {
			t.Errorf("%s: the background is %d", view.name, ground)
		}
		if out := value[string](tb, wide); out != "" {
			t.Errorf("%s: %s", view.name, out)
		}
		if sideways := value[string](tb, `[...document.querySelectorAll("main")].filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.scrollWidth + " of " + e.clientWidth).join()`); sideways != "" {
			t.Errorf("%s: the list scrolls sideways: %s", view.name, sideways)
		}
		if low := value[string](tb, faint); low != "" {
			t.Errorf("%s: too faint: %s", view.name, low)
		}
		tb.photograph(view.name)
	}
	must(t, chromedp.Do(tb.ctx, chromedp.Evaluate[chromedp.Void](checker(t))))
	if found := value[[]string](tb, violations); len(found) > 0 {
		t.Errorf("axe-core finds %q", found)
	}
	tb.quiet(base)
}

// photograph puts a picture of the whole page beside what else a test leaves, which "go test -artifacts" keeps.
func (tb *tab) photograph(name string) {
	tb.t.Helper()
	png, err := chromedp.Run(tb.ctx, chromedp.FullScreenshot(100))
	must(tb.t, err)
	must(tb.t, os.WriteFile(filepath.Join(tb.t.ArtifactDir(), name+".png"), png, 0o600))
}
