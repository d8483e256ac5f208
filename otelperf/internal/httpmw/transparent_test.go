// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"strconv"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/slowlog"
)

// buffer keeps a reply back until it is whole, as what makes an ETag does. Deadlines are found below it, but nothing is to be flushed.
type buffer struct {
	http.ResponseWriter
	body   bytes.Buffer
	status int
}

func (b *buffer) Write(p []byte) (int, error) { return b.body.Write(p) }
func (b *buffer) WriteHeader(code int)        { b.status = code }
func (b *buffer) Unwrap() http.ResponseWriter { return b.ResponseWriter }

func withBuffer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := &buffer{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(b, r)
		w.Header().Set("Etag", strconv.Quote(strconv.Itoa(b.body.Len())))
		w.Header().Set("Content-Length", strconv.Itoa(b.body.Len()))
		w.WriteHeader(b.status)
		_, _ = w.Write(b.body.Bytes())
	})
}

// around replaces the writer.
func around(wrap func(http.ResponseWriter) http.ResponseWriter) testrig.Wrapper {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(wrap(w), r) })
	}
}

// layouts are chains without the middleware, and what they are with it, below a writer.
func layouts(rg *rig, below testrig.Wrapper, app http.Handler) map[string][2]http.Handler {
	return map[string][2]http.Handler{
		"alone":               {below(app), below(rg.mw(app))},
		"below otelhttp":      {rg.otel(below(app)), rg.otel(below(rg.mw(app)))},
		"around otelhttp":     {below(rg.otel(app)), below(rg.mw(rg.otel(app)))},
		"around and below it": {below(rg.otel(app)), below(rg.mw(rg.otel(rg.mw(app))))},
		"on both sides":       {rg.otel(below(app)), rg.otel(rg.mw(below(rg.mw(app))))},
	}
}

// A writer in between that holds the reply back is not gone past by a handler that asks its writer for a Flusher.
func TestBufferInBetweenKeepsTheReply(t *testing.T) {
	app := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "not here")
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
	})
	for _, http2 := range []bool{false, true} {
		for name := range layouts(newRig(nil), withBuffer, app) {
			var replies [2]string
			for i := range replies {
				rg := newRig(nil)
				rg.Serve(t, layouts(rg, withBuffer, app)[name][i], http2)
				resp, body := rg.Get(t, "/")
				replies[i] = fmt.Sprint(resp.StatusCode, resp.ContentLength, resp.Header.Get("Etag"), resp.TransferEncoding, body)
			}
			if replies[0] != replies[1] {
				t.Errorf("HTTP/2 %t, %s: reply %q, want %q", http2, name, replies[1], replies[0])
			}
		}
	}
}

// noting is a writer as many middlewares have it: it passes on what it knows, and unwraps.
type noting struct{ http.ResponseWriter }

func (n noting) Unwrap() http.ResponseWriter { return n.ResponseWriter }

// noticing is one that passes on Flush, too.
type noticing struct{ noting }

func (n noticing) Flush() { n.ResponseWriter.(http.Flusher).Flush() }

// What a writer only unwraps to is found by http.ResponseController and by no type assertion, as without us; and we know of it.
func TestUnwrappedInterfaces(t *testing.T) {
	for name, wrap := range map[string]func(http.ResponseWriter) http.ResponseWriter{
		"nothing":     func(w http.ResponseWriter) http.ResponseWriter { return noting{w} },
		"Flush":       func(w http.ResponseWriter) http.ResponseWriter { return noticing{noting{w}} },
		"two writers": func(w http.ResponseWriter) http.ResponseWriter { return noting{noticing{noting{w}}} },
		"no Unwrap":   func(w http.ResponseWriter) http.ResponseWriter { return struct{ http.ResponseWriter }{w} },
	} {
		for _, do := range []string{"flush", "hijack"} {
			var seen [2]string
			app := func(to *string) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					*to = fmt.Sprintf("Flusher %t, Hijacker %t", isFlusher(w), isHijacker(w))
					c := http.NewResponseController(w)
					if do == "flush" {
						w.Header().Set("Content-Type", "application/x-ndjson")
						*to += fmt.Sprint(", ", c.Flush(), c.EnableFullDuplex())
						return
					}
					conn, rw, err := c.Hijack()
					if *to += fmt.Sprint(", ", err); err == nil {
						_, _ = rw.WriteString("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
						_ = rw.Flush()
						_ = conn.Close()
					}
				})
			}
			for layout := range layouts(newRig(nil), around(wrap), app(&seen[0])) {
				for i := range seen {
					rg := newRig(nil)
					rg.Serve(t, layouts(rg, around(wrap), app(&seen[i]))[layout][i], false)
					resp, _ := rg.Get(t, "/")
					if i == 0 {
						rg.Server.Close()
						continue
					}
					d, want := rg.nextDone(t), slowlog.OutcomeStream
					if name == "no Unwrap" {
						want = slowlog.OutcomeOK
					}
					if d.Outcome != want {
						t.Errorf("%s, %s, %s: reported %s, want %s", name, layout, do, d.Outcome, want)
					}
					if timed := resp.Header.Get(headerResponseTime) != ""; timed != (do == "flush" || name == "no Unwrap") {
						t.Errorf("%s, %s, %s: header is there: %t", name, layout, do, timed)
					}
					rg.Server.Close()
				}
				if seen[0] != seen[1] {
					t.Errorf("%s, %s, %s: handler has %q, want %q", name, layout, do, seen[1], seen[0])
				}
			}
		}
	}
}

