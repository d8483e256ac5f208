// SPDX-License-Identifier: Apache-2.0

package web

import (
	"strings"
	"testing"
	"time"
)

func TestParseInstant(t *testing.T) {
	for text, want := range map[string]string{
		"0": "1970-01-01T00:00:00Z", "1772366400": "2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z": "2026-03-01T12:00:00Z",
		"2026-03-01T13:00:00.25+01:00": "2026-03-01T12:00:00.25Z", "253402300799": "9999-12-31T23:59:59Z",
	} {
		if got, err := ParseInstant(text); err != nil || got.Format(time.RFC3339Nano) != want {
			t.Errorf("%q is %v, %v, want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"-1": "before 1970", "1969-12-31T23:59:59Z": "before 1970", "0001-01-01T00:00:00Z": "before 1970", "-9223372036854775808": "before 1970",
		"253402300800": "no time", "9223372036854775807": "no time", "1e9": "no time", "now": "no time", "2026-03-01": "no time", "2026-03-01T13:00:00 01:00": "no time", "": "no time",
	} {
		if got, err := ParseInstant(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %v, %v, want that it is %s", text, got, err, want)
		}
	}
}
