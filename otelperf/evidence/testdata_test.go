// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"compress/gzip"
	"flag"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

// What is found in a recording of real goroutines depends on how the machine ran them: a busy one is a cause, too. So the programs of
// these tests were recorded once, and their traces are in testdata. -record records them anew.
var record = flag.Bool("record", false, "record the traces of testdata anew; needs -trimpath, and a machine that is not busy")

// stored is the trace of the program at hand, of which good says whether the machine was not busy; nil is not asked. before is what the
// program has done before the recording.
func stored(tb testing.TB, run func(p *program), good func(*causes.Recording) bool, before ...func()) []byte {
	tb.Helper()
	file := filepath.Join("testdata", strings.ReplaceAll(tb.Name(), "/", "_")+".trace.gz")
	if *record {
		store(tb, file, run, good, before)
	}
	f, err := os.Open(file)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	trace, err := io.ReadAll(z)
	if err != nil {
		tb.Fatal(err)
	}
	return trace
}

// store records a program.
func store(tb testing.TB, file string, run func(p *program), good func(*causes.Recording) bool, before []func()) {
	tb.Helper()
	if _, source, _, _ := runtime.Caller(0); filepath.IsAbs(source) {
		tb.Fatal("without -trimpath the paths of this machine are in the traces")
	}
	for range 20 {
		for _, f := range before {
			f()
		}
		trace := raw(tb, run)
		if good != nil && !good(found(tb, trace)) {
			continue
		}
		var b bytes.Buffer
		z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := z.Write(trace); err != nil {
			tb.Fatal(err)
		}
		if err := z.Close(); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			tb.Fatal(err)
		}
		return
	}
	tb.Fatal("the machine is too busy")
}

// recorded finds out what a program waited for.
func recorded(t *testing.T, run func(p *program), before ...func()) *causes.Recording {
	t.Helper()
	return found(t, stored(t, run, func(r *causes.Recording) bool {
		return stateShare(r, causes.NotScheduled)+stateShare(r, causes.Runnable)+stateShare(r, causes.Running) < 0.1
	}, before...))
}
