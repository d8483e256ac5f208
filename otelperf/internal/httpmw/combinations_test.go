// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"time"
)

// calls notes what reaches a ResponseWriter.
type calls struct {
	header http.Header
	seen   []string
	src    io.Reader
}

func (c *calls) note(s string) { c.seen = append(c.seen, s) }

type (
	plain  struct{ *calls }
	flush  struct{ *calls }
	flushE struct{ *calls }
	notify struct{ *calls }
	hijack struct{ *calls }
	from   struct{ *calls }
	dead   struct{ *calls }
	duplex struct{ *calls }
	push   struct{ *calls }
	str    struct{ *calls }
)

func (c plain) Header() http.Header            { return c.header }
func (c plain) Write(p []byte) (int, error)    { c.note("Write"); return len(p), nil }
func (c plain) WriteHeader(int)                { c.note("WriteHeader") }
func (c flush) Flush()                         { c.note("Flush") }
func (c flushE) FlushError() error             { c.note("FlushError"); return nil }
func (c notify) CloseNotify() <-chan bool      { c.note("CloseNotify"); return nil }
func (c dead) SetReadDeadline(time.Time) error { c.note("SetReadDeadline"); return nil }
func (c dead) SetWriteDeadline(time.Time) error {
	c.note("SetWriteDeadline")
	return nil
}
func (c duplex) EnableFullDuplex() error             { c.note("EnableFullDuplex"); return nil }
func (c push) Push(string, *http.PushOptions) error  { c.note("Push"); return nil }
func (c str) WriteString(s string) (int, error)      { c.note("WriteString"); return len(s), nil }
func (c from) ReadFrom(src io.Reader) (int64, error) { c.note("ReadFrom"); c.src = src; return 3, nil }
func (c hijack) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c.note("Hijack")
	return nil, nil, nil
}

// combinations are ResponseWriters with each subset of the interfaces that have a name,
// then those of net/http and sets that differ from them by one.
func combinations(c *calls) []http.ResponseWriter {
	p, f, fe, n, h, r, d, x, u, s := plain{c}, flush{c}, flushE{c}, notify{c}, hijack{c}, from{c}, dead{c}, duplex{c}, push{c}, str{c}
	type P = plain
	return []http.ResponseWriter{
		struct{ P }{p},
		struct {
			P
			flush
		}{p, f},
		struct {
			P
			notify
		}{p, n},
		struct {
			P
			hijack
		}{p, h},
		struct {
			P
			from
		}{p, r},
		struct {
			P
			push
		}{p, u},
		struct {
			P
			flush
			notify
		}{p, f, n},
		struct {
			P
			flush
			hijack
		}{p, f, h},
		struct {
			P
			flush
			from
		}{p, f, r},
		struct {
			P
			flush
			push
		}{p, f, u},
		struct {
			P
			notify
			hijack
		}{p, n, h},
		struct {
			P
			notify
			from
		}{p, n, r},
		struct {
			P
			notify
			push
		}{p, n, u},
		struct {
			P
			hijack
			from
		}{p, h, r},
		struct {
			P
			hijack
			push
		}{p, h, u},
		struct {
			P
			from
			push
		}{p, r, u},
		struct {
			P
			flush
			notify
			hijack
		}{p, f, n, h},
		struct {
			P
			flush
			notify
			from
		}{p, f, n, r},
		struct {
			P
			flush
			notify
			push
		}{p, f, n, u},
		struct {
			P
			flush
			hijack
			from
		}{p, f, h, r},
		struct {
			P
			flush
			hijack
			push
		}{p, f, h, u},
		struct {
			P
			flush
			from
			push
		}{p, f, r, u},
		struct {
			P
			notify
			hijack
			from
		}{p, n, h, r},
		struct {
			P
			notify
			hijack
			push
		}{p, n, h, u},
		struct {
			P
			notify
			from
			push
		}{p, n, r, u},
		struct {
			P
			hijack
			from
			push
		}{p, h, r, u},
		struct {
			P
			flush
			notify
			hijack
			from
		}{p, f, n, h, r},
		struct {
			P
			flush
			notify
			hijack
			push
		}{p, f, n, h, u},
		struct {
			P
			flush
			notify
			from
			push
		}{p, f, n, r, u},
		struct {
			P
			flush
			hijack
			from
			push
		}{p, f, h, r, u},
		struct {
			P
			notify
			hijack
			from
			push
		}{p, n, h, r, u},
		struct {
			P
			flush
			notify
			hijack
			from
			push
		}{p, f, n, h, r, u},

		// HTTP/1, then without and with one more
		struct {
			P
			flush
			flushE
			notify
			hijack
			from
			dead
			duplex
			str
		}{p, f, fe, n, h, r, d, x, s},
		struct {
			P
			flush
			flushE
			notify
			hijack
			from
			dead
			duplex
		}{p, f, fe, n, h, r, d, x},
		struct {
			P
			flush
			flushE
			notify
			hijack
			from
			dead
			str
		}{p, f, fe, n, h, r, d, s},
		struct {
			P
			flush
			flushE
			notify
			hijack
			dead
			duplex
			str
		}{p, f, fe, n, h, d, x, s},
		struct {
			P
			flush
			flushE
			notify
			from
			dead
			duplex
			str
		}{p, f, fe, n, r, d, x, s},
		struct {
			P
			flush
			flushE
			notify
			hijack
			from
			dead
			duplex
			push
			str
		}{p, f, fe, n, h, r, d, x, u, s},
		// HTTP/2, the same
		struct {
			P
			flush
			flushE
			notify
			dead
			duplex
			push
			str
		}{p, f, fe, n, d, x, u, s},
		struct {
			P
			flush
			flushE
			notify
			dead
			duplex
			push
		}{p, f, fe, n, d, x, u},
		struct {
			P
			flush
			flushE
			notify
			dead
			duplex
			str
		}{p, f, fe, n, d, x, s},
		struct {
			P
			flush
			flushE
			notify
			hijack
			dead
			duplex
			push
			str
		}{p, f, fe, n, h, d, x, u, s},
		struct {
			P
			flush
			flushE
			notify
			from
			dead
			duplex
			push
			str
		}{p, f, fe, n, r, d, x, u, s},
		// alone
		struct {
			P
			flushE
		}{p, fe},
		struct {
			P
			dead
		}{p, d},
		struct {
			P
			duplex
		}{p, x},
		struct {
			P
			str
		}{p, s},
	}
}
