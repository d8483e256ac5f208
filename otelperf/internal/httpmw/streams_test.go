// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/slowlog"
)

func frame(flags byte, text string) string {
	return string(binary.BigEndian.AppendUint32([]byte{flags}, uint32(len(text)))) + text
}

func base64Of(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func zipped(t *testing.T, text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestOutcomeOfMediaTypes(t *testing.T) {
	const ok, stream, client, server = slowlog.OutcomeOK, slowlog.OutcomeStream, slowlog.OutcomeClientError, slowlog.OutcomeServerError
	message := frame(0, "hello")
	for _, tt := range []struct {
		name, kind, body string
		flush            bool
		header, trailer  string // grpc-status
		prefixed         bool
		length           bool
		want             slowlog.Outcome
	}{
		{name: "events", kind: "text/event-stream;charset=utf-8", body: "data: 1\n\n", want: stream},
		{name: "pictures", kind: "multipart/x-mixed-replace; boundary=b", body: "--b", want: stream},
		{name: "lines that are flushed", kind: "application/x-ndjson", body: "{}\n", flush: true, want: stream},
		{name: "lines in one piece", kind: "application/x-ndjson", body: "{}\n", want: ok},
		{name: "lines of known length", kind: "Application/NDJSON", body: "{}\n", flush: true, length: true, want: ok},
		{name: "JSON that is flushed", kind: "application/json", body: "{}\n", flush: true, want: ok},
		{name: "gRPC", kind: "application/grpc", body: message, trailer: "0", want: ok},
		{name: "gRPC, internal", kind: "application/grpc+proto", trailer: "13", want: server},
		{name: "gRPC, not found after a message", kind: "application/grpc", body: message, trailer: "5", want: client},
		{name: "gRPC, prefixed trailer", kind: "application/grpc", body: message, trailer: "14", prefixed: true, want: server},
		{name: "gRPC, trailers only", kind: "application/grpc", header: "2", want: server},
		{name: "gRPC, canceled", kind: "application/grpc", header: "1", want: slowlog.OutcomeCanceled},
		{name: "gRPC, no number", kind: "application/grpc", header: "-1", want: ok},
		{name: "gRPC, a stream", kind: "application/grpc", body: message + message, flush: true, trailer: "0", want: stream},
		{name: "gRPC, a stream that fails", kind: "application/grpc", body: message + message, trailer: "13", want: server},
		{name: "gRPC-Web", kind: "application/grpc-web+proto", body: message + frame(0x80, "grpc-status:0\r\n"), want: ok},
		{name: "gRPC-Web, internal", kind: "application/grpc-web", body: message + frame(0x80, "grpc-message: no\r\nGrpc-Status: 13\r\n"), want: server},
		{name: "gRPC-Web, trailers only", kind: "application/grpc-web-text", header: "16", want: client},
		{name: "gRPC-Web, cut off", kind: "application/grpc-web", body: message + frame(0x80, "grpc-status:13\r\n")[:9], want: ok},
		{name: "gRPC-Web, text", kind: "application/grpc-web-text", body: base64Of(message + frame(0x80, "grpc-status:13\r\n")), want: server},
		{name: "gRPC-Web, text in pieces", kind: "application/grpc-web-text+proto", body: base64Of(message) + base64Of(frame(0x80, "grpc-status:5\r\n")), want: client},
		{name: "gRPC-Web, text of a stream", kind: "Application/Grpc-Web-Text", body: base64Of(message) + base64Of(message[:2]) + base64Of(message[2:]), want: stream},
		{name: "gRPC-Web, long text", kind: "application/grpc-web-text", body: base64Of(frame(0, strings.Repeat("long ", 1000)) + frame(0x80, "grpc-status:13\r\n")), want: server},
		{name: "gRPC-Web, no text", kind: "application/grpc-web-text", body: message + frame(0x80, "grpc-status:13\r\n"), want: ok},
		{name: "Connect, a stream", kind: "application/connect+proto", body: message + frame(2, "{}"), want: stream},
		{name: "Connect, a stream that fails", kind: "application/connect+json", body: message + frame(2, `{"error":{"code":"internal"}}`), want: server},
		{name: "Connect, compressed", kind: "application/connect+json", body: frame(3, zipped(t, `{"error":{"code":"not_found"}}`)), want: client},
		{name: "Connect, garbage", kind: "application/connect+json", body: frame(3, "no gzip"), want: stream},
		{name: "a status where none is expected", kind: "application/json", header: "13", body: "{}", want: ok},
	} {
		for _, http2 := range []bool{false, true} {
			for _, how := range []string{"bytes", "byte by byte", "string", "copied"} {
				rg := newRig(nil)
				rg.Serve(t, rg.otel(rg.mw(muxOf("POST /svc/Do", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					h := w.Header()
					h.Set("Content-Type", tt.kind)
					if tt.length {
						h.Set("Content-Length", "3")
					}
					if tt.header != "" {
						h.Set("Grpc-Status", tt.header)
					}
					if tt.trailer != "" && !tt.prefixed {
						h.Set("Trailer", "Grpc-Status")
					}
					send(w, how, tt.body)
					if tt.flush {
						_ = http.NewResponseController(w).Flush()
					}
					switch {
					case tt.prefixed:
						h.Set(http.TrailerPrefix+"Grpc-Status", tt.trailer)
					case tt.trailer != "":
						h.Set("Grpc-Status", tt.trailer)
					}
				})))), http2)
				if _, body, err := rg.Do(t.Context(), http.MethodPost, "/svc/Do"); err != nil || body != tt.body {
					t.Errorf("%s, %s: client has %q, %v", tt.name, how, body, err)
				}
				if d := rg.nextDone(t); d.Outcome != tt.want || d.Status != map[bool]int{false: 200, true: 499}[tt.want == slowlog.OutcomeCanceled] {
					t.Errorf("%s, %s: reported %s %d, want %s", tt.name, how, d.Outcome, d.Status, tt.want)
				}
				want := ""
				if tt.want != ok {
					want = tt.want.String()
				}
				if got := testrig.SpanAttr(rg.Ended(t, 1), outcomeKey); got != want {
					t.Errorf("%s, %s: span has outcome %q, want %q", tt.name, how, got, want)
				}
				rg.Server.Close()
			}
		}
	}
}

