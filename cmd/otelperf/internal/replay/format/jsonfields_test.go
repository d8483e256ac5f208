// SPDX-License-Identifier: Apache-2.0

package format

import (
	"errors"
	"strings"
	"testing"
)

// TestJSONLinesByTheirKeys: durations name their unit, or --unit does.
func TestJSONLinesByTheirKeys(t *testing.T) {
	fields := map[string]string{"duration": "took.total", "time": "at", "method": "m", "path": "url", "status": "code"}
	for _, tt := range []struct {
		unit       Unit
		line, want string
	}{
		{noUnit, `{"took":{"total":"33ms"},"at":"2026-03-02T10:00:00Z","m":"GET","url":"/a/7?b","code":503}`, "1 2026-03-02T10:00:00Z GET /a/{id} 33ms server_error"},
		{noUnit, `{"took.total":"1m1.5s","at":1772445600,"m":"GET","url":"/a","code":"200"}`, "1 2026-03-02T10:00:00Z GET /a 1m1.5s ok"},
		{milliseconds, `{"took":{"total":33.5},"at":1772445600123,"url":"/a"}`, "1 2026-03-02T10:00:00.123Z /a 33.5ms ok"},
		{nanoseconds, `{"took":{"total":33000000},"at":1772445600123456}`, "1 2026-03-02T10:00:00.123456Z (all) 33ms ok"},
		{seconds, `{"took":{"total":"0.033"},"at":1772445600123456789}`, "1 2026-03-02T10:00:00.123456789Z (all) 33ms ok"},
		{noUnit, `{"took":{"total":33},"at":1772445600}`, `1 the duration is "33", and nothing tells its unit: --unit s|ms|us|ns does`},
		{noUnit, `{"took":{"total":0.033},"at":1772445600}`, `1 the duration is "0.033", and nothing tells its unit: --unit s|ms|us|ns does`},
		{noUnit, `{"took":{"total":"-33ms"},"at":1772445600}`, `1 the duration is "-33ms", which is no duration from 0 to 24 h`},
		{noUnit, `{"took":{"total":"9999999h"},"at":1772445600}`, `1 the duration is "9999999h", which is no duration from 0 to 24 h`},
		{seconds, `{"took":{"total":18446744073.709551623},"at":1772445600}`, `1 the duration is "18446744073.709551623", which is no duration from 0 to 24 h`},
		{seconds, `{"took":{"all":1},"at":1772445600}`, `1 there is no key "took.total"; the line has "at", "took"`},
		{seconds, `{"took":{"total":[1]},"at":1772445600}`, `1 took.total is "[1]", which is neither a number nor a string`},
		{seconds, `{"took":{"total":1},"at":-5}`, `1 the time is "-5", which is no time from 1970 to 2261`},
		{seconds, `[1]`, `1 the line is no JSON object`},
	} {
		got := readWith(t, Options{Fields: fields, Unit: tt.unit}, tt.line)
		equal(t, tt.line, append(got.requests, got.bad...), []string{tt.want})
	}
	got := readWith(t, Options{Fields: map[string]string{"duration": "d", "start": "s"}}, `{"d":"2s","s":1772445600}`)
	equal(t, "times of the start", got.requests, []string{"1 2026-03-02T10:00:02Z (all) 2s ok"})
}

// TestUnknownJSONNamesItsKeys, so that one knows what --field may name.
func TestUnknownJSONNamesItsKeys(t *testing.T) {
	for _, text := range []string{`{"level":"info","latency":5}`, "{\n  \"level\": \"info\",\n  \"latency\": [{\"a\": 1}]\n}\n", `[{"level":1,"latency":2}]`} {
		_, err := Open(strings.NewReader(text), Options{})
		if !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), `the keys "level", "latency"; --field`) {
			t.Errorf("%s: %v", text, err)
		}
	}
	got := readAll(t, "otlp", `{"batch":[]}`)
	equal(t, "known by name alone", got.bad, []string{`1 no JSON of otlp: its keys are "batch"`})
}

// TestSpansWithoutADuration are refused, and those that overflow.
func TestSpansWithoutADuration(t *testing.T) {
	for _, tt := range []struct{ old, new, want string }{
		{`"duration":33000`, `"duration":-5`, `the duration is "-5"`},
		{`"duration":33000`, `"duration":9223372036854775807`, `the duration is "9223372036854775807"`},
		{`,"duration":33000`, ``, `the duration is empty`},
		{`"startTime":1772445600000000`, `"startTime":9223372036854775`, `the start is "9223372036854775"`},
	} {
		got := readAll(t, "jaeger", strings.Replace(jaegerTraceText, tt.old, tt.new, 1))
		if len(got.requests) > 0 || len(got.bad) != 1 || !strings.Contains(got.bad[0], tt.want) {
			t.Errorf("%s: %q and %q", tt.new, got.requests, got.bad)
		}
	}
}
