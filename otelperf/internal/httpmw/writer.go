// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/felixge/httpsnoop"
)

// Optional interfaces of a ResponseWriter that net/http has no name for.
type (
	flushErrorer interface{ FlushError() error }
	deadliner    interface {
		SetReadDeadline(time.Time) error
		SetWriteDeadline(time.Time) error
	}
	fullDuplexer  interface{ EnableFullDuplex() error }
	closeNotifier interface{ CloseNotify() <-chan bool }
)

// both is what the writers of net/http have in HTTP/1 and HTTP/2.
type both interface {
	http.ResponseWriter
	http.Flusher
	io.StringWriter
	flushErrorer
	closeNotifier
	deadliner
	fullDuplexer
}

// writer wraps the ResponseWriter in one that records and has exactly the same optional
// interfaces, besides those of net/http's writer if that is hidden behind it. The two sets that net/http has, alone or behind otelhttp, need no
// allocation; httpsnoop covers the other 510 with about two for each method.
func (e *exchange) writer() http.ResponseWriter {
	w, hidden := e.w, false
	for w != nil {
		if full, ok := w.(both); ok {
			if version := versionOf(full); version != 0 {
				return e.netWriter(version, full, hidden)
			}
		}
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			break
		}
		w, hidden = u.Unwrap(), true
	}
	return httpsnoop.Wrap(e.w, e.hooks())
}

// versionOf is the version of HTTP of which net/http's writer has the same interfaces; 0: none.
func versionOf(w both) int {
	_, hijacker := w.(http.Hijacker)
	_, readerFrom := w.(io.ReaderFrom)
	_, pusher := w.(http.Pusher)
	switch {
	case hijacker && readerFrom && !pusher:
		return 1
	case pusher && !hijacker && !readerFrom:
		return 2
	}
	return 0
}

// netWriter is the wrapper for full, or for a writer that hides it.
func (e *exchange) netWriter(version int, full both, hidden bool) http.ResponseWriter {
	e.full = full
	switch {
	case hidden && version == 1:
		e.full = lifted1{lift(e.w, full)}
	case hidden:
		e.full = lifted2{lift(e.w, full)}
	}
	if version == 1 {
		return http1Writer{bothWriter{e}}
	}
	return http2Writer{bothWriter{e}}
}

// hooks are for a ResponseWriter with any other set of interfaces.
func (e *exchange) hooks() httpsnoop.Hooks {
	return httpsnoop.Hooks{
		WriteHeader: func(next httpsnoop.WriteHeaderFunc) httpsnoop.WriteHeaderFunc {
			return func(code int) { e.commit(code); next(code) }
		},
		Write: func(next httpsnoop.WriteFunc) httpsnoop.WriteFunc {
			return func(p []byte) (int, error) { return e.write(next, p) }
		},
		WriteString: func(next httpsnoop.WriteStringFunc) httpsnoop.WriteStringFunc {
			return func(s string) (int, error) { return e.writeString(next, s) }
		},
		ReadFrom: func(next httpsnoop.ReadFromFunc) httpsnoop.ReadFromFunc {
			return func(src io.Reader) (int64, error) { return e.readFrom(next, src) }
		},
		Flush: func(next httpsnoop.FlushFunc) httpsnoop.FlushFunc {
			return func() { e.flushing(); next() }
		},
		FlushError: func(next httpsnoop.FlushErrorFunc) httpsnoop.FlushErrorFunc {
			return func() error { return e.flushError(next) }
		},
		Hijack: func(next httpsnoop.HijackFunc) httpsnoop.HijackFunc {
			return func() (net.Conn, *bufio.ReadWriter, error) { return e.hijack(next) }
		},
	}
}
