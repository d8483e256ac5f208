// SPDX-License-Identifier: Apache-2.0

package generations_test

import (
	"bytes"
	"errors"
	"io"
	"runtime/trace"
	"strings"
	"testing"

	xtrace "golang.org/x/exp/trace"

	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/generations"
)

// recorded returns a trace of several generations. Each beginning and end of another trace begins one.
func recorded(t *testing.T) []byte {
	t.Helper()
	f := trace.NewFlightRecorder(trace.FlightRecorderConfig{MaxBytes: 1 << 30})
	if err := f.Start(); err != nil {
		t.Fatal(err)
	}
	defer f.Stop()
	for range 4 {
		if err := trace.Start(io.Discard); err != nil {
			t.Skip("a trace is being taken of this test")
		}
		trace.Stop()
	}
	var b bytes.Buffer
	if _, err := f.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// events counts the events of a trace, and finds when its last one was.
func events(t *testing.T, b []byte) (n int, last xtrace.Time) {
	t.Helper()
	r, err := xtrace.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for {
		ev, err := r.ReadEvent()
		if errors.Is(err, io.EOF) {
			return n, last
		}
		if err != nil {
			t.Fatal(err)
		}
		n, last = n+1, ev.Time()
	}
}

func TestTheNewestAreKept(t *testing.T) {
	whole := recorded(t)
	all, end := events(t, whole)
	seen := map[int]bool{}
	for limit := len(whole); limit > 0; limit -= len(whole)/50 + 1 {
		b, dropped, err := generations.Last(whole, limit)
		if err != nil {
			t.Fatal(err)
		}
		n, last := events(t, b)
		if last != end {
			t.Errorf("limit %d: it ends at %d, the whole one at %d", limit, last, end)
		}
		if dropped == 0 != (n == all) || dropped > 0 && n >= all {
			t.Errorf("limit %d: %d of %d events after %d generations were dropped", limit, n, all, dropped)
		}
		seen[dropped] = true
		if len(b) > limit && len(seen) == 1 {
			t.Errorf("limit %d: it has %d bytes, and could be shorter", limit, len(b))
		}
	}
	if len(seen) < 4 {
		t.Errorf("only %d lengths were seen", len(seen))
	}
}

func TestFormats(t *testing.T) {
	for header, want := range map[string]int{"go 1.25 trace\x00\x00\x00": 25, "go 1.126 trace\x00\x00": 0, "go 1.22 trace\x00\x00\x00": 0, "GET / HTTP/1.1\r\n": 0, "go 1.26": 0, "": 0} {
		got, err := generations.Version([]byte(header))
		if got != want && want != 0 || (err == nil) != (want != 0) {
			t.Errorf("%q: version %d, error %v; want %d", header, got, err, want)
		}
		if err != nil && !errors.Is(err, generations.ErrFormat) {
			t.Errorf("%q: %v does not wrap ErrFormat", header, err)
		}
	}
}

func TestBrokenBatches(t *testing.T) {
	const header = "go 1.26 trace\x00\x00\x00"
	for body, want := range map[string]string{
		"\x07":                         "a batch of type 7 at byte 16",
		"\x01\x01\x01":                 "the batch at byte 16 has no whole header",
		"\x31":                         "no whole header",
		"\x01\x01\x01\x01\xff\xff\x7f": "is 2097151 bytes long",
		"\x34\x34":                     "there is nothing in it",
		"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff": "no whole header",
	} {
		_, _, err := generations.Last([]byte(header+body), 1)
		if err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, generations.ErrFormat) {
			t.Errorf("%q: %v, want %q", body, err, want)
		}
	}
}

func FuzzLast(f *testing.F) {
	f.Add([]byte("go 1.26 trace\x00\x00\x00\x01\x01\x01\x01\x02ab\x34\x01\x02\x01\x01\x02cd\x34"), 20)
	f.Fuzz(func(t *testing.T, b []byte, limit int) {
		last, dropped, err := generations.Last(b, limit)
		if err == nil && (len(last) > len(b) || dropped > 0 && len(last) >= len(b) || !bytes.HasSuffix(b, last[16:])) {
			t.Errorf("%d bytes, %d dropped of %d", len(last), dropped, len(b))
		}
	})
}
