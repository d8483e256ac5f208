// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/slowlog"
)

func explode(value any) { panic(value) }

func deeper(n int, f func()) {
	if n == 0 {
		f()
		return
	}
	deeper(n-1, f)
}

func TestPanicGoesOnUnchanged(t *testing.T) {
	for _, value := range []any{"text", errors.New("an error"), []int{1, 2}, http.ErrAbortHandler} {
		rg := newRig(nil)
		h := rg.mw(rg.mw(muxOf("GET /p/{id}", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { explode(value) }))))
		got := func() (v any) {
			defer func() { v = recover() }()
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/p/1", nil))
			return nil
		}()
		if !reflect.DeepEqual(got, value) {
			t.Errorf("panicked with %v, want %v", got, value)
		}
		if value == any(http.ErrAbortHandler) {
			if d := <-rg.done; d.Outcome != slowlog.OutcomeAborted || len(rg.panics) != 0 {
				t.Errorf("ErrAbortHandler: outcome %s, %d panics reported", d.Outcome, len(rg.panics))
			}
			continue
		}
		p := <-rg.panics
		if p.Route != "/p/{id}" || p.Method != "GET" || p.Type != reflect.TypeOf(value).String() || len(rg.panics) != 0 {
			t.Errorf("reported %+v and %d more", p, len(rg.panics))
		}
		if !bytes.HasPrefix(p.Stack, []byte("panic(")) || !bytes.Contains(p.Stack, []byte("httpmw.explode")) {
			t.Errorf("stack does not lead to the panic:\n%s", p.Stack)
		}
	}
}

func TestPanicIsBounded(t *testing.T) {
	rg := newRig(nil)
	h := rg.mw(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		deeper(1000, func() { panic(strings.Repeat("é", 100_000)) })
	}))
	func() {
		defer func() { _ = recover() }()
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	}()
	if p := <-rg.panics; len(p.Stack) > maxStack || len(p.Message) > maxPanicString || len(p.Stack) < maxStack/2 {
		t.Errorf("stack of %d bytes, message of %d", len(p.Stack), len(p.Message))
	}
}

// A recovery middleware between two instances makes a reply of the panic. It was one
// all the same.
func TestRecoveredPanicIsStillAPanic(t *testing.T) {
	rg := newRig(nil)
	recovery := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if recover() != nil {
					http.Error(w, "sorry", http.StatusInternalServerError)
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
	rg.Serve(t, rg.otel(rg.mw(recovery(rg.mw(testrig.Shop(nil))))), false)
	resp, _ := rg.Get(t, "/panic")
	if resp.StatusCode != http.StatusInternalServerError {
		t.Errorf("status %d", resp.StatusCode)
	}
	if d := rg.nextDone(t); d.Outcome != slowlog.OutcomePanic || d.Status != 500 || len(rg.panics) != 1 {
		t.Errorf("reported %+v, %d panics", d, len(rg.panics))
	}
	if got := testrig.SpanAttr(rg.Ended(t, 1), outcomeKey); got != slowlog.OutcomePanic.String() {
		t.Errorf("span has outcome %q", got)
	}
}

func TestGoexitIsAborted(t *testing.T) {
	rg := newRig(nil)
	h := rg.mw(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { runtime.Goexit() }))
	go h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	if d := rg.nextDone(t); d.Outcome != slowlog.OutcomeAborted {
		t.Errorf("outcome %s", d.Outcome)
	}
}
