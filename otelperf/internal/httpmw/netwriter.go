// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"time"
)

// bothWriter has the methods common to the writers of HTTP/1 and HTTP/2. It is a
// single pointer, so that an interface holds it without an allocation.
type bothWriter struct{ e *exchange }

// http1Writer has the interfaces of net/http's HTTP/1 writer, and no more.
type http1Writer struct{ bothWriter }

// http2Writer has the interfaces of net/http's HTTP/2 writer, and no more.
type http2Writer struct{ bothWriter }

// Unwrap is for http.ResponseController.
func (w bothWriter) Unwrap() http.ResponseWriter { return w.e.w }

func (w bothWriter) Header() http.Header { return w.e.w.Header() }

func (w bothWriter) WriteHeader(code int) {
	w.e.commit(code)
	w.e.w.WriteHeader(code)
}

func (w bothWriter) Write(p []byte) (int, error) { return w.e.write(w.e.full.Write, p) }

func (w bothWriter) WriteString(s string) (int, error) {
	return w.e.writeString(w.e.full.WriteString, s)
}

func (w bothWriter) Flush() {
	w.e.flushing()
	w.e.full.Flush()
}

func (w bothWriter) FlushError() error { return w.e.flushError(w.e.full.FlushError) }

func (w bothWriter) CloseNotify() <-chan bool { return w.e.full.CloseNotify() }

func (w bothWriter) SetReadDeadline(t time.Time) error { return w.e.full.SetReadDeadline(t) }

func (w bothWriter) SetWriteDeadline(t time.Time) error { return w.e.full.SetWriteDeadline(t) }

func (w bothWriter) EnableFullDuplex() error { return w.e.full.EnableFullDuplex() }

func (w http1Writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.e.hijack(w.e.full.(http.Hijacker).Hijack)
}

func (w http1Writer) ReadFrom(src io.Reader) (int64, error) {
	return w.e.readFrom(w.e.full.(io.ReaderFrom).ReadFrom, src)
}

func (w http2Writer) Push(target string, opts *http.PushOptions) error {
	return w.e.full.(http.Pusher).Push(target, opts)
}
