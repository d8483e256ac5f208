// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"strings"
	"testing"
)

// replies are handlers that do with their reply what handlers do, in this order or that.
var replies = []struct {
	name    string
	handler http.HandlerFunc
}{
	{"nothing", func(http.ResponseWriter, *http.Request) {}},
	{"a body", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }},
	{"two statuses", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, "hello")
	}},
	{"a status after the body", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello")
		w.WriteHeader(http.StatusTeapot)
	}},
	{"a flush before the status", func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "hello")
	}},
	{"a flush of the controller, and headers after it", func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).Flush()
		w.Header().Set("Late", "1")
		_, _ = io.WriteString(w, "hello")
	}},
	{"headers after the status", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Early", "1")
		w.WriteHeader(http.StatusCreated)
		w.Header().Set("Late", "1")
	}},
	{"informational replies", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</a.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusProcessing)
		w.Header().Set("Link", "</b.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "hello")
	}},
	{"informational replies and nothing", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusEarlyHints) }},
	{"trailers", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "Sum")
		_, _ = io.WriteString(w, "hello")
		w.Header().Set("Sum", "5")
		w.Header().Set(http.TrailerPrefix+"Unsaid", "6")
	}},
	{"trailers after a flush", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, "hello")
		w.Header().Set(http.TrailerPrefix+"Unsaid", "6")
	}},
	{"trailers and no body", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "Sum")
		w.WriteHeader(http.StatusOK)
		w.Header().Set("Sum", "0")
	}},
	{"a length, and less", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "9")
		_, _ = io.WriteString(w, "hello")
	}},
	{"a length, and more", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "3")
		_, err := io.WriteString(w, "hello")
		_, _ = fmt.Fprint(w, err)
	}},
	{"no content, and some", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
		_, _ = io.WriteString(w, "hello")
	}},
	{"not modified", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Etag", "\"1\"")
		w.WriteHeader(http.StatusNotModified)
	}},
	{"a reader", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, strings.NewReader("hello")) }},
	{"more than a buffer", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 100_000)) }},
	{"writes of nothing", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(nil) }},
	{"no type and no date", func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"], w.Header()["Date"] = nil, nil
		_, _ = io.WriteString(w, "<p>hello")
	}},
	{"an unusual status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(799) }},
	{"a panic at the status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(1000) }},
	{"an abort in the body", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}},
}

// told is all that a client gets of a reply, but for what we add and the date.
func (rg *rig) told(t *testing.T, method string) string {
	t.Helper()
	var b strings.Builder
	shown := func(h map[string][]string) []string {
		var lines []string
		for name, values := range h {
			if name == "Date" {
				values = []string{"some"}
			}
			if name != headerResponseTime && name != headerServerTiming {
				lines = append(lines, fmt.Sprintf("%s: %q", name, values))
			}
		}
		slices.Sort(lines)
		return lines
	}
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
		_, _ = fmt.Fprintln(&b, code, shown(h), len(h[headerResponseTime]))
		return nil
	}})
	req, err := http.NewRequestWithContext(ctx, method, rg.Server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := rg.Server.Client().Do(req)
	if err != nil {
		_, _ = fmt.Fprintln(&b, "no reply")
		return b.String()
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	_, _ = fmt.Fprintln(&b, resp.Proto, resp.Status, resp.ContentLength, resp.TransferEncoding, resp.Close, resp.Uncompressed, shown(resp.Header))
	_, _ = fmt.Fprintf(&b, "%q %v %v\n", body, err != nil, shown(resp.Trailer))
	return b.String()
}

// A client gets the same reply with Middleware as without, over HTTP/1 and HTTP/2, wherever it stands.
func TestRepliesAreTheSame(t *testing.T) {
	for _, r := range replies {
		for _, http2 := range []bool{false, true} {
			same := func(h http.Handler) http.Handler { return h }
			for name := range layouts(newRig(nil), same, r.handler) {
				t.Run(fmt.Sprintf("%s/HTTP2 %t/%s", r.name, http2, name), func(t *testing.T) {
					t.Parallel()
					for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
						var got [2]string
						for i := range got {
							rg := newRig(nil)
							rg.Serve(t, layouts(rg, same, r.handler)[name][i], http2)
							got[i] = rg.told(t, method)
							rg.Server.Close()
						}
						if got[0] != got[1] {
							t.Errorf("%s: with Middleware\n%swant\n%s", method, got[1], got[0])
						}
					}
				})
			}
		}
	}
}
