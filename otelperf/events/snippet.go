// SPDX-License-Identifier: Apache-2.0

package events

import (
	"bytes"
	_ "embed" // for the snippet
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

//go:embed track.js
var snippetSource string

var snippet = []byte(squeeze(snippetSource))

// squeeze takes out of the source what browsers do not need: comments, indentation, spaces and line ends beside
// punctuation, semicolons before a brace, and const, which is let. It knows strings, but neither regular expressions
// nor templates nor comments behind code: the source keeps to that.
func squeeze(source string) string {
	code := withoutComments(source)
	var out []byte
	var quote byte
	for i := 0; i < len(code); i++ {
		c := code[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == ' ' && (punctuation(last(out)) || punctuation(code[i+1])):
			continue
		case c == '\n' && (endsNothing(last(out)) || i+1 == len(code) || strings.IndexByte("})].,:?", code[i+1]) >= 0):
			continue
		case c == '}' && last(out) == ';':
			out = out[:len(out)-1]
		case strings.HasPrefix(code[i:], "const ") && !letter(last(out)):
			out = append(out, "let"...)
			i += len("const") - 1
			continue
		}
		out = append(out, c)
	}
	return string(out)
}

func withoutComments(source string) string {
	var b strings.Builder
	for line := range strings.Lines(source) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "//") {
			b.WriteString(line)
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func last(b []byte) byte {
	if len(b) == 0 {
		return 0
	}
	return b[len(b)-1]
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func punctuation(c byte) bool { return strings.IndexByte("{}()[];,=+-*/<>?:&|!.", c) >= 0 }

// endsNothing reports whether a line that ends with c goes on in the next one, or ends with a semicolon.
func endsNothing(c byte) bool { return punctuation(c) && c != ')' && c != '}' && c != ']' }

var snippetTag = fmt.Sprintf(`"%016x"`, mix(string(snippet)))

// serveSnippet can be read by pages of any origin: a script that only its own site may load would be no use to AllowedOrigins.
func serveSnippet(w http.ResponseWriter, r *http.Request) *problem.Problem {
	h := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		return rejection(http.StatusMethodNotAllowed, "", "only GET")
	}
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("ETag", snippetTag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(snippet))
	return nil
}
