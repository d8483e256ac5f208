// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"syscall"
)

// What follows is done around each call of a ResponseWriter's methods.

// commit is called before a status goes out. Of several only the first counts.
func (e *exchange) commit(code int) {
	if !e.begins(code) {
		if (code < 100 || code > 199 || code == http.StatusSwitchingProtocols) && e.status.Load() == 0 {
			e.mark(markMisled)
		}
		return
	}
	e.noteLate()
	if e.status.Load() != 0 {
		return
	}
	e.stamp()
	e.settle(code)
}

// begins says whether a status begins the reply. Informational ones do not, of which 101 is one from HTTP/2 on, nor do those that
// net/http panics at.
func (e *exchange) begins(code int) bool {
	return code >= 200 && code <= 999 || code == http.StatusSwitchingProtocols && e.got.ProtoMajor < 2
}

// noteLate is called before anything is sent. A reply to HEAD has nothing after its status: HTTP/2 ends the request there.
func (e *exchange) noteLate() {
	if e.head && e.status.Load() != 0 {
		return
	}
	if e.clientGone() {
		e.mark(markLate)
	}
}

// settle keeps the status of the reply and what its headers say of it.
func (e *exchange) settle(code int) {
	if !e.status.CompareAndSwap(0, int32(code)) {
		return
	}
	header := e.w.Header()
	if kind := header["Content-Type"]; len(kind) > 0 {
		if marks := marksOf(kind[0]); marks != 0 {
			if marks&markFrames != 0 {
				e.frames.Store(newFrames(marks&markText != 0))
			}
			e.mark(marks)
		}
	}
	if length := header["Content-Length"]; len(length) > 0 {
		if n, err := strconv.ParseInt(length[0], 10, 64); err == nil && n >= 0 {
			e.declared.Store(n + 1)
		}
	}
}

// stamp sets the headers that say how long it took until now, once.
func (e *exchange) stamp() {
	if !e.m.cfg.Headers && !e.m.cfg.Traceparent || e.marks.Or(markStamped)&markStamped != 0 {
		return
	}
	setTiming(e)
}

// wrote takes the result of a write of body bytes.
func (e *exchange) wrote(n int64, err error) {
	if n > 0 {
		e.bytes.Add(n)
	}
	switch {
	case err == nil:
	case errors.Is(err, http.ErrHandlerTimeout):
		e.mark(markTimedOut)
	case e.head: // has no body to lose
	case errors.Is(err, os.ErrDeadlineExceeded):
		e.cut()
	case clientsOwn(err) || e.clientGone() && !serversOwn(err):
		e.mark(markWriteError)
	}
}

// cut notes that the deadline of writes ended the reply. net/http then cancels the request as if its client had left: HTTP/1 after the write
// that failed, HTTP/2, which tells this error only if it was not the client, before. Without that it is the error of a writer in between.
func (e *exchange) cut() {
	if e.Err() != nil && (e.got.ProtoMajor >= 2 || !e.marked(markLate)) {
		e.mark(markCut)
	}
}

// clientsOwn says whether a write failed since the client has left. The error of a writer in between tells nothing of that. HTTP/2 has
// no names for its errors; the others of it come with a canceled request.
func clientsOwn(err error) bool {
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		return true
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	text := err.Error()
	return text == "client disconnected" || text == "http2: stream closed"
}

// serversOwn says whether a write failed by a decision of this side.
func serversOwn(err error) bool {
	for _, own := range []error{
		http.ErrContentLength, http.ErrBodyNotAllowed, http.ErrHijacked, http.ErrNotSupported, io.ErrShortWrite,
	} {
		if errors.Is(err, own) {
			return true
		}
	}
	return false
}

// flushing is called before what was written is sent.
func (e *exchange) flushing() {
	e.commit(http.StatusOK)
	if e.marked(markLines) {
		e.mark(markFlushed)
	}
}
