// SPDX-License-Identifier: Apache-2.0

package events

import (
	"os/exec"
	"strings"
	"testing"
)

func TestSnippetIsSmall(t *testing.T) {
	if n := len(snippet); n >= 3000 || n < 1000 {
		t.Errorf("track.js is %d bytes as it is served, want less than 3000", n)
	}
	for _, word := range []string{"http://", "https://", "cookie", "userAgent", "location.href", "location.search", "document.title", "referrer", "localStorage"} {
		if strings.Contains(string(snippet), word) {
			t.Errorf("track.js has %q", word)
		}
	}
	for _, word := range []string{"doNotTrack", "globalPrivacyControl", "sendBeacon", "[data-track]", `"traceparent"`, "pushState"} {
		if !strings.Contains(string(snippet), word) {
			t.Errorf("track.js lacks %q", word)
		}
	}
}

func TestSqueeze(t *testing.T) {
	const source = `
// comment
const a = 1, b = "x  =  y; }";
  if (a) {
    f(a, b);
  }
g();
const { c } = d, constant = 'const  e';
return a in b;
`
	const want = `let a=1,b="x  =  y; }";if(a){f(a,b)}` + "\n" + `g();let{c}=d,constant='const  e';return a in b;`
	if got := squeeze(source); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSnippetParses(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	for what, code := range map[string]string{"source": snippetSource, "served": string(snippet)} {
		cmd := exec.CommandContext(t.Context(), node, "--check", "-")
		cmd.Stdin = strings.NewReader(code)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", what, err, out)
		}
	}
}

func TestSnippetIsCached(t *testing.T) {
	tr, _ := newTracker(t)
	h := tr.Handler()
	w := send(h, "GET", "/track.js", "", "")
	tag := w.Header().Get("ETag")
	if w.Body.String() != string(snippet) || tag == "" {
		t.Errorf("body of %d bytes, ETag %q", w.Body.Len(), tag)
	}
	if w = send(h, "GET", "/track.js", "", "", header("If-None-Match", tag)); w.Code != 304 {
		t.Errorf("with the tag: %d, want 304", w.Code)
	}
}

func TestServerTiming(t *testing.T) {
	ctx, sc := spanContext(9)
	want := `traceparent;desc="00-` + sc.TraceID().String() + "-" + sc.SpanID().String() + `-01"`
	if got := ServerTiming(ctx); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := ServerTiming(t.Context()); got != "" {
		t.Errorf("without a span: %q", got)
	}
}
