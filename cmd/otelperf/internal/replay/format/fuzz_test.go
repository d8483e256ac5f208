// SPDX-License-Identifier: Apache-2.0

package format

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// fuzzed reads any text: no panic, it ends, and what is read is in range.
func fuzzed(t *testing.T, o Options, text string) {
	r, err := Open(strings.NewReader(text), o)
	if err != nil {
		return
	}
	if err := r.Run(inRange{t}); err != nil && !errors.Is(err, errLargeValue) {
		t.Fatal(err)
	}
}

type inRange struct{ t *testing.T }

func (s inRange) Bad(int, error) error { return nil }

func (s inRange) Request(line int, rec *Record) error {
	if line < 1 || rec.Duration < 0 || rec.Duration > MaxDuration || rec.Time < 0 || len(rec.Route) == 0 {
		s.t.Fatalf("line %d is %+v", line, rec)
	}
	return nil
}

// fuzzOne is the fuzzing of one format.
func fuzzOne(f *testing.F, o Options, seeds ...string) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) { fuzzed(t, o, text) })
}

func FuzzOTLP(f *testing.F) {
	fuzzOne(f, Options{Format: "otlp"}, oneSpan+"x\n"+oneSpan, `{"resourceSpans":[[{"a":`, `{"trace":{"batches":[]}}`,
		`{"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":"2","flags":"256","attributes":[{"key":"a","value":null}]}]}]}]}`)
}

func FuzzJaeger(f *testing.F) {
	fuzzOne(f, Options{Format: "jaeger"}, jaegerTraceText, jaegerTraceText+"\nx\n"+jaegerTraceText,
		`{"traceID":"1","spans":[{"startTime":1,"duration":1,"process":{"serviceName":"a"},"parentSpanID":"0"}],"processes":null}`)
}

func FuzzZipkin(f *testing.F) {
	fuzzOne(f, Options{Format: "zipkin"}, zipkinTraceText, "["+zipkinTraceText+"]", `[1,"a",null,[],{"tags":{"http.method":"É"},"name":"é"}]`)
}

func FuzzStdouttrace(f *testing.F) {
	text, err := os.ReadFile("testdata/stdouttrace.json")
	if err != nil {
		f.Fatal(err)
	}
	fuzzOne(f, Options{Format: "stdouttrace"}, string(text), `{"SpanContext":{},"Resource":[{"Key":"service.name"}],"Status":{"Code":"Error"}}`)
}

// FuzzServers reads lines as those of servers and proxies.
func FuzzServers(f *testing.F) {
	for _, r := range recorded {
		f.Add(r.format, r.text)
	}
	f.Fuzz(func(t *testing.T, format, text string) {
		if k, ok := named(format); ok && k.traces == nil && format != JSON {
			fuzzed(t, Options{Format: format, Unit: k.in}, text)
			fuzzed(t, Options{Unit: microseconds}, text)
		}
	})
}

// FuzzJSONLines reads lines of JSON by keys.
func FuzzJSONLines(f *testing.F) {
	fields := map[string]string{"duration": "d.e", "time": "t", "path": "p", "status": "s", "service": "n"}
	f.Add("ms", `{"d":{"e":"33ms"},"t":1772445600,"p":"/a"}`)
	f.Add("", `{"d.e":33e300,"t":"2026-03-02T10:00:00Z","s":null,"n":"x"}`)
	f.Fuzz(func(t *testing.T, unit, text string) {
		if u, err := ParseUnit(unit); err == nil {
			fuzzed(t, Options{Fields: fields, Unit: u}, text)
		}
	})
}

// FuzzFormats reads any text in any format, and in the one that it looks like.
func FuzzFormats(f *testing.F) {
	for i := range kinds {
		f.Add(kinds[i].name, "us", "x")
	}
	for _, r := range recorded {
		f.Add(r.format, r.unit, r.text)
		f.Add(Auto, "", r.text)
	}
	f.Add(JSON, "ms", `{"d":"33ms","t":1772445600,"p":"/a"}`)
	f.Fuzz(func(t *testing.T, format, unit, text string) {
		u, err := ParseUnit(unit)
		if err != nil {
			return
		}
		o := Options{Format: format, Unit: u}
		if format == JSON {
			o.Fields = map[string]string{"duration": "d", "time": "t", "path": "p", "status": "s"}
		}
		fuzzed(t, o, text)
	})
}
