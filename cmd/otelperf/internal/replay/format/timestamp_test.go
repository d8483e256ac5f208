// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"regexp"
	"testing"
	"time"
)

func TestStamps(t *testing.T) {
	tests := []struct{ in, want string }{ // want "" is refused
		{"2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z"},
		{"2026-03-02T10:00:00.1Z", "2026-03-02T10:00:00.1Z"},
		{"2026-03-02T10:00:59.123456789Z", "2026-03-02T10:00:59.123456789Z"},
		{"2026-03-02T10:00:59.1234567899Z", "2026-03-02T10:00:59.123456789Z"},
		{"2026-03-02T10:00:00.5+01:00", "2026-03-02T09:00:00.5Z"},
		{"2026-03-02T10:00:00-05:30", "2026-03-02T15:30:00Z"},
		{"2026-03-02t10:00:00z", "2026-03-02T10:00:00Z"},
		{"2026-03-02 10:00:00Z", "2026-03-02T10:00:00Z"},
		{"2028-02-29T23:59:59Z", "2028-02-29T23:59:59Z"},
		{"2026-02-29T10:00:00Z", ""},
		{"2026-04-31T10:00:00Z", ""},
		{"2026-13-01T10:00:00Z", ""},
		{"2026-00-01T10:00:00Z", ""},
		{"2026-03-00T10:00:00Z", ""},
		{"2026-03-02T24:00:00Z", ""},
		{"2026-03-02T10:60:00Z", ""},
		{"2026-03-02T10:00:60Z", ""},
		{"1969-12-31T23:59:59Z", ""},
		{"1970-01-01T00:30:00+01:00", ""},
		{"2262-01-01T00:00:00Z", ""},
		{"2026-03-02T10:00:00", ""},
		{"2026-03-02T10:00:00.Z", ""},
		{"2026-03-02T10:00:00ZZ", ""},
		{"2026-03-02T10:00:00+1:00", ""},
		{"1772445600", ""},
		{"", ""},
	}
	var s stamps // one for all: what it remembers must not show
	for _, tt := range tests {
		got := ""
		if ns, ok := s.parse([]byte(tt.in)); ok {
			got = time.Unix(0, ns).UTC().Format(time.RFC3339Nano)
		}
		if got != tt.want {
			t.Errorf("%q is %q, want %q", tt.in, got, tt.want)
		}
	}
}

var strictRFC3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:\d\d)$`)

// FuzzStamps compares with time.Parse, which takes a bit more than RFC 3339 allows.
func FuzzStamps(f *testing.F) {
	for _, s := range []string{"2026-03-02T10:00:00.123Z", "2026-03-02t10:00:00,5+01:00", "2026-02-30T10:00:00Z", "2261-12-31 23:59:59.999999999-23:59", "1970-01-01T00:00:00Z"} {
		f.Add([]byte(s))
	}
	var s stamps
	f.Fuzz(func(t *testing.T, b []byte) {
		got, ok := s.parse(b)
		plain := bytes.Clone(b)
		if len(plain) > 11 && (plain[10] == ' ' || plain[10] == 't') {
			plain[10] = 'T'
		}
		if n := len(plain); n > 0 && plain[n-1] == 'z' {
			plain[n-1] = 'Z'
		}
		want, err := time.Parse(time.RFC3339Nano, string(plain))
		switch {
		case ok && err != nil:
			t.Fatalf("%q is accepted, by time.Parse not: %v", b, err)
		case ok && got != want.UnixNano():
			t.Fatalf("%q is %d, want %d", b, got, want.UnixNano())
		case !ok && err == nil && strictRFC3339.Match(plain) && want.Unix() >= 0 && want.Year() >= 1971 && want.Year() <= 2260 && zoneWithin(plain):
			t.Fatalf("%q is refused, but is %v", b, want)
		}
	})
}

// zoneWithin leaves out the offsets of a day and more, and of 60 minutes, that time.Parse takes.
func zoneWithin(b []byte) bool {
	n := len(b)
	if b[n-1] == 'Z' {
		return true
	}
	return string(b[n-5:n-3]) < "24" && string(b[n-2:]) < "60"
}

func TestLocalStamps(t *testing.T) {
	var s localStamps
	for in, want := range map[string]int64{
		"02/Mar/2026:10:00:00 +0000": 1772445600,
		"02/Mar/2026:10:00:00 -0130": 1772445600 + 5400,
	} {
		for range 2 { // the second time from memory
			if ns, ok := s.parse([]byte(in)); !ok || ns != want*1e9 {
				t.Errorf("%q is %d, %t, want %d s", in, ns, ok, want)
			}
		}
	}
	for _, in := range []string{"", "02/Mar/2026:10:00:00", "31/Feb/2026:10:00:00 +0000", "02/Mar/1026:10:00:00 +0000", "02/Mar/9026:10:00:00 +0000"} {
		if ns, ok := s.parse([]byte(in)); ok {
			t.Errorf("%q is taken as %d", in, ns)
		}
	}
}
