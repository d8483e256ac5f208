// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
)

// oneSpan is a request of 45 ms as the collector's file exporter writes it.
const oneSpan = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"scope":{"name":"x"},"spans":[` +
	`{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","parentSpanId":"","flags":257,"name":"GET /users/{id}","kind":2,"startTimeUnixNano":"1772445600000000000","endTimeUnixNano":"1772445600045000000",` +
	`"attributes":[{"key":"http.request.method","value":{"stringValue":"GET"}},{"key":"http.route","value":{"stringValue":"/users/{id}"}},{"key":"http.response.status_code","value":{"intValue":"200"}}],"status":{}}` +
	`]}]}]}` + "\n"

// spanWith is a document with a span that takes from 10:00:00 to 10:00:00.045, and members of its own.
func spanWith(members string) string {
	return `{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":1772445600000000000,"endTimeUnixNano":1772445600045000000,` + members + `}]}]}]}` + "\n"
}

func attributesOf(pairs ...string) string {
	var out []string
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, `{"key":"`+pairs[i]+`","value":{"stringValue":"`+pairs[i+1]+`"}}`)
	}
	return `"attributes":[` + strings.Join(out, ",") + `]`
}

func TestOTLPSpans(t *testing.T) {
	const at = "1 2026-03-02T10:00:00.045Z "
	tests := []struct{ name, text, want string }{ // want "" is no request
		{"as exported", oneSpan, at + "shop: GET /users/{id} 45ms ok"},
		{"no route, name with it", spanWith(`"kind":2,"name":"GET /a",` + attributesOf("http.request.method", "GET")), at + "GET /a 45ms ok"},
		{"no route at all", spanWith(`"kind":2,"name":"GET",` + attributesOf("http.request.method", "GET")), at + "GET (unmatched) 45ms ok"},
		{"old names", spanWith(`"kind":"SPAN_KIND_SERVER","name":"HTTP GET /a",` + attributesOf("http.method", "GET", "http.status_code", "503", "http.route", "/a")), at + "GET /a 45ms server_error"},
		{"error status", spanWith(`"kind":2,"name":"x","status":{"code":2}`), at + "server x 45ms server_error"},
		{"error status by name", spanWith(`"kind":2,"name":"x","status":{"code":"STATUS_CODE_ERROR"}`), at + "server x 45ms server_error"},
		{"outcome of our own", spanWith(`"kind":2,"name":"x",` + attributesOf("otelperf.outcome", "canceled")), at + "server x 45ms canceled"},
		{"rpc", spanWith(`"kind":2,"name":"shop.Cart/Add",` + attributesOf("rpc.system", "grpc")), at + "grpc shop.Cart/Add 45ms ok"},
		{"consumer", spanWith(`"kind":5,"parentSpanId":"01","name":"orders receive"`), at + "consumer orders receive 45ms ok"},
		{"job", spanWith(`"kind":1,"name":"nightly"`), at + "job nightly 45ms ok"},
		{"no kind, no name", spanWith(`"flags":0`), at + "job (no name) 45ms ok"},
		{"remote parent", spanWith(`"kind":2,"parentSpanId":"01","flags":768,"name":"x"`), at + "server x 45ms ok"},
		{"local parent", spanWith(`"kind":2,"parentSpanId":"01","flags":256,"name":"x"`), ""},
		{"child", spanWith(`"kind":1,"parentSpanId":"01","name":"x"`), ""},
		{"parent of zeros", spanWith(`"kind":1,"parentSpanId":"0000000000000000","name":"x"`), at + "job x 45ms ok"},
		{"client", spanWith(`"kind":3,"name":"x"`), ""},
		{"other members", `{"other":{"a":[1,{"b":2}]},"resourceSpans":[{"schemaUrl":"x","scopeSpans":[]}]}`, ""},
		{"nothing", `{}` + "\n" + oneSpan, "2 2026-03-02T10:00:00.045Z shop: GET /users/{id} 45ms ok"},
	}
	for _, tt := range tests {
		got := readAll(t, Auto, tt.text)
		var want []string
		if tt.want != "" {
			want = append(want, tt.want)
		}
		equal(t, tt.name, append(got.requests, got.bad...), want)
	}
}

func TestOTLPBadLines(t *testing.T) {
	got := readAll(t, "otlp", strings.Join([]string{
		strings.TrimSpace(oneSpan),
		`{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"cut`,
		strings.TrimSpace(oneSpan),
		`not JSON`,
		`[]`,
		`{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":1,"kind":2}]}]}]}`,
		`{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"x","kind":2,"startTimeUnixNano":"5","endTimeUnixNano":"4"}]}]}]}`,
		`{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"x","kind":2,"startTimeUnixNano":"5","endTimeUnixNano":"99999999999999999999"}]}]}]}`,
		`{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"x","kind":2,"startTimeUnixNano":"5","endTimeUnixNano":"86400000000006"}]}]}]}`,
		`{"resourceSpans":7}`,
		strings.TrimSpace(oneSpan),
		`{"resourceSpans":[`,
	}, "\n"))
	const request = " 2026-03-02T10:00:00.045Z shop: GET /users/{id} 45ms ok"
	equal(t, "requests", got.requests, []string{"1" + request, "3" + request, "11" + request})
	equal(t, "bad lines", got.bad, []string{
		`2 no JSON of otlp: invalid character '\n' in string literal`,
		`4 no JSON of otlp: invalid character 'o' in literal null (expecting 'u')`,
		`5 no JSON of otlp: [ where an object is expected`,
		`6 no JSON of otlp: json: cannot unmarshal number into Go struct field otlpSpan.name of type string`,
		`7 span "x" ends before it begins`,
		`8 span "x" has no start or end from 1970 to 2261`,
		`9 span "x" took longer than 24 h`,
		`10 no JSON of otlp: 7 where [ is expected`,
		`12 no JSON of otlp: unexpected EOF`,
	})
}

// TestOTLPManyBadLines: no line is lost behind bad ones, wherever they lie in the buffers.
func TestOTLPManyBadLines(t *testing.T) {
	var text strings.Builder
	good, bad := 0, 0
	for i := range 2000 {
		if i%7 < 3 {
			bad++
			text.WriteString(strings.Repeat("x", 1+i*13%700) + "\n")
		} else {
			good++
			text.WriteString(oneSpan)
		}
	}
	got := readAll(t, "otlp", text.String())
	if len(got.requests) != good || len(got.bad) != bad || !strings.HasPrefix(got.requests[good-1], "2000 ") {
		t.Errorf("%d requests and %d bad lines, want %d and %d; the last is %s", len(got.requests), len(got.bad), good, bad, got.requests[len(got.requests)-1])
	}
}

// TestOTLPLargeValue: reading ends before a value without end takes the memory.
func TestOTLPLargeValue(t *testing.T) {
	r, err := Open(io.MultiReader(strings.NewReader(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"`), endless{}), Options{Format: "otlp"})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(&collected{}); !errors.Is(err, errLargeValue) {
		t.Errorf("got %v, want errLargeValue", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// TestOTLPLayout: one document over many lines is read like one in a line.
func TestOTLPLayout(t *testing.T) {
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, []byte(oneSpan), "", "  "); err != nil {
		t.Fatal(err)
	}
	got := readAll(t, Auto, "\n\n"+pretty.String()+pretty.String())
	if len(got.requests) != 2 || len(got.bad) != 0 || !strings.HasSuffix(got.requests[1], "shop: GET /users/{id} 45ms ok") {
		t.Errorf("got %q and %q", got.requests, got.bad)
	}
}
