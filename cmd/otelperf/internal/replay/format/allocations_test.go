// SPDX-License-Identifier: Apache-2.0

//go:build !race

package format

import (
	"testing"
)

func TestParsingAllocatesNothing(t *testing.T) {
	csv, access := &csvParser{}, &accessParser{layout: mustCompile(NginxFormat)}
	for _, tt := range []struct {
		parser lineParser
		line   string
	}{
		{csv, "2026-03-02T10:00:00.250Z,/a,12.5,200"},
		{csv, `2026-03-02T10:00:00.250Z,"/a,b",12.5,200`},
		{access, `10.0.0.1 - - [02/Mar/2026:10:00:00 +0000] "GET /users/42 HTTP/1.1" 200 612 "-" "curl/8" 0.045`},
	} {
		var rec Record
		line := []byte(tt.line)
		var err error
		if n := testing.AllocsPerRun(100, func() { err = tt.parser.parse(line, &rec) }); n != 0 || err != nil {
			t.Errorf("%s: %v allocations, %v", tt.line, n, err)
		}
	}
}
