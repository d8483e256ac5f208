// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/slowlog"
)

// What a handler writes for HEAD goes nowhere, and HTTP/2 has an error for it once there is a header: that is no client that left.
func TestWritesForHEADTellNothing(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		for _, place := range places {
			for _, flush := range []bool{false, true} {
				rg := newRig(nil)
				rg.Serve(t, place.chain(rg, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if flush {
						_ = http.NewResponseController(w).Flush()
						if http2 {
							<-r.Context().Done() // HTTP/2 ends the request with its headers
						}
					}
					_, _ = io.Copy(w, bytes.NewReader(make([]byte, 5000)))
					_, _ = w.Write(make([]byte, 5000))
				})), http2)
				resp, _, err := rg.Do(t.Context(), http.MethodHead, "/")
				if err != nil {
					t.Fatal(err)
				}
				if d := rg.nextDone(t); d.Outcome != slowlog.OutcomeOK || d.Status != http.StatusOK || resp.StatusCode != http.StatusOK {
					t.Errorf("HTTP/2 %t, flushed %t, %s: reported %s %d, sent %d", http2, flush, place.name, d.Outcome, d.Status, resp.StatusCode)
				}
				rg.Server.Close()
			}
		}
	}
}

// A reply that the server's own deadline breaks off is aborted, unless its status is a failure; the client did not leave.
func TestReplyBeyondTheWriteDeadline(t *testing.T) {
	write := func(w http.ResponseWriter, status int) {
		w.WriteHeader(status)
		for err := error(nil); err == nil; {
			_, err = w.Write(make([]byte, 1<<16))
		}
		_, _ = io.WriteString(w, "no more")
	}
	handlers := map[string]func(w http.ResponseWriter, r *http.Request, status int){
		"SetWriteDeadline": func(w http.ResponseWriter, _ *http.Request, status int) {
			if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(-time.Second)); err != nil {
				t.Error(err)
			}
			write(w, status)
		},
		"WriteTimeout": func(w http.ResponseWriter, r *http.Request, status int) {
			time.Sleep(r.Context().Value(http.ServerContextKey).(*http.Server).WriteTimeout * 3 / 2)
			write(w, status)
		},
	}
	for name, h := range handlers {
		for status, want := range map[int]slowlog.Outcome{200: slowlog.OutcomeAborted, 404: slowlog.OutcomeAborted, 503: slowlog.OutcomeServerError} {
			for _, http2 := range []bool{false, true} {
				rg := newRig(nil)
				rg.Server = httptest.NewUnstartedServer(rg.otel(rg.mw(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h(w, r, status) }))))
				if name == "WriteTimeout" {
					rg.Server.Config.WriteTimeout = 40 * time.Millisecond
				}
				if rg.Server.EnableHTTP2 = http2; http2 {
					rg.Server.StartTLS()
				} else {
					rg.Server.Start()
				}
				at := fmt.Sprintf("%s, %d, HTTP/2 %t", name, status, http2)
				if resp, err := rg.Server.Client().Get(rg.Server.URL); err == nil {
					if _, err = io.Copy(io.Discard, resp.Body); err == nil {
						t.Errorf("%s: the client has a whole reply", at)
					}
					_ = resp.Body.Close()
				}
				if d := rg.nextDone(t); d.Outcome != want || d.Status != status {
					t.Errorf("%s: reported %s %d, want %s", at, d.Outcome, d.Status, want)
				}
				if got := testrig.SpanAttr(rg.Ended(t, 1), outcomeKey); want == slowlog.OutcomeAborted && got != want.String() {
					t.Errorf("%s: span has outcome %q", at, got)
				}
				rg.Server.Close()
			}
		}
	}
}
