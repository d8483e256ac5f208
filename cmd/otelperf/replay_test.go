// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestReplayScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/replay",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     exits,
			"recording": recording,
			"split":     split,
			"truncate":  truncate,
		},
	})
}

// recordedLines write one request in each format: completed at t after taking d.
var recordedLines = map[string]func(w io.Writer, t time.Time, d time.Duration, status int){
	"csv": func(w io.Writer, t time.Time, d time.Duration, status int) {
		_, _ = fmt.Fprintf(w, "%s,GET /users/{id},%.3f,%d\n", t.Format("2006-01-02T15:04:05.000Z07:00"), d.Seconds()*1e3, status)
	},
	"nginx": func(w io.Writer, t time.Time, d time.Duration, status int) {
		_, _ = fmt.Fprintf(w, "10.0.0.1 - - [%s] \"GET /users/%d?q=1 HTTP/1.1\" %d 612 \"-\" \"curl/8\" %.3f\n", t.Format("02/Jan/2006:15:04:05 -0700"), t.Unix(), status, d.Seconds())
	},
	"apache": func(w io.Writer, t time.Time, d time.Duration, status int) {
		_, _ = fmt.Fprintf(w, "10.0.0.1 - - [%s] \"GET /users/%d HTTP/1.1\" %d 612 \"-\" \"curl/8\" %d\n", t.Add(-d).Format("02/Jan/2006:15:04:05 -0700"), t.Unix(), status, d.Microseconds())
	},
	"otlp": func(w io.Writer, t time.Time, d time.Duration, status int) {
		_, _ = fmt.Fprintf(w, `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[`+
			`{"name":"GET /users/{id}","kind":2,"startTimeUnixNano":"%d","endTimeUnixNano":"%d","attributes":[`+
			`{"key":"http.request.method","value":{"stringValue":"GET"}},{"key":"http.route","value":{"stringValue":"/users/{id}"}},`+
			`{"key":"http.response.status_code","value":{"intValue":"%d"}}]}]}]}]}`+"\n", t.Add(-d).UnixNano(), t.UnixNano(), status)
	},
}

// recording FORMAT FILE writes ten minutes of ten requests a second, which are ten times slower from 5:00 to 6:00. A file whose
// name ends in .gz is compressed.
func recording(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || recordedLines[args[0]] == nil {
		ts.Fatalf("usage: recording csv|nginx|apache|otlp FILE")
	}
	f, err := os.Create(ts.MkAbs(args[1]))
	ts.Check(err)
	defer func() { ts.Check(f.Close()) }()
	var to io.Writer = f
	if strings.HasSuffix(args[1], ".gz") {
		z := gzip.NewWriter(f)
		defer func() { ts.Check(z.Close()) }()
		to = z
	}
	w := bufio.NewWriter(to)
	defer func() { ts.Check(w.Flush()) }()
	if args[0] == "csv" {
		_, _ = fmt.Fprintln(w, "timestamp,route,duration_ms,status")
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for at := time.Duration(0); at < 10*time.Minute; at += 100 * time.Millisecond {
		d := time.Duration(20+rnd.IntN(40)) * time.Millisecond
		if at >= 5*time.Minute && at < 6*time.Minute {
			d *= 10
		}
		status := 200
		if rnd.IntN(50) == 0 {
			status = 503
		}
		recordedLines[args[0]](w, start.Add(at), d, status)
	}
}

// truncate FILE BYTES cuts a file.
func truncate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: truncate FILE BYTES")
	}
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}

// split FILE LINES FIRST SECOND writes the first lines of a file to one and the others to another.
func split(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: split FILE LINES FIRST SECOND")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	lines := strings.SplitAfter(ts.ReadFile(args[0]), "\n")
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.Join(lines[:n], "")), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), []byte(strings.Join(lines[n:], "")), 0o600))
}
