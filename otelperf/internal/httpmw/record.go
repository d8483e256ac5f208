// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
)

// What follows is done around each call of a ResponseWriter's methods.

// commit is called before a status goes out. Informational ones are not the reply,
// and of several only the first counts.
func (e *exchange) commit(code int) {
	if code >= 100 && code <= 199 && code != http.StatusSwitchingProtocols {
		return
	}
	e.noteLate()
	if e.status.Load() != 0 {
		return
	}
	e.stamp()
	e.settle(code)
}

// noteLate is called before anything is sent.
func (e *exchange) noteLate() {
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
	case !serversOwn(err):
		e.mark(markWriteError)
	}
}

// serversOwn says whether a write failed by a decision of this side.
func serversOwn(err error) bool {
	for _, own := range []error{
		os.ErrDeadlineExceeded, http.ErrContentLength,
		http.ErrBodyNotAllowed, http.ErrHijacked, http.ErrNotSupported, io.ErrShortWrite,
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
