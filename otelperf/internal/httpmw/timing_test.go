// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

func TestTimingHeaders(t *testing.T) {
	handlers := map[string]http.HandlerFunc{
		"empty":       func(http.ResponseWriter, *http.Request) {},
		"WriteHeader": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"Write":       func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("a")) },
		"WriteString": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "a") },
		"ReadFrom":    func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, strings.NewReader("a")) },
		"Flush":       func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() },
		"FlushError":  func(w http.ResponseWriter, _ *http.Request) { _ = http.NewResponseController(w).Flush() },
		"early hints": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusTeapot)
		},
		"existing": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(headerServerTiming, "db;dur=5")
			w.Header().Set(headerResponseTime, "from behind")
			w.WriteHeader(http.StatusOK)
		},
		"failed source": func(w http.ResponseWriter, _ *http.Request) {
			if _, err := io.Copy(w, failing{}); err != nil {
				http.Error(w, "no", http.StatusBadGateway)
			}
		},
	}
	status := map[string]int{"WriteHeader": 204, "early hints": 418, "failed source": 502}
	number := regexp.MustCompile(`^app;dur=(\d+\.\d\d)$`)
	for _, http2 := range []bool{false, true} {
		for _, place := range places {
			mux := http.NewServeMux()
			for name, h := range handlers {
				mux.Handle("/"+strings.ReplaceAll(name, " ", "-"), h)
			}
			rg := newRig(nil)
			rg.Serve(t, place.chain(rg, mux), http2)
			for name := range handlers {
				resp, _ := rg.Get(t, "/"+strings.ReplaceAll(name, " ", "-"))
				timings, times := resp.Header.Values(headerServerTiming), resp.Header.Values(headerResponseTime)
				if name == "existing" && len(timings) == 2 && timings[0] == "db;dur=5" {
					timings = timings[1:]
				}
				if name == "existing" && len(timings) == 1 && len(times) == 1 && times[0] == "from behind" {
					times[0] = strings.TrimPrefix(timings[0], timingName) + "ms"
				}
				if len(timings) != 1 || len(times) != 1 {
					t.Errorf("%s, %s: headers %q and %q", place.name, name, timings, times)
					continue
				}
				if m := number.FindStringSubmatch(timings[0]); m == nil || times[0] != m[1]+"ms" {
					t.Errorf("%s, %s: headers %q and %q", place.name, name, timings, times)
				}
				want := 200
				if s, ok := status[name]; ok {
					want = s
				}
				if d := rg.nextDone(t); d.Status != want || resp.StatusCode != want {
					t.Errorf("%s, %s: reported %d, sent %d, want %d", place.name, name, d.Status, resp.StatusCode, want)
				}
			}
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestHeadersAreTimeToFirstByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(nil)
		h := rg.mw(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(20 * time.Millisecond)
			w.WriteHeader(http.StatusOK)
			time.Sleep(200 * time.Millisecond)
		}))
		if got := testrig.Call(h, http.MethodGet, "/").Header().Get(headerResponseTime); got != "20.00ms" {
			t.Errorf("%s is %q, want the time to the first byte, 20.00ms", headerResponseTime, got)
		}
		if d := rg.nextDone(t); d.Duration != 220*time.Millisecond {
			t.Errorf("duration %v is not the whole request's, 220ms", d.Duration)
		}
	})
}

func TestEarlyHintsGoOutWithoutTiming(t *testing.T) {
	rg := newRig(nil)
	rg.Serve(t, rg.mw(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</a.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
	})), false)
	var hints textproto.MIMEHeader
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
		hints = h
		return nil
	}})
	resp, _, err := rg.Do(ctx, http.MethodGet, "/")
	if err != nil || hints.Get("Link") == "" || hints.Get(headerResponseTime) != "" || resp.Header.Get(headerResponseTime) == "" {
		t.Errorf("%v: hints %v, reply %v", err, hints, resp.Header)
	}
}

func TestTraceparentAndSwitches(t *testing.T) {
	tests := []struct {
		headers, traceparent bool
		want                 int // entries of Server-Timing
	}{{true, false, 1}, {false, true, 1}, {true, true, 2}, {false, false, 0}}
	for _, tt := range tests {
		for _, place := range places[1:] {
			rg := newRig(func(c *Config) { c.Headers, c.Traceparent = tt.headers, tt.traceparent })
			rg.Serve(t, place.chain(rg, nop), false)
			resp, _ := rg.Get(t, "/")
			timings := resp.Header.Values(headerServerTiming)
			if len(timings) != tt.want || (resp.Header.Get(headerResponseTime) != "") != tt.headers {
				t.Errorf("%+v, %s: %v", tt, place.name, resp.Header)
			}
			sc := rg.Ended(t, 1).SpanContext()
			want := `traceparent;desc="00-` + sc.TraceID().String() + "-" + sc.SpanID().String() + `-01"`
			if tt.traceparent && (len(timings) == 0 || timings[len(timings)-1] != want) {
				t.Errorf("%+v, %s: %q, want %q", tt, place.name, timings, want)
			}
		}
	}
}
