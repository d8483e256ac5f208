// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A trace is recorded traffic as one tick per second. The files of testdata/traces hold, after gzip, for every
// route: its name, the number of ticks with requests, and of each tick the seconds since the one before (the first:
// since 1970), the number of buckets, and of each bucket the distance of its index to the one before, the count
// doubled, plus one if the number of failed requests follows. All are varints.
type trace struct {
	route string
	ticks map[int64][]Bucket
}

func readTraces(tb testing.TB, path string) (traces []trace, end int64) {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		tb.Fatal(err)
	}
	in := bytes.NewReader(raw)
	next := func() uint64 {
		v, err := binary.ReadUvarint(in)
		if err != nil {
			tb.Fatalf("%s: %v", path, err)
		}
		return v
	}
	for in.Len() > 0 {
		name := make([]byte, next())
		if _, err := io.ReadFull(in, name); err != nil {
			tb.Fatalf("%s: %v", path, err)
		}
		tr := trace{route: string(name), ticks: map[int64][]Bucket{}}
		at := int64(0)
		for range next() {
			at += int64(next())
			index := int64(0)
			for range next() {
				step, err := binary.ReadVarint(in)
				if err != nil {
					tb.Fatalf("%s: %v", path, err)
				}
				index += step
				count := next()
				b := Bucket{Index: int32(index), Count: uint32(count >> 1)}
				if count&1 == 1 {
					b.Failed = uint32(next())
				}
				tr.ticks[at] = append(tr.ticks[at], b)
			}
		}
		end = max(end, at)
		traces = append(traces, tr)
	}
	return traces, end
}

// play feeds a trace second by second and returns the events.
func (tr trace) play(d *Detector, end int64) (events []Event) {
	for at := slices.Min(slices.Collect(maps.Keys(tr.ticks))); at <= end; at++ {
		if ev := d.Tick(time.Unix(at, 0), tr.ticks[at]); ev.Kind != None {
			events = append(events, ev)
		}
	}
	return events
}

// allTraces returns the trace files by name.
func allTraces(tb testing.TB) map[string]string {
	tb.Helper()
	files, err := filepath.Glob("testdata/traces/*.ticks.gz")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no traces: %v", err)
	}
	byName := map[string]string{}
	for _, f := range files {
		byName[strings.TrimSuffix(filepath.Base(f), ".ticks.gz")] = f
	}
	return byName
}

// referenceTuning holds the constants of the experiments from which the method came.
func referenceTuning() *tuning {
	t := standard
	t.levels[at99].farGuard, t.levels[at99].lowest = 2.5, 0.004
	t.levels[atTail] = levelTuning{
		name: Tail, q: 0.99, far: 2, odds: []float64{4}, floor: 0.003, guard: 2, farGuard: 2, recoveryFloor: 0.00075,
	}
	t.slow = 1.66
	t.recovered = 5
	t.recoverySpan, t.recoveryStep, t.recoveryShare, t.recoveryOdds = 0, t.recovered/30, 0, 30
	t.mostFold, t.wait = 0, 0
	t.rareDays, t.certain, t.levelError, t.rareSlots, t.formerly = 0, 0, 0, 0, 0
	t.minutes, t.stalls, t.dispersed, t.gradualMinutes = math.Inf(1), math.Inf(1), 1, 0
	t.remember, t.mustGrow = false, false
	return &t
}

// TestReferenceDecisions replays recorded traffic with the reference constants and compares every decision, to the
// second, with those of an independent implementation of the method.
func TestReferenceDecisions(t *testing.T) {
	raw, err := os.ReadFile("testdata/decisions.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{}
	for line := range strings.Lines(string(raw)) {
		if !strings.HasPrefix(line, "#") {
			trace, decision, _ := strings.Cut(strings.TrimSpace(line), " ")
			want[trace] = append(want[trace], decision)
		}
	}
	for name, file := range allTraces(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			traces, end := readTraces(t, file)
			var got []string
			for _, tr := range traces {
				d := newDetector(t, Config{Floor: 1})
				d.tune = referenceTuning()
				for _, ev := range tr.play(d, end) {
					got = append(got, fmt.Sprintf("%s %s %d", tr.route, ev.Kind, ev.At.Unix()))
				}
			}
			if !slices.Equal(got, want[name]) {
				t.Errorf("decisions\n got  %s\n want %s", strings.Join(got, "\n      "), strings.Join(want[name], "\n      "))
			}
		})
	}
}

func newDetector(tb testing.TB, c Config) *Detector {
	tb.Helper()
	d, err := New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}
