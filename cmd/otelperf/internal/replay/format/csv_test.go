// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
)

func TestCSV(t *testing.T) {
	got := readAll(t, CSV, strings.Join([]string{
		"timestamp,route,duration_ms,status",
		"2026-03-02T10:00:00.250Z,/a,12.5,200",
		`2026-03-02T10:00:01Z,"/b,""x""",1,503` + "\r",
		"",
		"2026-03-02T10:00:01Z,/c,1,",
		"2026-03-02T10:00:01Z,/c,1",
		"2026-03-02T10:00:01Z,/c,1,200,more,fields",
		"2026-03-02T10:00:01Z,GET /d,1,499",
		"yesterday,/a,1,200",
		"2026-03-02T10:00:01Z,,1,200",
		"2026-03-02T10:00:01Z,/a,-1,200",
		"2026-03-02T10:00:01Z,/a,NaN,200",
		"2026-03-02T10:00:01Z,/a,86400001,200",
		"2026-03-02T10:00:01Z,/a,1,OK",
		"2026-03-02T10:00:01Z,/a",
		`2026-03-02T10:00:01Z,/a"b,1,200`,
		`2026-03-02T10:00:01Z,"/a"b,1,200`,
		`2026-03-02T10:00:01Z,"/a,1,200`,
		"timestamp,route,duration_ms,status",
		"2026-03-02T10:00:02Z,/last,1,404",
	}, "\n"))
	equal(t, "requests", got.requests, []string{
		"2 2026-03-02T10:00:00.25Z /a 12.5ms ok",
		`3 2026-03-02T10:00:01Z /b,"x" 1ms server_error`,
		"5 2026-03-02T10:00:01Z /c 1ms ok",
		"6 2026-03-02T10:00:01Z /c 1ms ok",
		"7 2026-03-02T10:00:01Z /c 1ms ok",
		"8 2026-03-02T10:00:01Z GET /d 1ms canceled",
		"20 2026-03-02T10:00:02Z /last 1ms client_error",
	})
	equal(t, "bad lines", got.bad, []string{
		`9 timestamp is "yesterday", which is no time from 1970 to 2261`,
		`10 route is empty`,
		`11 duration_ms is "-1", which is no duration from 0 to 24 h`,
		`12 duration_ms is "NaN", which is no duration from 0 to 24 h`,
		`13 duration_ms is "86400001", which is no duration from 0 to 24 h`,
		`14 status is "OK", which is not a number of three digits`,
		`15 the line has 2 fields, needed are timestamp,route,duration_ms,status`,
		`16 a quote (") is not where CSV may have one`,
		`17 a quote (") is not where CSV may have one`,
		`18 a quote (") is not where CSV may have one`,
		`19 timestamp is "timestamp", which is no time from 1970 to 2261`,
	})
}

func TestCSVColumns(t *testing.T) {
	const want = "2026-03-02T10:00:00Z /a 1ms ok"
	for _, tt := range []struct{ text, want string }{
		{"2026-03-02T10:00:00Z,/a,1,200", "1 " + want},
		{"host,Route,status, duration_ms,timestamp\nh,/a,200,1,2026-03-02T10:00:00Z", "2 " + want},
		{"\xef\xbb\xbftimestamp,route,duration_ms\n2026-03-02T10:00:00Z,/a,1", "2 " + want},
		{"\n\ntimestamp,route,duration_ms,status\n2026-03-02T10:00:00Z,/a,1,200", "4 " + want},
	} {
		equal(t, tt.text, readAll(t, Auto, tt.text).requests, []string{tt.want})
	}
}

func TestLongLines(t *testing.T) {
	long := strings.Repeat("x", 3*MaxLine)
	got := readAll(t, CSV, "timestamp,route,duration_ms,status\n"+long+"\n2026-03-02T10:00:00Z,/a,1,200\n"+long)
	equal(t, "requests", got.requests, []string{"3 2026-03-02T10:00:00Z /a 1ms ok"})
	equal(t, "bad lines", got.bad, []string{"2 the line is longer than 65536 bytes", "4 the line is longer than 65536 bytes"})
}

// FuzzCSV compares how a line is split with encoding/csv.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"2026-03-02T10:00:00Z,/a,1,200", `a,"b,""c""",d`, `"a"b,c`, `a"b`, `"`, `"",""`, ",,,", ` "a"`, "\xff,\x00"} {
		f.Add([]byte(s))
	}
	var p csvParser
	f.Fuzz(func(t *testing.T, line []byte) {
		var rec Record
		_ = p.parse(line, &rec) // whatever comes out of it, no panic
		if len(line) == 0 || bytes.ContainsAny(line, "\r\n") || bytes.Count(line, []byte(",")) >= maxFields {
			return
		}
		r := csv.NewReader(bytes.NewReader(line))
		want, err := r.Read()
		fields, ours := p.split(line)
		if (err != nil) != (ours != nil) {
			t.Fatalf("%q: %v, encoding/csv: %v", line, ours, err)
		}
		var got []string
		for _, field := range fields {
			got = append(got, string(field))
		}
		if err == nil && !slices.Equal(got, want) {
			t.Fatalf("%q is %q, want %q", line, got, want)
		}
	})
}
