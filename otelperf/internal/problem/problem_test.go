// SPDX-License-Identifier: Apache-2.0

package problem

import (
	"encoding/json"
	"math"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	tests := []struct {
		name   string
		p      Problem
		status int
		body   string
	}{
		{"defaults", Problem{Status: 404}, 404, `{"type":"about:blank","title":"Not Found","status":404}`},
		{"field", Invalid("window", "there is no such window", "1m, 5m"), 400,
			`{"type":"about:blank","title":"Bad Request","status":400,"detail":"there is no such window","field":"window","accepted":"1m, 5m"}`},
		{"no error", Problem{Status: 200}, 500, `{"type":"about:blank","title":"Internal Server Error","status":500}`},
		{"own type", Problem{Status: 403, Type: "urn:x", Title: "No"}, 403, `{"type":"urn:x","title":"No","status":403}`},
		{"markup", Problem{Status: 400, Detail: "<script>\xff"}, 400, `{"type":"about:blank","title":"Bad Request","status":400,"detail":"\u003cscript\u003e"}`},
		{"extension members", Problem{Status: 400, Extra: map[string]any{"reason": "name", "batch": []int{1}}}, 400,
			`{"type":"about:blank","title":"Bad Request","status":400,"batch":[1],"reason":"name"}`},
		{"an extension that is no JSON", Problem{Status: 502, Extra: map[string]any{"flush": math.NaN()}}, 502,
			`{"type":"about:blank","title":"Bad Gateway","status":502}`},
	}
	for _, tt := range tests {
		w := httptest.NewRecorder()
		Write(w, tt.p)
		if got := strings.TrimSpace(w.Body.String()); w.Code != tt.status || got != tt.body {
			t.Errorf("%s: %d %s, want %d %s", tt.name, w.Code, got, tt.status, tt.body)
		}
		if h := w.Header(); h.Get("Content-Type") != ContentType || h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", tt.name, h)
		}
	}
}

func FuzzWrite(f *testing.F) {
	f.Add("window", "bad \x00\xff")
	f.Add(strings.Repeat("é", 400), "</script>")
	f.Fuzz(func(t *testing.T, field, detail string) {
		w := httptest.NewRecorder()
		Write(w, Invalid(field, detail, "a"))
		var p Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || len(p.Field) > maxDetail || len(p.Detail) > maxDetail || p.Status != 400 {
			t.Errorf("%v: %q", err, w.Body.String())
		}
		if strings.ContainsAny(w.Body.String(), "<>&") {
			t.Errorf("markup in %q", w.Body.String())
		}
	})
}
