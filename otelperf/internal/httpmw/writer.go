// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

//go:generate go run ./writergen writers.go

// Optional interfaces of a ResponseWriter that net/http has no name for, or no longer wants to be named.
type (
	flushErrorer  interface{ FlushError() error }
	closeNotifier interface{ CloseNotify() <-chan bool }
)

// writer records what goes through it. It is a part of the exchange, and no allocation. Of the same type but for the name are those with
// more methods, one for each set of Flusher, CloseNotifier, Hijacker, ReaderFrom and Pusher: writers.go.
//
// All of them have WriteString, which does what io.WriteString would without it; FlushError, which does what http.ResponseController
// would; and Unwrap, by which that finds all else.
type writer struct{ e *exchange }

// writer wraps the ResponseWriter.
func (e *exchange) writer() http.ResponseWriter {
	e.wrapper.e = e
	return e.wrapper.of(interfacesOf(e.w))
}

// interfacesOf is the set that a wrapper of w is to have: what w has itself. What it only unwraps to stays hidden from handlers that ask
// the writer they get: w may keep the reply back, and what goes past it would be another one.
func interfacesOf(w http.ResponseWriter) (set int) {
	if isFlusher(w) {
		set |= hasFlusher
	}
	if _, ok := w.(closeNotifier); ok {
		set |= hasCloseNotifier
	}
	if isHijacker(w) {
		set |= hasHijacker
	}
	if _, ok := w.(io.ReaderFrom); ok {
		set |= hasReaderFrom
	}
	if _, ok := w.(http.Pusher); ok {
		set |= hasPusher
	}
	return set
}

func (w *writer) Header() http.Header { return w.e.w.Header() }

func (w *writer) WriteHeader(code int) {
	w.e.commit(code)
	w.e.w.WriteHeader(code)
}

func (w *writer) Write(p []byte) (int, error) {
	e := w.e
	e.commit(http.StatusOK)
	n, err := e.w.Write(p)
	if f := e.frames.Load(); f != nil {
		f.write(p[:max(0, min(n, len(p)))])
	}
	e.wrote(int64(n), err)
	return n, err
}

func (w *writer) WriteString(s string) (int, error) {
	e := w.e
	e.commit(http.StatusOK)
	n, err := io.WriteString(e.w, s)
	if f := e.frames.Load(); f != nil {
		f.write([]byte(s[:max(0, min(n, len(s)))]))
	}
	e.wrote(int64(n), err)
	return n, err
}

func (w *writer) flush() {
	w.e.flushing()
	w.e.w.(http.Flusher).Flush()
}

// FlushError is for http.ResponseController, which would go past us without it.
func (w *writer) FlushError() error {
	if w.e.reaches(canFlush) {
		w.e.flushing()
	}
	err := http.NewResponseController(w.e.w).Flush()
	w.e.wrote(0, err)
	return err
}

func (w *writer) closeNotify() <-chan bool { return w.e.w.(closeNotifier).CloseNotify() }

func (w *writer) hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.e.w).Hijack()
	if err == nil {
		w.e.mark(markHijacked)
	}
	return conn, rw, err
}

// readFrom hands src on as it is, so that net/http can use sendfile. The status goes
// out with the first byte: a source that fails before leaves the handler free to
// reply something else. An error may be the source's, so it says nothing of the client.
func (w *writer) readFrom(src io.Reader) (int64, error) {
	e := w.e
	if f := e.frames.Load(); f != nil {
		src = io.TeeReader(src, f)
	}
	e.noteLate()
	e.stamp()
	n, err := e.w.(io.ReaderFrom).ReadFrom(src)
	if n > 0 {
		e.settle(http.StatusOK)
	}
	e.wrote(n, nil)
	return n, err
}

func (w *writer) push(target string, opts *http.PushOptions) error {
	return w.e.w.(http.Pusher).Push(target, opts)
}