func send(w http.ResponseWriter, how, body string) {
	switch how {
	case "bytes":
		_, _ = w.Write([]byte(body))
	case "byte by byte":
		for i := range len(body) {
			_, _ = w.Write([]byte{body[i]})
		}
	case "string":
		_, _ = io.WriteString(w, body)
	default:
		w.WriteHeader(http.StatusOK)
		_, _ = io.Copy(w, strings.NewReader(body))
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte(frame(0, "hello")+frame(0x80, "grpc-status:13\r\n")), 3)
	f.Add([]byte{2, 0xff, 0xff, 0xff, 0xff, 1, 2}, 1)
	f.Add([]byte(base64Of(frame(0, "hello!!"))+"*"+base64Of(frame(0, "hello"))), 3)
	f.Add([]byte(base64Of(frame(0, "hello!!"))+"ab\nc"+base64Of(frame(0, "hello"))), 4)
	f.Add([]byte(base64Of(frame(0, "hello"))+base64Of(frame(0x80, "grpc-status:13\r\n"))), 3)
	f.Fuzz(func(t *testing.T, body []byte, cut int) {
		framesInPieces(t, body, cut, false)
		framesInPieces(t, body, cut, true)
		text := []byte(base64Of(string(body)))
		plain, coded := newFrames(false), newFrames(true)
		plain.write(body)
		coded.write(text)
		m1, f1, l1 := plain.end()
		if m2, f2, l2 := coded.end(); m1 != m2 || f1 != f2 || !bytes.Equal(l1, l2) {
			t.Errorf("%d messages, flags %d, end %q; of the same in base64 %d, %d, %q", m1, f1, l1, m2, f2, l2)
		}
	})
}

// framesInPieces compares a body in one piece with the same in pieces of cut bytes.
func framesInPieces(t *testing.T, body []byte, cut int, text bool) {
	t.Helper()
	whole, parts := newFrames(text), newFrames(text)
	whole.write(body)
	cut = max(1, min(cut, len(body)))
	for rest := body; len(rest) > 0; {
		n := min(cut, len(rest))
		parts.write(rest[:n])
		rest = rest[n:]
	}
	m1, f1, l1 := whole.end()
	m2, f2, l2 := parts.end()
	if m1 != m2 || f1 != f2 || !bytes.Equal(l1, l2) || len(l1) > maxLastFrame || m1 > len(body)/5 {
		t.Errorf("%d messages, flags %d, end %q in one piece; %d, %d, %q in many", m1, f1, l1, m2, f2, l2)
	}
	rpcOutcome(http.Header{}, f1, l1)
}
