// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
)

// config is the configuration that the defaults of the flags give, with JSON and no output.
func config(tb testing.TB, files ...string) Config {
	tb.Helper()
	flags := DefaultFlags()
	flags.JSON = true
	c, err := flags.Config(files)
	if err != nil {
		tb.Fatal(err)
	}
	c.Stdin, c.Stdout, c.Stderr = &empty{}, io.Discard, io.Discard
	return c
}

type empty struct{}

func (*empty) Read([]byte) (int, error) { return 0, io.EOF }

// events replays a stream and returns its lines of JSON, decoded.
func events(t *testing.T, from io.Reader) (out []event) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c := config(t, "-")
	c.Stdin, c.Stdout, c.Stderr = from, &stdout, &stderr
	if err := Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if got := stderr.String(); got != "stdin: format csv, durations in ms\n" {
		t.Errorf("on standard error: %s", got)
	}
	for line := range bytes.Lines(stdout.Bytes()) {
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		out = append(out, e)
	}
	return out
}

// incident is an hour of four endpoints, one of which is five times slower for five minutes.
func incident() *traffic {
	return &traffic{lines: 20 * 3600, rate: 20, endpoints: 4, slowFrom: 40 * time.Minute, slowTo: 45 * time.Minute, times: 5}
}

// TestSameAsDetectors: the engine says what a detector for each endpoint says, fed with the standard library's parsers.
func TestSameAsDetectors(t *testing.T) {
	var got []string
	for _, e := range events(t, incident()) {
		got = append(got, e.Time+" "+e.Route+" "+e.Type)
	}
	want := bare(t, incident())
	if !slices.Equal(got, want) || len(got) != 2 {
		t.Errorf("events\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// bare feeds detectors second by second.
func bare(t *testing.T, from io.Reader) (events []string) {
	t.Helper()
	type endpoint struct {
		*baseline.Detector
		baseline.Tally
	}
	endpoints := map[string]*endpoint{}
	now := monday
	tick := func() {
		now = now.Add(time.Second)
		for _, name := range slices.Sorted(maps.Keys(endpoints)) {
			e := endpoints[name]
			ev := e.Tick(now, e.Buckets())
			e.Tally.Reset()
			if ev.Kind != baseline.None {
				events = append(events, ev.At.Format(timeLayout)+" "+name+" spike_"+ev.Kind.String())
			}
		}
	}
	lines := csv.NewReader(from)
	for {
		f, err := lines.Read()
		if err == io.EOF {
			tick()
			return events
		}
		at, err1 := time.Parse(time.RFC3339, f[0])
		ms, err2 := strconv.ParseFloat(f[2], 64)
		if err := errors.Join(err, err1, err2); err != nil {
			t.Fatal(err)
		}
		for !at.Before(now.Add(time.Second)) {
			tick()
		}
		e := endpoints[f[1]]
		if e == nil {
			d, err := baseline.New(baseline.Config{})
			if err != nil {
				t.Fatal(err)
			}
			e = &endpoint{Detector: d}
			endpoints[f[1]] = e
		}
		e.Add(time.Duration(ms*1e6+0.5), f[3] == "500")
	}
}

// TestOutOfOrder: lines that are shuffled within the horizon give the same events.
func TestOutOfOrder(t *testing.T) {
	raw, err := io.ReadAll(incident())
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.Collect(bytes.Lines(raw))
	const block = 8 * 20 // eight seconds
	rnd := rand.New(rand.NewPCG(3, 4))
	for part := range slices.Chunk(lines, block) {
		rnd.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
	}
	got, want := events(t, bytes.NewReader(bytes.Join(lines, nil))), events(t, bytes.NewReader(raw))
	if len(want) != 2 || !slices.EqualFunc(got, want, func(a, b event) bool { return a.Time == b.Time && a.Route == b.Route && a.Reason == b.Reason }) {
		t.Errorf("shuffled: %+v, in order: %+v", got, want)
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout bytes.Buffer
	c := config(t, "-")
	c.JSON, c.Stdin, c.Stdout = false, incident(), &stdout
	if err := Run(ctx, c); err != nil || stdout.Len() > 0 {
		t.Errorf("before it began: %v, %q", err, stdout.String())
	}
	ctx, cancel = context.WithCancel(t.Context())
	c.Stdin = io.MultiReader(io.LimitReader(incident(), 1<<20), call(cancel), incident())
	if err := Run(ctx, c); err != nil || !strings.Contains(stdout.String(), "endpoints, ") {
		t.Errorf("while it runs: %v, %q", err, stdout.String())
	}
}

// call is a reader that does something and is at its end.
type call func()

func (c call) Read([]byte) (int, error) { c(); return 0, io.EOF }
