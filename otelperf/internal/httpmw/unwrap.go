// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"bufio"
	"net"
	"net/http"
)

// mostWrapped is how many writers around each other are looked through.
const mostWrapped = 32

func isFlusher(w http.ResponseWriter) bool  { _, ok := w.(http.Flusher); return ok }
func isHijacker(w http.ResponseWriter) bool { _, ok := w.(http.Hijacker); return ok }

func canFlush(w http.ResponseWriter) bool {
	_, ok := w.(flushErrorer)
	return ok || isFlusher(w)
}

// reaches says whether http.ResponseController would find a writer that can do something, from the one below us on.
func (e *exchange) reaches(can func(http.ResponseWriter) bool) bool {
	w := e.w
	for range mostWrapped {
		if can(w) {
			return true
		}
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return false
		}
		w = u.Unwrap()
	}
	return false
}

// Unwrap is the writer below, or, where the one to hijack is further below, a passage to it.
func (w *writer) Unwrap() http.ResponseWriter {
	if !isHijacker(w.e.w) && w.e.reaches(isHijacker) {
		return (*passage)(w)
	}
	return w.e.w
}

// passage stands between us and a writer below that is no http.Hijacker, but unwraps to one: handlers that ask the writer they get find
// none, as without us, and those that unwrap it find that one by way of us, so that we know of it.
type passage writer

func (p *passage) Unwrap() http.ResponseWriter       { return p.e.w }
func (p *passage) Header() http.Header               { return (*writer)(p).Header() }
func (p *passage) WriteHeader(code int)              { (*writer)(p).WriteHeader(code) }
func (p *passage) Write(b []byte) (int, error)       { return (*writer)(p).Write(b) }
func (p *passage) WriteString(s string) (int, error) { return (*writer)(p).WriteString(s) }
func (p *passage) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return (*writer)(p).hijack()
}
