// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"log/slog"
	"regexp"
	"strings"
	"testing"
)

func TestLogger(t *testing.T) {
	var out strings.Builder
	l := newLogger(&out)
	l.Info("GET /a - 200 - 1.00ms", slog.String("http.request.method", "GET"), slog.String("trace_id", "1f"))
	errors := newErrorLog(l)
	errors.Printf("http: panic serving 127.0.0.1:1: oh\ngoroutine 1 [running]:\nmain.main()")
	errors.Printf("http: panic serving 127.0.0.1:2: within the same second")
	want := regexp.MustCompile(`\Atime=\d\d:\d\d:\d\d\.\d{3} level=INFO msg="GET /a - 200 - 1.00ms" trace_id=1f
time=\d\d:\d\d:\d\d\.\d{3} level=ERROR msg="http: panic serving 127.0.0.1:1: oh"
\z`)
	if !want.MatchString(out.String()) {
		t.Errorf("log is\n%s\nwant it to match\n%s", out.String(), want)
	}
}
