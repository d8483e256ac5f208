// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"time"
)

// A lifted writer is one that hides what net/http's writer can do, but unwraps to it. http.ResponseController would find that
// below it, past us: so we offer it, and go the way that ResponseController goes. What the hiding writer has itself is used first.
type lifted struct {
	http.ResponseWriter
	rc  *http.ResponseController
	end both // the first below that hides nothing
}

type lifted1 struct{ lifted }

type lifted2 struct{ lifted }

func lift(w http.ResponseWriter, end both) lifted {
	return lifted{w, http.NewResponseController(w), end}
}

func (w lifted) Flush() { _ = w.FlushError() } // as http.Flusher has it

func (w lifted) FlushError() error { return w.rc.Flush() }

func (w lifted) WriteString(s string) (int, error) { return io.WriteString(w.ResponseWriter, s) }

func (w lifted) CloseNotify() <-chan bool { return w.end.CloseNotify() }

func (w lifted) SetReadDeadline(t time.Time) error { return w.rc.SetReadDeadline(t) }

func (w lifted) SetWriteDeadline(t time.Time) error { return w.rc.SetWriteDeadline(t) }

func (w lifted) EnableFullDuplex() error { return w.rc.EnableFullDuplex() }

func (w lifted1) Hijack() (net.Conn, *bufio.ReadWriter, error) { return w.rc.Hijack() }

// ReadFrom does not go past the hiding writer, which may change the body.
func (w lifted1) ReadFrom(src io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{w.ResponseWriter}, src)
}

func (w lifted2) Push(target string, opts *http.PushOptions) error {
	if p, ok := w.ResponseWriter.(http.Pusher); ok {
		return p.Push(target, opts)
	}
	return w.end.(http.Pusher).Push(target, opts)
}
