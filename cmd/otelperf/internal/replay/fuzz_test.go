// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/replay/format"
	"github.com/otelperf/otelperf-go/otelperf/engine"
)

// FuzzRun replays any text as CSV: no panic, and every line is a request that the engine has, or was left out and counted.
func FuzzRun(f *testing.F) {
	f.Add("timestamp,route,duration_ms,status\n2026-03-02T10:00:00Z,/a,1,200\n2026-03-02T09:00:00Z,/a,1,200\n")
	f.Add("2261-12-31T23:59:59Z,/a,1,200\n1970-01-01T00:00:00Z,/b,86400000,500\n2026-03-02T10:00:00Z,/a,NaN,200\nx")
	f.Add("2026-03-02T10:00:00Z,/a,1,200\n2026-03-02T12:00:00Z,/a,1,101\n2026-03-02T13:30:00Z,/a,1,499\n2026-03-02T10:00:01Z,(other),1,\n")
	f.Fuzz(func(t *testing.T, text string) {
		c := config(t)
		reader, err := format.Open(strings.NewReader(text), format.Options{Format: format.CSV})
		if errors.Is(err, format.ErrEmpty) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		src := &source{in: &input{name: "fuzz"}, reader: reader, problems: problems{file: "fuzz", to: io.Discard}}
		c.JSON = false
		r, err := newRun(t.Context(), &c, []*source{src}, bufio.NewWriter(io.Discard))
		if err != nil {
			t.Fatal(err)
		}
		_ = r.read() // it is an error if all lines are bad
		lines := uint64(0)
		for line := range strings.Lines(strings.TrimPrefix(text, "\xef\xbb\xbf")) {
			if strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r") != "" {
				lines++
			}
		}
		got := r.timeline.counts.accepted
		if n := r.timeline.engine.Snapshot(engine.All).Requests; n != got {
			t.Fatalf("%d requests were accepted, the engine has %d", got, n)
		}
		if got+src.problems.n > lines || got+src.problems.n+1 < lines { // one may be a header
			t.Fatalf("%d requests and %d left out, of %d lines", got, src.problems.n, lines)
		}
		if got == 0 {
			return
		}
		if err := r.output.finish(r); err != nil {
			t.Fatal(err)
		}
	})
}
