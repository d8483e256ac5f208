// SPDX-License-Identifier: Apache-2.0

package access

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"path"
	"strings"
)

const formStyle = `body{font:16px system-ui,sans-serif;max-width:22em;margin:15vh auto;padding:0 1em;color-scheme:light dark}` +
	`label,input,button{display:block;width:100%;box-sizing:border-box;font:inherit;margin:.5em 0;padding:.4em}` +
	`label{padding:0}`

// formPage has three verbs: the style, where the form goes, and a paragraph about what failed. It is no html/template, which would add megabytes to
// every program: a template can call any method by its name, so the linker keeps them all.
const formPage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>otelperf: log in</title><style>%s</style></head>
<body>
<h1>otelperf</h1>
<form method="post" action="%s">
%s<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Log in</button>
</form>
</body>
</html>
`

// formPolicy allows the page its style and its form, and nothing else.
var formPolicy = func() string {
	hash := sha256.Sum256([]byte(formStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) +
		"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}()

// writeForm asks a person for the token.
func writeForm(w http.ResponseWriter, status int, action, failed string) {
	if failed != "" {
		failed = `<p role="alert">` + html.EscapeString(failed) + "</p>\n"
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", formPolicy)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // no-referrer would make the form's Origin null
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, formPage, formStyle, html.EscapeString(action), failed) // an error: the client left
}

// wantsForm says whether a browser asks for the front page.
func wantsForm(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.Trim(r.URL.Path, "/") == "" && wantsHTML(r)
}

func wantsHTML(r *http.Request) bool {
	for _, v := range r.Header["Accept"] {
		if strings.Contains(strings.ToLower(v), "text/html") {
			return true
		}
	}
	return false
}

// formAction is where the form goes, relative to the page. It starts with "./" and never
// names a host: the requested path is the client's word. A page asked for without its
// trailing slash has to name its own last segment.
func formAction(r *http.Request, login string) string {
	requested, _, _ := strings.Cut(r.RequestURI, "?")
	if r.Method != http.MethodGet || r.URL.Path != "" || strings.HasSuffix(requested, "/") {
		return "./" + login
	}
	return "./" + path.Base(requested) + "/" + login
}
