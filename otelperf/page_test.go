// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// pageFiles are the sources of the page.
func pageFiles(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	if err := filepath.WalkDir("internal/companion/page", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		all[strings.TrimPrefix(filepath.ToSlash(path), "internal/companion/")] = string(body)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// Every file of the page is served with its type and the policy, and for who has it already there is a 304.
func TestPageFiles(t *testing.T) {
	rg := newRig(t, plan{}, everybody)
	h := rg.mon.Handler()
	types := map[string]string{".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	files := pageFiles(t)
	files["openapi.json"] = ""
	for path := range files {
		for _, encoding := range []string{"", "gzip"} {
			w := testrig.Call(h, http.MethodGet, "/"+path, "Accept-Encoding", encoding)
			etag := w.Header().Get("ETag")
			if want := types[filepath.Ext(path)]; w.Code != http.StatusOK || want != "" && w.Header().Get("Content-Type") != want || etag == "" || w.Header().Get("Cache-Control") != "no-cache" {
				t.Errorf("GET %s: %d %v", path, w.Code, w.Header())
			}
			checkPolicy(t, path, w.Header())
			again := testrig.Call(h, http.MethodGet, "/"+path, "Accept-Encoding", encoding, "If-None-Match", etag)
			if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
				t.Errorf("GET %s with its ETag: %d, %d bytes", path, again.Code, again.Body.Len())
			}
			if other := testrig.Call(h, http.MethodGet, "/"+path, "Accept-Encoding", encoding, "If-None-Match", `"other"`); other.Code != http.StatusOK {
				t.Errorf("GET %s with another ETag: %d", path, other.Code)
			}
		}
	}
	if w := testrig.Call(h, http.MethodGet, "/"); w.Body.String() != files["page/index.html"] {
		t.Error("GET / is not index.html")
	}
}

func checkPolicy(t *testing.T, path string, h http.Header) {
	t.Helper()
	policy := h.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("%s: the policy %q lacks %s", path, policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") || strings.Contains(policy, "*") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "same-origin" {
		t.Errorf("%s: %v", path, h)
	}
}

// unwanted are what would break the policy, ask another host, or read what a client wrote as markup.
var unwanted = map[string]*regexp.Regexp{
	"inline script":     regexp.MustCompile(`<script[^>]*>\s*[^<\s]`),
	"inline style":      regexp.MustCompile(`<style|\sstyle\s*=\s*["']|setAttribute\(\s*["']style`),
	"event attribute":   regexp.MustCompile(`\son[a-z]+\s*=\s*["']`),
	"markup from text":  regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|srcdoc`),
	"code from text":    regexp.MustCompile(`\beval\s*\(|new Function|setTimeout\(\s*["'` + "`" + `]|import\(`),
	"javascript URL":    regexp.MustCompile(`(?i)javascript:`),
	"outside resource":  regexp.MustCompile(`(?i)(?:src|href|from|url\(|fetch\(|import)\s*[=(]?\s*["'(]\s*(?:https?:)?//`),
	"absolute path":     regexp.MustCompile(`(?:src|href)\s*=\s*["']/|(?:fetch|get|EventSource)\(\s*["'` + "`" + `]/`),
	"another namespace": regexp.MustCompile(`https?://[^"'\s]+`),
}

func TestPageHasNothingUnsafe(t *testing.T) {
	for path, body := range pageFiles(t) {
		for what, pattern := range unwanted {
			for _, found := range pattern.FindAllString(body, -1) {
				if found != "http://www.w3.org/2000/svg" {
					t.Errorf("%s has %s: %.80s", path, what, found)
				}
			}
		}
	}
}

// Every module is imported, every id that a script asks for is in the page, and every file that the page names is there.
func TestPageIsComplete(t *testing.T) {
	files := pageFiles(t)
	html := files["page/index.html"]
	used := map[string]bool{"page/index.html": true}
	for _, m := range regexp.MustCompile(`(?:src|href)="(page/[^"]+)"`).FindAllStringSubmatch(html, -1) {
		used[m[1]] = true
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(`\sid="([^"]+)"`).FindAllStringSubmatch(html, -1) {
		if ids[m[1]] {
			t.Errorf("id %s is there twice", m[1])
		}
		ids[m[1]] = true
	}
	for path, body := range files {
		for _, m := range regexp.MustCompile(`from "\./([^"]+)"`).FindAllStringSubmatch(body, -1) {
			used["page/"+m[1]] = true
		}
		for _, m := range regexp.MustCompile(`[^\w]\$\("([^"]+)"\)`).FindAllStringSubmatch(body, -1) {
			if !ids[m[1]] {
				t.Errorf("%s asks for the id %s, which is not in the page", path, m[1])
			}
		}
	}
	for path := range used {
		if _, ok := files[path]; !ok {
			t.Errorf("%s is used and not there", path)
		}
	}
	for path := range files {
		if !used[path] {
			t.Errorf("%s is there and not used", path)
		}
	}
}

// Without its trailing slash the page is elsewhere, relative to what was asked for, and never on another host.
func TestPageRedirectsToItsSlash(t *testing.T) {
	rg := newRig(t, plan{}, everybody)
	for asked, want := range map[string]string{
		"/debug/otelperf/": "", "/debug/otelperf": "./otelperf/", "/debug/otelperf?a=1&b=//x": "./otelperf/?a=1&b=//x", "/x/y/z": "./z/", "//evil.example": "./evil.example/", "/": "",
	} {
		r := httptest.NewRequest(http.MethodGet, "http://localhost/", http.NoBody)
		r.RequestURI, r.URL.Path = asked, "/"
		w := httptest.NewRecorder()
		rg.mon.Handler().ServeHTTP(w, r)
		if got := w.Header().Get("Location"); got != want || (want == "") != (w.Code == http.StatusOK) {
			t.Errorf("GET %s: %d to %q, want %q", asked, w.Code, got, want)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/ops/perf/", http.StripPrefix("/ops/perf", rg.mon.Handler()))
	mux.Handle("/ops/perf", http.StripPrefix("/ops/perf", rg.mon.Handler()))
	rg.Serve(t, mux, false)
	if resp, body := rg.Get(t, "/ops/perf"); resp.StatusCode != http.StatusOK || resp.Request.URL.Path != "/ops/perf/" || !strings.Contains(body, "<!doctype html>") {
		t.Errorf("GET /ops/perf ends at %s: %s", resp.Request.URL, resp.Status)
	}
	if resp, _ := rg.Get(t, "/ops/perf/page/app.js"); resp.StatusCode != http.StatusOK {
		t.Errorf("GET /ops/perf/page/app.js: %s", resp.Status)
	}
}
