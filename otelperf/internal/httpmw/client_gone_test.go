// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/slowlog"
)

// A server that is told to stop cancels its requests, too, often through BaseContext;
// signal.NotifyContext does so with a cause.
func TestServersOwnCancelIsNotTheClient(t *testing.T) {
	base, stop := context.WithCancelCause(context.Background())
	rg := newRig(nil)
	begun := make(chan struct{}, 1)
	rg.Server = httptest.NewUnstartedServer(rg.otel(rg.mw(muxOf("GET /wait", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		<-r.Context().Done()
		_, _ = io.WriteString(w, "done all the same")
	})))))
	rg.Server.Config.BaseContext = func(net.Listener) context.Context { return base }
	rg.Server.Start()
	defer rg.Server.Close()
	go func() { <-begun; stop(errors.New("terminated")) }()
	if _, body := rg.Get(t, "/wait"); body != "done all the same" {
		t.Errorf("body %q", body)
	}
	if d := rg.nextDone(t); d.Outcome != slowlog.OutcomeOK || d.Status != 200 {
		t.Errorf("reported %s %d", d.Outcome, d.Status)
	}
}

func TestClientThatLeavesAfterTheReplyIsNotCanceled(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		rg := newRig(nil)
		rg.Serve(t, rg.otel(rg.mw(testrig.Shop(nil))), http2)
		for range 50 {
			ctx, cancel := context.WithCancel(t.Context())
			if _, _, err := rg.Do(ctx, http.MethodGet, "/users/7"); err != nil {
				t.Fatal(err)
			}
			cancel()
			rg.Server.Client().CloseIdleConnections()
			if d := rg.nextDone(t); d.Outcome != slowlog.OutcomeOK {
				t.Fatalf("HTTP/2 %t: reported %s", http2, d.Outcome)
			}
		}
	}
}

// A handler that never looks at its context and writes more than the buffers hold.
func TestWriteErrorMeansCanceled(t *testing.T) {
	rg := newRig(nil)
	rg.Serve(t, rg.otel(rg.mw(muxOf("GET /big", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		chunk := make([]byte, 1<<16)
		for {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})))), false)
	resp, err := rg.Server.Client().Get(rg.Server.URL + "/big")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if d := rg.nextDone(t); d.Outcome != slowlog.OutcomeCanceled {
		t.Errorf("reported %s", d.Outcome)
	}
}

// Only a connection or a stream that is broken tells of the client; no mistake of the handler does, nor a writer in between, nor the
// reply to a HEAD.
func TestWhichWriteErrorsAreTheClients(t *testing.T) {
	for _, err := range []error{
		&net.OpError{Op: "write", Err: os.ErrDeadlineExceeded}, http.ErrContentLength, http.ErrBodyNotAllowed, http.ErrHandlerTimeout,
		errors.New("gzip: level"), fmt.Errorf("cache: %w", io.ErrClosedPipe),
	} {
		e := newExchange(&middleware{}, httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
		if e.wrote(0, err); e.marked(markWriteError | markCut) {
			t.Errorf("%v counts as the client's, or as the server's deadline", err)
		}
	}
	for _, err := range []error{
		&net.OpError{Op: "write", Err: syscall.EPIPE}, &net.OpError{Op: "write", Err: os.NewSyscallError("write", syscall.ECONNRESET)},
		errors.New("client disconnected"), fmt.Errorf("gzip: %w", errors.New("http2: stream closed")),
	} {
		for method, want := range map[string]bool{http.MethodGet: true, http.MethodHead: false} {
			e := newExchange(&middleware{}, httptest.NewRecorder(), httptest.NewRequest(method, "/", nil))
			if e.wrote(0, err); e.marked(markWriteError) != want {
				t.Errorf("%s: %v counts as the client's: %t, want %t", method, err, !want, want)
			}
		}
	}
}

// http.TimeoutHandler leaves the handler running when its reply has been sent.
func TestHandlerLeftBehind(t *testing.T) {
	rg := newRig(nil)
	release := make(chan struct{})
	finished := make(chan struct{})
	mux := muxOf("GET /slow/{id}", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		<-release
		_, _ = io.WriteString(w, "too late")
	}))
	inner := rg.mw(mux)
	watched := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(finished)
		inner.ServeHTTP(w, r)
	})
	rg.Serve(t, rg.otel(rg.mw(http.TimeoutHandler(watched, 20*time.Millisecond, "sorry"))), false)
	resp, body := rg.Get(t, "/slow/1")
	if resp.StatusCode != http.StatusServiceUnavailable || body != "sorry" {
		t.Errorf("reply %d %q", resp.StatusCode, body)
	}
	if d := rg.nextDone(t); d.Outcome != slowlog.OutcomeServerError || d.Status != http.StatusServiceUnavailable {
		t.Errorf("reported %s %d", d.Outcome, d.Status)
	}
	close(release)
	<-finished
}

// watchedHeader counts how often somebody looks at the headers of a reply, and calls first when that happens for the first time.
type watchedHeader struct {
	*httptest.ResponseRecorder
	calls atomic.Int32
	first func()
}

func (w *watchedHeader) Header() http.Header {
	if w.calls.Add(1) == 1 {
		w.first()
	}
	return w.ResponseRecorder.Header()
}

// A handler that was left behind and returns while http.TimeoutHandler is about to reply keeps its hands off the headers of that reply:
// maps that are read and written at the same time end the program.
func TestLeftBehindHandlersReadNoHeaders(t *testing.T) {
	for _, place := range []string{"an instance below", "a span below"} {
		synctest.Test(t, func(t *testing.T) {
			a, release := &asking{}, make(chan struct{})
			mw := New(Config{Headers: true, OutcomeKey: outcomeKey, Spans: &a.spans})
			var left http.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release })
			if place == "a span below" {
				left = a.below("S", trace.SpanKindServer, left.ServeHTTP)
			} else {
				left = mw(left)
			}
			w := &watchedHeader{ResponseRecorder: httptest.NewRecorder()}
			w.first = func() {
				close(release)
				synctest.Wait()
				if n := w.calls.Load(); n != 1 {
					t.Errorf("%s looks at the headers of the reply", place)
				}
			}
			mw(http.TimeoutHandler(left, time.Second, "sorry")).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
			if w.Code != http.StatusServiceUnavailable || w.calls.Load() == 0 {
				t.Errorf("%s: reply %d, headers looked at %d times", place, w.Code, w.calls.Load())
			}
		})
	}
}