// flushFails flushes nothing, and says why.
type flushFails struct{ http.ResponseWriter }

var errLevel = errors.New("gzip: level")

func (flushFails) FlushError() error { return errLevel }

// The error of a writer in between reaches the handler, and is none of the client's doing.
func TestFlushErrorOfAWriterInBetween(t *testing.T) {
	var got error
	app := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if isFlusher(w) {
			t.Error("there is a Flusher")
		}
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, "sorry")
		got = http.NewResponseController(w).Flush()
	})
	below := around(func(w http.ResponseWriter) http.ResponseWriter { return flushFails{w} })
	for name := range layouts(newRig(nil), below, app) {
		rg := newRig(nil)
		rg.Serve(t, layouts(rg, below, app)[name][1], false)
		if resp, body := rg.Get(t, "/"); resp.StatusCode != http.StatusInternalServerError || body != "sorry" {
			t.Errorf("%s: reply %d %q", name, resp.StatusCode, body)
		}
		if d := rg.nextDone(t); d.Outcome != slowlog.OutcomeServerError || !errors.Is(got, errLevel) {
			t.Errorf("%s: reported %s, handler has %v", name, d.Outcome, got)
		}
	}
}

// A status that net/http panics at is none of the reply, which goes on where the handler recovers.
func TestInvalidStatusIsNone(t *testing.T) {
	for _, invalid := range []int{-1, 0, 99, 1000} {
		for _, then := range []int{http.StatusOK, http.StatusNotFound} {
			for _, place := range places {
				rg := newRig(nil)
				rg.Serve(t, place.chain(rg, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					func() {
						defer func() {
							if recover() == nil {
								t.Errorf("%d is taken", invalid)
							}
						}()
						w.WriteHeader(invalid)
					}()
					w.WriteHeader(then)
				})), false)
				resp, _ := rg.Get(t, "/")
				d := rg.nextDone(t)
				if d.Status != then || resp.StatusCode != then || d.Outcome != slowlog.OutcomeOfStatus(then) {
					t.Errorf("%s, %d: reported %d %s, sent %d, want %d", place.name, invalid, d.Status, d.Outcome, resp.StatusCode, then)
				}
				// otelhttp has the first status that it heard of.
				if got := testrig.SpanAttr(rg.Ended(t, 1), outcomeKey); place.repairs && got != d.Outcome.String() {
					t.Errorf("%s, %d: outcome on the span is %q, want %q", place.name, invalid, got, d.Outcome)
				}
				rg.Server.Close()
			}
		}
	}
}

// HTTP/2 knows no 101: it is an informational reply there, and the one that counts follows.
func TestSwitchingProtocolsOverHTTP2(t *testing.T) {
	rg := newRig(nil)
	rg.Serve(t, rg.otel(rg.mw(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusSwitchingProtocols)
		w.WriteHeader(http.StatusTeapot)
	}))), true)
	var informational []textproto.MIMEHeader
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
		informational = append(informational, h)
		return nil
	}})
	resp, _, err := rg.Do(ctx, http.MethodGet, "/")
	if err != nil {
		t.Fatal(err)
	}
	if len(informational) != 1 || informational[0].Get(headerResponseTime) != "" || informational[0].Get(headerServerTiming) != "" {
		t.Errorf("informational replies %v", informational)
	}
	if d := rg.nextDone(t); d.Status != http.StatusTeapot || resp.StatusCode != http.StatusTeapot || resp.Header.Get(headerResponseTime) == "" {
		t.Errorf("reported %d, sent %d with %v", d.Status, resp.StatusCode, resp.Header)
	}
	if got := testrig.SpanAttr(rg.Ended(t, 1), outcomeKey); got != "client_error" { // otelhttp takes 101 for the status
		t.Errorf("outcome on the span is %q", got)
	}
}

// A handler's own X-Response-Time stays, and stays away if that is what it wants.
func TestHandlersOwnResponseTime(t *testing.T) {
	for _, own := range [][]string{{"mine"}, nil} {
		for _, place := range places {
			rg := newRig(nil)
			rg.Serve(t, place.chain(rg, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header()[headerResponseTime] = own })), false)
			if resp, _ := rg.Get(t, "/"); !slices.Equal(resp.Header[headerResponseTime], own) || len(resp.Header[headerServerTiming]) != 1 {
				t.Errorf("%s: %v, want %q", place.name, resp.Header, own)
			}
			rg.Server.Close()
		}
	}
}
