// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/slowlog"
)

// optional are the methods that a wrapper may have, and what it calls of a writer. via is what a writer needs for it, apart from a method
// of that name.
var optional = []struct {
	name, via string
	call      func(w http.ResponseWriter) bool // false: w does not have it
}{
	{"Flush", "", func(w http.ResponseWriter) bool { i, ok := w.(http.Flusher); return ok && do(i.Flush) }},
	{"FlushError", "Flush", func(w http.ResponseWriter) bool { i, ok := w.(flushErrorer); return ok && i.FlushError() == nil }},
	{"CloseNotify", "", func(w http.ResponseWriter) bool { i, ok := w.(closeNotifier); return ok && i.CloseNotify() == nil }},
	{"ReadFrom", "", func(w http.ResponseWriter) bool {
		i, ok := w.(io.ReaderFrom)
		return ok && do(func() { _, _ = i.ReadFrom(source) })
	}},
	{"SetReadDeadline", "", func(w http.ResponseWriter) bool {
		return http.NewResponseController(w).SetReadDeadline(time.Time{}) == nil
	}},
	{"SetWriteDeadline", "", func(w http.ResponseWriter) bool {
		return http.NewResponseController(w).SetWriteDeadline(time.Time{}) == nil
	}},
	{"EnableFullDuplex", "", func(w http.ResponseWriter) bool { return http.NewResponseController(w).EnableFullDuplex() == nil }},
	{"Push", "", func(w http.ResponseWriter) bool { i, ok := w.(http.Pusher); return ok && i.Push("/", nil) == nil }},
	{"WriteString", "Write", func(w http.ResponseWriter) bool {
		i, ok := w.(io.StringWriter)
		return ok && do(func() { _, _ = i.WriteString("abc") })
	}},
	{"Write", "", func(w http.ResponseWriter) bool { _, err := w.Write([]byte("abc")); return err == nil }},
	{"Hijack", "", func(w http.ResponseWriter) bool {
		i, ok := w.(http.Hijacker)
		return ok && do(func() { _, _, _ = i.Hijack() })
	}},
}

var source = strings.NewReader("abc")

func do(f func()) bool { f(); return true }

// reaches is the method of a writer that a call comes through, "" if it has none.
func reaches(bare http.ResponseWriter, name, via string) string {
	for _, o := range optional {
		if o.name == name && o.call(bare) {
			return name
		}
	}
	if via == "" {
		return ""
	}
	return reaches(bare, via, "")
}

func TestWriterKeepsInterfaces(t *testing.T) {
	m := &middleware{cfg: Config{Headers: true, Counters: new(Counters)}}
	kinds := map[reflect.Type]bool{}
	for i := range combinations(&calls{}) {
		for _, o := range optional {
			c := &calls{header: http.Header{}}
			bare := combinations(c)[i]
			reached := reaches(bare, o.name, o.via)
			want := reached != ""
			c.seen = nil
			e := newExchange(m, bare, httptest.NewRequest(http.MethodGet, "/", nil))
			w := e.writer()
			kinds[reflect.TypeOf(w)] = true
			if got := o.call(w); got != want {
				t.Errorf("%T: has %s: %t, want %t", bare, o.name, got, want)
				continue
			}
			var wantSeen []string
			if want {
				wantSeen = []string{reached}
			}
			if !slices.Equal(c.seen, wantSeen) {
				t.Errorf("%T: %s reached it as %q, want %q", bare, o.name, c.seen, wantSeen)
			}
			commits := want && slices.Contains([]string{"Flush", "FlushError", "ReadFrom", "WriteString", "Write"}, o.name)
			if got := e.status.Load() == 200 && c.header.Get(headerResponseTime) != ""; got != commits {
				t.Errorf("%T: %s began the reply: %t, want %t", bare, o.name, got, commits)
			}
			if body := want && (o.name == "ReadFrom" || o.name == "WriteString" || o.name == "Write"); (e.bytes.Load() == 3) != body {
				t.Errorf("%T: %d bytes counted after %s", bare, e.bytes.Load(), o.name)
			}
			if e.marked(markHijacked) != (want && o.name == "Hijack") {
				t.Errorf("%T: hijacked is %t after %s", bare, e.marked(markHijacked), o.name)
			}
			if want && o.name == "ReadFrom" && c.src != io.Reader(source) {
				t.Errorf("%T: source arrived as %T, sendfile would be lost", bare, c.src)
			}
			if u, ok := w.(interface{ Unwrap() http.ResponseWriter }); !ok || u.Unwrap() != bare {
				t.Errorf("%T: does not unwrap", bare)
			}
		}
	}
	if len(kinds) != 32 {
		t.Errorf("there are %d types of wrappers, want 32", len(kinds))
	}
}

