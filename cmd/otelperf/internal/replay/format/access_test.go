// SPDX-License-Identifier: Apache-2.0

package format

import (
	"strings"
	"testing"
	"time"
)

func TestNginx(t *testing.T) {
	got := readAll(t, "nginx", strings.Join([]string{
		`10.0.0.1 - - [02/Mar/2026:10:00:00 +0000] "GET /users/42?x=1 HTTP/1.1" 200 612 "-" "curl/8" 0.045`,
		`10.0.0.1 - bob [02/Mar/2026:10:00:00 +0100] "POST /orders HTTP/2.0" 502 0 "http://a/ \"b\"" "Mozilla \x22" 1.500`,
		`10.0.0.1 - - [02/Mar/2026:10:00:01 +0000] "\x16\x03\x01" 400 150 "-" "-" 0.000`,
		`10.0.0.1 - - [02/Mar/2026:10:00:01 +0000] "GET http://host/a/b HTTP/1.1" 499 0 "-" "-" 30.000`,
		`10.0.0.1 - - [02/Mar/2026:10:00:01 +0000] "BREW /pot HTTP/1.1" 405 0 "-" "-" 0.001`,
		`10.0.0.1 - - [02/Mar/2026:10:00:01 +0000] "GET /wp-admin HTTP/1.1" 404 0 "-" "-" 0.001`,
		`10.0.0.1 - - [02/Mar/2026:10:00:01 +0000] "GET /ws HTTP/1.1" 101 0 "-" "-" 900.001`,
		`10.0.0.1 - - [02/Mar/2026:10:00:01 +0000] "GET /a HTTP/1.1" 200 0 "-" "-" -`,
		`10.0.0.1 - - [02/Mar/2026:10:00:01] "GET /a HTTP/1.1" 200 0 "-" "-" 1.000`,
		`10.0.0.1 - - [02/Mar/2026:10:00:01 +0000] "GET /a HTTP/1.1" two 0 "-" "-" 1.000`,
		`something else`,
		`10.0.0.1 - - [02/Mar/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 0 "-" "-" 1.500 more`,
		`10.0.0.1 - - [02/Mar/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 0 "-" "-" 490`,
	}, "\n"))
	equal(t, "requests", got.requests, []string{
		"1 2026-03-02T10:00:00Z GET /users/{id} 45ms ok",
		"2 2026-03-02T09:00:00Z POST /orders 1.5s server_error",
		"3 2026-03-02T10:00:01Z _OTHER (unmatched) 0s client_error",
		"4 2026-03-02T10:00:01Z GET /a/b 30s canceled",
		"5 2026-03-02T10:00:01Z _OTHER /pot 1ms client_error unmatched",
		"6 2026-03-02T10:00:01Z GET /wp-admin 1ms client_error unmatched",
		"7 2026-03-02T10:00:01Z GET /ws 15m0.001s stream",
	})
	equal(t, "bad lines", got.bad, []string{
		`8 the duration is "-", which is no duration from 0 to 24 h`,
		`9 the time is "02/Mar/2026:10:00:01", which is no time from 1970 to 2261`,
		`10 status is "two", which is not a number of three digits`,
		`11 the line does not have the log format`,
		`12 the line does not have the log format: it goes on with " more"`,
		`13 the duration is "490", and nothing tells its unit: --unit s|ms|us|ns does`,
	})
}

// TestApache: its time is that of the begin, a record's that of the end.
func TestApache(t *testing.T) {
	got := readWith(t, Options{Format: "apache", Unit: microseconds}, `h - - [02/Mar/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 5 "-" "-" 2500000`)
	equal(t, "requests", got.requests, []string{"1 2026-03-02T10:00:02.5Z GET /a 2.5s ok"})
}

func TestOwnFormats(t *testing.T) {
	const want = "1 2026-03-02T10:00:00.5Z GET /a 45ms ok"
	for _, tt := range []struct{ format, line string }{
		{`$msec $request_time $status "$request"`, `1772445600.500 0.045 200 "GET /a HTTP/1.1"`},
		{`$time_iso8601|${request_method}|$uri|$request_time|$status`, `2026-03-02T10:00:00.5Z|GET|/a|0.045|200`},
		{`{"t":"$time_iso8601","m":"$request_method","u":"$request_uri","d":$request_time,"s":"$status","x":"$host"}`,
			`{"t":"2026-03-02T10:00:00.5Z","m":"GET","u":"/a?b","d":0.045,"s":"200","x":"é"}`},
	} {
		got := readAll(t, tt.format, tt.line)
		equal(t, tt.format, append(got.requests, got.bad...), []string{want})
	}
	for _, tt := range []struct{ format, line string }{
		{`%t %m %U%q %>s %{ms}T`, `[02/Mar/2026:10:00:00 +0000] GET /a?b=c 200 45`},
		{`%{X-Real-IP}i %t 100%% "%r" %s %{us}T`, `- [02/Mar/2026:10:00:00 +0000] 100% "GET /a HTTP/1.1" 200 45000`},
		{`%t %{us}T %>s %m %U`, `[02/Mar/2026:10:00:00 +0000] 45000 200 GET /a`},
	} {
		got := readAll(t, tt.format, tt.line)
		equal(t, tt.format, append(got.requests, got.bad...), []string{"1 2026-03-02T10:00:00.045Z GET /a 45ms ok"})
	}
}

func TestBadFormats(t *testing.T) {
	for format, want := range map[string]string{
		"xml":                                "there is no format of this name",
		"$request $time_local":               "no duration",
		"%t %r %D":                           "nothing tells its unit",
		"$msec $uri $duration":               "nothing tells its unit",
		"%t %r %{ms}T %{us}T":                "several durations",
		"$request_time $time_local":          "no request",
		"$request_time $uri":                 "no time",
		"$msec$request_time $uri":            "nothing between them",
		"$msec $ $uri":                       "a $ without a name",
		"${msec $request_time $uri":          "a ${ without a name and a }",
		"%{Referer %t %D %r":                 "a %{ without a }",
		"%t %D %r %":                         "a % without a letter",
		"$" + strings.Repeat("x", MaxFormat): "longer than 4096 bytes",
	} {
		if err := (&Options{Format: format}).Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", format, err, want)
		}
	}
}

// FuzzAccess reads any line in any log format: no panic, and what is read is in range.
func FuzzAccess(f *testing.F) {
	f.Add(NginxFormat, `10.0.0.1 - - [02/Mar/2026:10:00:00 +0000] "GET /users/42?x=1 HTTP/1.1" 200 612 "-" "curl/8" 0.045`)
	f.Add(ApacheFormat, `h - - [02/Mar/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 5 "-" "-" 2500000`)
	f.Add(`$msec $request_time $status "$request"`, `1772445600.500 0.045 200 "GET /a\" HTTP/1.1"`)
	f.Add(`%%%t %m %U%q %>s %{ms}T`, `%[02/Mar/2026:10:00:00 +0000] GET //%zz/é 200 45`)
	f.Fuzz(func(t *testing.T, format, line string) {
		l, err := compile(format)
		if err != nil {
			return
		}
		var rec Record
		p := &accessParser{layout: l}
		if p.parse([]byte(line), &rec) != nil {
			return
		}
		if rec.Duration < 0 || rec.Duration > MaxDuration || rec.Time < 0 || len(rec.Route) == 0 || len(rec.Method) == 0 || time.Unix(0, rec.Time).Year() < 1969 {
			t.Fatalf("%q in %q is %+v", line, format, rec)
		}
	})
}
