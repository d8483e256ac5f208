// SPDX-License-Identifier: Apache-2.0

package testrig

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
)

// Wrapper is a middleware.
type Wrapper = func(http.Handler) http.Handler

// Shop is a service with an endpoint for each way in which a request can end. The ones that wait do so until the request is
// canceled; entered is sent to before. It may be nil if none of them is called.
func Shop(entered chan<- struct{}) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/{id}", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.PathValue("id")) })
	mux.HandleFunc("/any/{rest...}", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/pot", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	mux.HandleFunc("POST /orders", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	mux.HandleFunc("GET /fail", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	mux.HandleFunc("GET /gone/{id}", http.NotFound)
	mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("out of stock") })
	mux.HandleFunc("GET /abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("GET /socket", upgrade)
	mux.HandleFunc("GET /invalid/{status}", invalid)
	waiting(mux, func(r *http.Request) {
		entered <- struct{}{}
		<-r.Context().Done()
	})
	return mux
}

// waiting adds the endpoints that wait, before, after or in the middle of their reply.
func waiting(mux *http.ServeMux, wait func(*http.Request)) {
	begin := func(w http.ResponseWriter, text string) {
		_, _ = io.WriteString(w, text)
		_ = http.NewResponseController(w).Flush()
	}
	mux.HandleFunc("GET /wait", func(_ http.ResponseWriter, r *http.Request) { wait(r) })
	mux.HandleFunc("GET /wait/fail", func(w http.ResponseWriter, r *http.Request) {
		wait(r)
		http.Error(w, r.Context().Err().Error(), http.StatusInternalServerError)
	})
	mux.HandleFunc("GET /wait/late", func(w http.ResponseWriter, r *http.Request) {
		wait(r)
		w.Header().Set("Content-Length", "3")
		_, _ = io.WriteString(w, "all")
	})
	mux.HandleFunc("GET /wait/part", func(w http.ResponseWriter, r *http.Request) {
		begin(w, "the beginning")
		wait(r)
	})
	mux.HandleFunc("GET /wait/whole", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "3")
		begin(w, "all")
		wait(r)
	})
	mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		begin(w, "data: 1\n\n")
		wait(r)
	})
}

// upgrade takes the connection, and ends it.
func upgrade(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer func() { _ = conn.Close() }() // what was written is all there is to lose
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
}

// invalid tries a status that net/http panics at, recovers, and replies.
func invalid(w http.ResponseWriter, r *http.Request) {
	func() {
		defer func() { _ = recover() }()
		status, _ := strconv.Atoi(r.PathValue("status"))
		w.WriteHeader(status)
	}()
	_, _ = io.WriteString(w, "all is well")
}

// Lose is a middleware that replaces the request: what the mux learns below it is not seen above.
func Lose(next http.Handler) http.Handler {
	type key struct{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, 1)))
	})
}

// Call runs a request through h without a network. headers are names and values by turns.
func Call(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(method, path, http.NoBody)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	h.ServeHTTP(w, r)
	return w
}