// A wrapper is a pointer, whatever it wraps.
func TestWriterNeedsNoAllocation(t *testing.T) {
	for _, bare := range combinations(&calls{}) {
		e := newExchange(&middleware{}, bare, httptest.NewRequest(http.MethodGet, "/", nil))
		var w http.ResponseWriter
		if n := testing.AllocsPerRun(10, func() { w = e.writer() }); n != 0 {
			t.Errorf("%T: %T takes %v allocations", bare, w, n)
		}
	}
}

// What unwraps to itself must not keep a request for ever.
type circle struct{ plain }

func (c circle) Unwrap() http.ResponseWriter { return c }

// none unwraps to nothing.
type none struct{ plain }

func (none) Unwrap() http.ResponseWriter { return nil }

func TestWriterOfOddWriters(t *testing.T) {
	for _, odd := range []http.ResponseWriter{circle{plain{&calls{header: http.Header{}}}}, none{plain{&calls{header: http.Header{}}}}} {
		w := newExchange(&middleware{}, odd, httptest.NewRequest(http.MethodGet, "/", nil)).writer()
		if _, ok := w.(http.Flusher); ok {
			t.Errorf("%T can be flushed", odd)
		}
	}
}

// The writers of net/http have what they have behind otelhttp and us, deadlines and full duplex by http.ResponseController.
func TestWritersOfNetHTTP(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		rg := newRig(nil)
		rg.Serve(t, rg.otel(rg.mw(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			want := hasFlusher | hasCloseNotifier | hasHijacker | hasReaderFrom
			if http2 {
				want = hasFlusher | hasCloseNotifier | hasPusher
			}
			if got := interfacesOf(w); got != want {
				t.Errorf("HTTP/2 %t: %T has set %b, want %b", http2, w, got, want)
			}
			c := http.NewResponseController(w)
			for name, err := range map[string]error{
				"read deadline":  c.SetReadDeadline(time.Now().Add(time.Minute)),
				"write deadline": c.SetWriteDeadline(time.Now().Add(time.Minute)),
				"full duplex":    c.EnableFullDuplex(),
				"flush":          c.Flush(),
			} {
				if err != nil {
					t.Errorf("HTTP/2 %t: %s: %v", http2, name, err)
				}
			}
		}))), http2)
		rg.Get(t, "/")
	}
}

func TestHijack(t *testing.T) {
	for _, place := range places {
		rg := newRig(nil)
		rg.Serve(t, place.chain(rg, muxOf("GET /ws", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhi")
			_ = rw.Flush()
			_ = conn.Close()
		}))), false)
		conn, err := net.Dial("tcp", rg.Server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		all, _ := io.ReadAll(conn)
		_ = conn.Close()
		if !bytes.HasSuffix(all, []byte("\r\n\r\nhi")) || bytes.Contains(all, []byte(headerServerTiming)) {
			t.Errorf("%s: reply %q", place.name, all)
		}
		if d := rg.nextDone(t); d.Outcome != slowlog.OutcomeStream || d.Status != http.StatusSwitchingProtocols {
			t.Errorf("%s: reported %s %d", place.name, d.Outcome, d.Status)
		}
		if got := testrig.SpanAttr(rg.Ended(t, 1), outcomeKey); place.repairs && got != slowlog.OutcomeStream.String() {
			t.Errorf("%s: span has outcome %q", place.name, got)
		}
	}
}

func TestExchangeIsAContext(t *testing.T) {
	type key struct{}
	parent, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "v"))
	r := httptest.NewRequestWithContext(parent, http.MethodGet, "/", nil)
	m, other := &middleware{}, &middleware{}
	e := newExchange(m, httptest.NewRecorder(), r)
	child, stop := context.WithTimeout(e, time.Hour)
	defer stop()
	if child.Value(key{}) != "v" || found(m, child) != e || found(other, child) != nil || found(m, apart{child, m}) != nil || found(m, apart{child, other}) != e {
		t.Error("values do not pass")
	}
	cancel()
	if <-child.Done(); child.Err() != context.Canceled {
		t.Error(child.Err())
	}
}

func found(m *middleware, ctx context.Context) *exchange {
	e, _ := m.exchangeOf(ctx)
	return e
}
