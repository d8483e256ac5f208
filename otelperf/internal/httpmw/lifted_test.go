// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/slowlog"
)

// hiding is a writer of a program's own that has nothing but Unwrap. It changes the body, so nothing may go past it.
type hiding struct{ http.ResponseWriter }

func (h hiding) Unwrap() http.ResponseWriter { return h.ResponseWriter }

func (h hiding) Write(p []byte) (int, error) {
	return h.ResponseWriter.Write([]byte(strings.ToUpper(string(p))))
}

func hide(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(hiding{w}, r) })
}

// proxied puts a reverse proxy around a server with the handler.
func proxied(t *testing.T, h http.Handler) http.Handler {
	back := httptest.NewServer(h)
	t.Cleanup(back.Close)
	target, err := url.Parse(back.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
}

func TestWritersThatOnlyUnwrap(t *testing.T) {
	for _, proxy := range []bool{false, true} {
		for _, http2 := range []bool{false, true} {
			for _, place := range places[1:] {
				release := make(chan struct{})
				mux := testrig.Shop(nil)
				mux.HandleFunc("GET /lines", func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/x-ndjson")
					for _, part := range []string{"one\n", "two\n"} {
						_, _ = io.Copy(w, strings.NewReader(part))
						if err := http.NewResponseController(w).Flush(); err != nil {
							t.Errorf("%s: %v", place.name, err)
						}
						<-release
					}
				})
				app := http.Handler(mux)
				if proxy {
					app = proxied(t, mux)
				}
				rg := newRig(nil)
				rg.Serve(t, hide(place.chain(rg, hide(app))), http2)

				resp, err := rg.Server.Client().Get(rg.Server.URL + "/lines")
				if err != nil {
					t.Fatal(err)
				}
				first := make([]byte, 4)
				if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != "ONE\n" {
					t.Errorf("%s: before the end there is %q, %v", place.name, first, err)
				}
				close(release)
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				if d := rg.nextDone(t); d.Outcome != slowlog.OutcomeStream || d.Bytes != 8 || resp.Header.Get(headerResponseTime) == "" {
					t.Errorf("%s: reported %+v, headers %v", place.name, d, resp.Header)
				}
				if !http2 {
					upgrades(t, rg)
					if d := rg.nextDone(t); d.Outcome != slowlog.OutcomeStream || d.Status != http.StatusSwitchingProtocols {
						t.Errorf("%s: upgrade is reported as %+v", place.name, d)
					}
				}
				rg.Server.Close()
			}
		}
	}
}

func upgrades(t *testing.T, rg *rig) {
	t.Helper()
	conn, err := net.Dial("tcp", rg.Server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // was only read
	_, _ = io.WriteString(conn, "GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 101") {
		t.Errorf("reply to an upgrade is %q, %v", line, err)
	}
}
