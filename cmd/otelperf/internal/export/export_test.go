// SPDX-License-Identifier: Apache-2.0

package export

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/outfile"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/bolt"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// stored is a history of three hours from a time on, with an incident, two requests and a mark in its first minute.
func stored(t *testing.T, from time.Time) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(filepath.Join(t.TempDir(), "shop.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	shop := historytest.NewShop(5, 20)
	for i := range 180 {
		b := shop.Minute(from.Add(time.Duration(i) * time.Minute))
		if i == 0 {
			spike := otelperf.Spike{ID: "s-1", Matter: "latency", Severity: "critical", State: "ended", Start: from, At: from, End: new(from.Add(time.Hour)),
				Reason: "p99 is 800 ms", Cause: "=cmd|' /C calc'!A0", CostSlow: 7, Endpoints: []otelperf.SpikeEndpoint{{Method: "GET", Route: "/a", Kind: "http", Start: from,
					BaselineP99Ms: 20, WorstP99Ms: 800}}}
			detail, err := json.Marshal(spike)
			if err != nil {
				t.Fatal(err)
			}
			b.Incidents = []history.Incident{{ID: "s-1", Start: from, End: *spike.End, Detail: detail}}
			b.Marks = []history.Mark{{ID: "m-1", Time: from, Kind: "version", Text: "@1.2", By: "ci"}}
			for n := range 2 {
				b.Requests = append(b.Requests, &slowlog.Entry{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{byte(n + 1)}, Method: "GET", Route: "/a", Kind: "http", Path: "/a\r\n\"x\"",
					Status: 503, Outcome: slowlog.OutcomeServerError, Start: from.Add(time.Duration(n) * time.Second), Duration: 800 * time.Millisecond, Reason: slowlog.ReasonFailed,
					Dimensions: map[string]string{"tenant.id": "+1"}, Anatomy: &slowlog.Anatomy{}})
			}
		}
		historytest.Put(t, s, b)
	}
	return s
}

// run exports and returns what was written.
func run(t *testing.T, c Config) ([]byte, Result) {
	t.Helper()
	var out bytes.Buffer
	c.Output, c.Stdout = "-", &out
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if int(r.Bytes) != out.Len() {
		t.Errorf("%d bytes are said, %d are there", r.Bytes, out.Len())
	}
	return out.Bytes(), r
}

func readParquet[R any](t *testing.T, data []byte) []R {
	t.Helper()
	rows, err := parquet.Read[R](bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// Histograms of the table add up to the quantiles of the whole time, and each row says what it says of itself.
func TestEndpoints(t *testing.T) {
	from := historytest.Start.Truncate(time.Hour)
	s := stored(t, from)
	for _, step := range []time.Duration{history.Minute, history.TenMinutes, history.Hour} {
		c := Config{Source: s, What: "endpoints", Format: Parquet, From: from, To: from.Add(3 * time.Hour), Step: step}
		data, r := run(t, c)
		rows := readParquet[endpointRow](t, data)
		want, err := history.Sum(t.Context(), s, history.Query{From: c.From, To: c.To, Step: history.Hour})
		if err != nil || len(rows) != r.Rows || r.Rows == 0 || r.Rows > len(want)*int(3*time.Hour/step) {
			t.Fatalf("%v: %d rows, %+v, %v", step, len(rows), r, err)
		}
		for _, w := range want {
			var h latency.Histogram
			var requests, failed int64
			for i := range rows {
				row := &rows[i]
				if row.Route != w.Endpoint.Route {
					continue
				}
				if row.StepSeconds != step.Seconds() || row.Time.Before(c.From) || row.P99Ms == nil || *row.P50Ms > *row.P99Ms || *row.MaxMs < *row.P99Ms || *row.QuantileError > .011 {
					t.Fatalf("%v: %+v", step, *row)
				}
				requests += row.Requests
				failed += row.ServerError
				for n, count := range row.Counts {
					h.MergeBucket((int(*row.Offset)+n)<<(latency.Scale-*row.Scale)-latency.FirstIndex, uint64(count))
				}
			}
			p99, _ := h.Quantile(.99)
			if w99, _ := w.Durations.Quantile(.99); math.Abs(float64(p99-w99)) > .03*float64(w99) || requests != int64(w.Outcomes.Total()) || failed != int64(w.Outcomes[slowlog.OutcomeServerError]) || h.Count() != w.Durations.Count() {
				t.Errorf("%v: %s has %d requests, %d failed, p99 %v; want %d, %d, %v", step, w.Endpoint, requests, failed, p99, w.Outcomes.Total(), w.Outcomes[slowlog.OutcomeServerError], w99)
			}
		}
	}
}

// The tables of events have what was stored.
func TestEvents(t *testing.T) {
	from := historytest.Start.Truncate(time.Hour)
	c := Config{Source: stored(t, from), Format: Parquet, From: from, To: from.Add(3 * time.Hour), Step: history.Minute}
	get := func(what string) []byte {
		c.What = what
		data, _ := run(t, c)
		return data
	}
	if in := readParquet[incidentRow](t, get("incidents")); len(in) != 1 || in[0].ID != "s-1" || in[0].CostSlow != 7 || in[0].Route != "/a" || !in[0].End.Equal(from.Add(time.Hour)) ||
		*in[0].WorstP99Ms != 800 || !json.Valid([]byte(in[0].Detail)) {
		t.Errorf("incidents %+v", in)
	}
	if rs := readParquet[requestRow](t, get("requests")); len(rs) != 2 || rs[0].DurationMs != 800 || *rs[0].Status != 503 || rs[0].Outcome != "server_error" || rs[0].SpanID != "0100000000000000" ||
		rs[0].Dimensions != `{"tenant.id":"+1"}` || !strings.HasPrefix(rs[0].Anatomy, "{") || !rs[1].Start.Equal(from.Add(time.Second)) {
		t.Errorf("requests %+v", rs)
	}
	if sig := readParquet[signalRow](t, get("signals")); len(sig) != 180 || sig[0].Name != "cpu" || sig[0].Max != 1 || sig[0].Mean <= 0 || sig[0].StepSeconds != 60 {
		t.Errorf("%d signals", len(sig))
	}
	if m := readParquet[markRow](t, get("marks")); len(m) != 1 || m[0] != (markRow{Time: from, ID: "m-1", Kind: "version", Text: "@1.2", By: "ci"}) {
		t.Errorf("marks %+v", m)
	}
	c.From = c.From.Add(time.Minute)
	if in := readParquet[incidentRow](t, get("incidents")); len(in) != 0 {
		t.Errorf("an incident that began before the time: %+v", in)
	}
}

// CSV has the rows and columns of Parquet, with the same values, and nothing that a spreadsheet takes for a formula.
func TestCSV(t *testing.T) {
	from := historytest.Start.Truncate(time.Hour)
	c := Config{Source: stored(t, from), From: from, To: from.Add(3 * time.Hour), Step: history.TenMinutes}
	for _, c.What = range Names {
		c.Format = CSV
		text, _ := run(t, c)
		if !bytes.HasPrefix(text, []byte("\"")) || bytes.Count(text, []byte("\n")) != bytes.Count(text, []byte("\r\n")) {
			t.Errorf("%s: %.60q", c.What, text)
		}
		all, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		c.Format = Parquet
		data, r := run(t, c)
		f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, field := range f.Schema().Fields() {
			names = append(names, field.Name())
		}
		if !reflect.DeepEqual(all[0], names) || len(all)-1 != r.Rows || r.Rows == 0 {
			t.Errorf("%s: CSV has %d rows of %q, Parquet %d of %q", c.What, len(all)-1, all[0], r.Rows, names)
		}
		for _, row := range all[1:] {
			for i, cell := range row {
				_, notNumber := strconv.ParseFloat(cell, 64)
				if cell != "" && strings.ContainsAny(cell[:1], "=+-@") && notNumber != nil {
					t.Errorf("%s: %s is %q", c.What, names[i], cell)
				}
			}
		}
	}
	for _, c := range [][2]string{
		{"=1+1", `"'=1+1"`}, {" \t@x", "\"' \u2409@x\""}, {"a\"b", `"a""b"`}, {"\uff1dx", "\"'\uff1dx\""}, {"a\rb\r\nc", "\"a\nb\r\nc\""},
		{"\x1b[31m\u202e", "\"\u241b[31m\ufffd\""}, {"-", `"'-"`}, {"\xff", "\"\ufffd\""}, {"", `""`},
	} {
		if got := quoted(c[0]); got != c[1] {
			t.Errorf("%q is written as %q, want %q", c[0], got, c[1])
		}
	}
}

// A service gives what its store has, whatever steps it is stored in by now.
func TestService(t *testing.T) {
	from := time.Now().Truncate(time.Hour).Add(-30 * time.Hour).UTC()
	s := stored(t, from)
	more := historytest.NewShop(2, 5) // a job and a dependency are in what is said, too
	more.Endpoints[0], more.Endpoints[1] = conventions.Endpoint{Kind: conventions.KindJob, Method: "job", Route: "sweep"}, conventions.Endpoint{Kind: conventions.KindDependency, Method: "db", Route: "SELECT items"}
	historytest.Put(t, s, more.Minute(from.Add(3*time.Hour)))
	mon, err := otelperf.New(otelperf.WithHistory(s), otelperf.WithBearerToken("token-of-a-test-123"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mon.Shutdown(context.Background()) }()
	web := httptest.NewServer(http.StripPrefix("/debug/otelperf", mon.Handler()))
	defer web.Close()
	asked, err := client.New(web.URL, client.Options{Timeout: time.Minute, Token: "token-of-a-test-123"})
	if err != nil {
		t.Fatal(err)
	}
	defer asked.Close()
	c := Config{Format: CSV, From: from, To: from.Add(2 * time.Hour)}
	same := func(what string, step time.Duration) {
		t.Helper()
		c.What, c.Step, c.Source = what, step, s
		want, _ := run(t, c)
		c.Source = Service{asked}
		if got, r := run(t, c); r.Rows == 0 || sorted(got) != sorted(want) {
			t.Errorf("%s by %v: a service gives\n%.900s\nits file\n%.900s", what, step, got, want)
		}
	}
	same("endpoints", history.Hour)
	same("endpoints", history.TenMinutes)
	if _, err := asked.Mark(t.Context(), client.MarkRequest{Text: "build 77"}); err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string]int{"incidents": 1, "requests": 2, "marks": 2} {
		if c.What = what; what == "marks" {
			c.To = time.Now().Add(time.Minute)
		}
		if _, r := run(t, c); r.Rows != want {
			t.Errorf("%d %s, want %d", r.Rows, what, want)
		}
	}
	c.What = "signals"
	c.Output, c.Stdout = "-", &bytes.Buffer{}
	if _, err := Run(t.Context(), c); !errors.Is(err, ErrNotGiven) {
		t.Errorf("signals: %v", err)
	}
	in, err := Ask(t.Context(), Service{asked}, time.Now())
	if err != nil || in.Requests == 0 || in.Endpoints != 7 || len(in.Gaps) != 1 || !in.Gaps[0].From.Equal(from.Add(181*time.Minute)) || in.Incidents != 1 || in.Slow != 2 || !in.From.Equal(from) || in.Marks != 2 {
		t.Errorf("info %+v, %v", in, err)
	}
}

// Of the gaps that a service names those are said that are between what there is, of a second or more, to the second: not the time before and
// after all of it.
func TestGaps(t *testing.T) {
	at := func(d time.Duration) time.Time { return historytest.Start.Truncate(time.Hour).Add(d) }
	in := Info{From: new(at(0)), To: new(at(5 * time.Hour))}
	ends := []Gap{{at(-364 * day), at(0)}, {at(5 * time.Hour), at(6 * time.Hour)}}
	want := []Gap{{at(time.Hour + 57*time.Second), at(2*time.Hour + 3*time.Second)}, {at(3 * time.Hour), at(3*time.Hour + 46*time.Second)}}
	given := append(append(ends, want...), Gap{at(4 * time.Hour), at(4*time.Hour + 999*time.Millisecond)})
	if in.setGaps(given, 4); !reflect.DeepEqual(in.Gaps, want) || in.MoreGaps != 4 {
		t.Errorf("%v and %d more, want %v and 4", in.Gaps, in.MoreGaps, want)
	}
	in = Info{}
	if in.setGaps(ends[:1], 0); in.Gaps == nil || len(in.Gaps) > 0 {
		t.Errorf("of nothing: %v", in.Gaps)
	}
}

// A restart shorter than a minute is a gap of a file and of the service that has it, of the same length.
func TestShortGaps(t *testing.T) {
	s, err := bolt.Open(filepath.Join(t.TempDir(), "shop.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	shop, from := historytest.NewShop(2, 5), time.Now().UTC().Truncate(time.Minute).Add(-2*time.Hour)
	for m := range 10 {
		b := shop.Minute(from.Add(time.Duration(m) * time.Minute))
		if down := map[int]time.Duration{4: 46 * time.Second, 7: time.Second / 2}[m]; down > 0 { // of which the second is too short to be said
			b.Observed = []history.Observed{{Spans: []history.Span{{From: b.Time, To: b.Time.Add(5 * time.Second)}, {From: b.Time.Add(5*time.Second + down), To: b.Time.Add(time.Minute)}}}}
		}
		historytest.Put(t, s, b)
	}
	want := Gap{from.Add(4*time.Minute + 5*time.Second), from.Add(4*time.Minute + 51*time.Second)}
	of, err := Inspect(t.Context(), s, time.Now())
	if err != nil || of.Of != OfStore || !reflect.DeepEqual(of.Gaps, []Gap{want}) {
		t.Errorf("of the file the gaps are %v, %v, want %v", of.Gaps, err, want)
	}
	in, err := Ask(t.Context(), serviceOf(t, s), time.Now())
	if err != nil || in.Of != OfBoth || len(in.LeftOut) > 0 || len(in.Gaps) != 2 || in.Gaps[0] != want || in.Gaps[1].From != from.Add(10*time.Minute) || in.To.After(time.Now()) {
		t.Errorf("of the service it is %+v, %v, want the gap %v, and that before it began", in, err, want)
	}
}

// unreadable is a store of which nothing can be read.
type unreadable struct{ *bolt.Store }

func (unreadable) Range(context.Context, history.Query) iter.Seq2[*history.Batch, error] {
	return func(yield func(*history.Batch, error) bool) { yield(nil, errors.New("the disk is gone")) }
}

// What is said of a service whose store cannot be read is of its memory, and says so, and why.
func TestServiceThatCannotRead(t *testing.T) {
	in, err := Ask(t.Context(), serviceOf(t, unreadable{stored(t, time.Now().UTC().Truncate(time.Hour).Add(-30*time.Hour))}), time.Now())
	if err != nil || in.Of != OfMemory || in.To == nil || in.To.After(time.Now()) || !strings.Contains(strings.Join(in.LeftOut, " "), "the disk is gone") {
		t.Errorf("%+v, %v", in, err)
	}
}

// serviceOf is a service with a store.
func serviceOf(t *testing.T, s history.Store) Service {
	t.Helper()
	mon, err := otelperf.New(otelperf.WithHistory(s), otelperf.WithBearerToken("token-of-a-test-123"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mon.Shutdown(context.Background()) })
	web := httptest.NewServer(http.StripPrefix("/debug/otelperf", mon.Handler()))
	t.Cleanup(web.Close)
	asked, err := client.New(web.URL, client.Options{Timeout: time.Minute, Token: "token-of-a-test-123"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(asked.Close)
	return Service{asked}
}

// sorted is lines without an order, and without sums, which a service rounds.
func sorted(text []byte) string {
	counts := map[string]int{}
	for line := range strings.Lines(string(text)) {
		counts[sum.ReplaceAllString(line, "$1,")]++
	}
	return fmt.Sprint(counts)
}

// sum is the seventh number behind the route and the outcomes.
var sum = regexp.MustCompile(`^((?:[^,]*,){19})[^,]*,`)

// What is damaged is left out and said; what fails otherwise, or is cancelled, leaves no file.
func TestFile(t *testing.T) {
	from := historytest.Start.Truncate(time.Hour)
	s := stored(t, from)
	dir := t.TempDir()
	path := filepath.Join(dir, "out.csv")
	c := Config{Source: s, What: "endpoints", Format: CSV, From: from, To: from.Add(time.Hour), Step: history.Minute, Output: path}
	first, err := Run(t.Context(), c)
	if err != nil || first.Rows == 0 {
		t.Fatal(first, err)
	}
	was, _ := os.ReadFile(path)
	if _, err := Run(t.Context(), c); !errors.Is(err, outfile.ErrRefused) {
		t.Errorf("a file is replaced: %v", err)
	}
	c.Force, c.To = true, from.Add(2*time.Hour)
	if again, err := Run(t.Context(), c); err != nil || again.Rows <= first.Rows {
		t.Errorf("%+v, %v", again, err)
	}
	if now, _ := os.ReadFile(path); bytes.Equal(now, was) {
		t.Error("the file is as it was")
	}
	was, _ = os.ReadFile(path)
	c.Source = broken{s, fmt.Errorf("an hour is %w", history.ErrDamaged)}
	if r, err := Run(t.Context(), c); err != nil || len(r.LeftOut) != 1 || r.Rows == 0 {
		t.Errorf("a damaged hour: %+v, %v", r, err)
	}
	_ = os.WriteFile(path, was, 0o600)
	gone := errors.New("gone")
	c.Source = broken{s, gone}
	if _, err := Run(t.Context(), c); !errors.Is(err, gone) {
		t.Errorf("a store that is gone: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	c.Source = s
	if _, err := Run(ended, c); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if now, _ := os.ReadFile(path); !bytes.Equal(now, was) {
		t.Error("the file is not as it was")
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%v is left behind", left)
	}
}

// What is read, another history and what is no regular file are never replaced, and errors have the name that was given.
func TestOutput(t *testing.T) {
	from := historytest.Start.Truncate(time.Hour)
	s := stored(t, from)
	file := filepath.Join(t.TempDir(), "other.db")
	other, err := bolt.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("input.db", "a history of another sort")
	write("sqlite.db", "SQLite format 3\x00...")
	write("text.csv", "replace me")
	for to, names := range map[string][2]string{"link.csv": {at("input.db")}, "hard.csv": {at("input.db"), "hard"}, "other.csv": {file}} {
		link := os.Symlink
		if names[1] != "" {
			link = os.Link
		}
		if err := link(names[0], at(to)); err != nil {
			t.Skipf("no links here: %v", err)
		}
	}
	was := map[string][]byte{}
	for _, name := range []string{"input.db", "sqlite.db", "other.csv"} {
		was[name], _ = os.ReadFile(at(name))
	}
	entries, _ := os.ReadDir(dir)
	c := Config{Source: s, What: "marks", Format: CSV, From: from, To: from.Add(time.Hour), Input: at("input.db"), Force: true}
	for name, want := range map[string]string{
		"input.db": "is the history that is read", "link.csv": "is the history that is read", "hard.csv": "is the history that is read",
		"sqlite.db": "is a history or another database", "other.csv": "is a history or another database", ".": "is a directory",
	} {
		c.Output = at(name)
		if _, err := Run(t.Context(), c); !errors.Is(err, outfile.ErrRefused) || !strings.HasPrefix(err.Error(), "-o "+c.Output+" "+want) {
			t.Errorf("%s: %v, want that it %s", name, err, want)
		}
	}
	c.Output = ""
	if _, err := Run(t.Context(), c); !errors.Is(err, outfile.ErrRefused) {
		t.Errorf("no name: %v", err)
	}
	c.Output = at("none/x.csv")
	if _, err := Run(t.Context(), c); !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "-o "+c.Output+": ") || strings.Contains(err.Error(), ".x.csv") {
		t.Errorf("no directory: %v", err)
	}
	for name, text := range was {
		if now, _ := os.ReadFile(at(name)); !bytes.Equal(now, text) || len(text) == 0 {
			t.Errorf("%s is not as it was", name)
		}
	}
	if now, _ := os.ReadDir(dir); len(now) != len(entries) {
		t.Errorf("%v is there, want %v", now, entries)
	}
	c.Output = at("text.csv")
	if _, err := Run(t.Context(), c); err != nil {
		t.Errorf("a file that may be replaced: %v", err)
	}
}

// broken is a source with an error in the middle.
type broken struct {
	Source
	err error
}

func (b broken) Range(ctx context.Context, q history.Query) iter.Seq2[*history.Batch, error] {
	return func(yield func(*history.Batch, error) bool) {
		n := 0
		for batch, err := range b.Source.Range(ctx, q) {
			if n++; n == 3 {
				batch, err = nil, b.err
			}
			if !yield(batch, err) {
				return
			}
		}
	}
}

// What is stored is said with its gaps.
func TestInspect(t *testing.T) {
	from := historytest.Start.Truncate(time.Hour)
	s := stored(t, from)
	shop := historytest.NewShop(5, 20)
	for i := range 10 {
		historytest.Put(t, s, shop.Minute(from.Add(9*time.Hour+time.Duration(i)*time.Minute)))
	}
	in, err := Inspect(t.Context(), s, from.Add(24*time.Hour))
	end := from.Add(9*time.Hour + 10*time.Minute)
	if err != nil || in.Endpoints != 5 || in.Incidents != 1 || in.Slow != 2 || in.Marks != 1 || !in.From.Equal(from) || !in.To.Equal(end) || !in.Minutes.Equal(from) ||
		in.Requests == 0 || !reflect.DeepEqual(in.Gaps, []Gap{{from.Add(3 * time.Hour), from.Add(9 * time.Hour)}}) || !reflect.DeepEqual(in.Versions, []Version{{from, "@1.2"}}) {
		t.Errorf("%+v, %v", in, err)
	}
	rows := shop.Minute(from.Add(12 * time.Hour)) // without signals, which is there, too
	rows.Signals = nil
	historytest.Put(t, s, rows)
	in, err = Inspect(t.Context(), s, from.Add(24*time.Hour))
	if err != nil || !in.To.Equal(rows.Time.Add(time.Minute)) || len(in.Gaps) != 2 || in.Gaps[1] != (Gap{end, rows.Time}) {
		t.Errorf("with rows alone: %+v, %v", in, err)
	}
	empty, err := bolt.Open(filepath.Join(t.TempDir(), "empty.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = empty.Close() }()
	if in, err := Inspect(t.Context(), empty, time.Now()); err != nil || in.From != nil || in.Gaps == nil {
		t.Errorf("of nothing: %+v, %v", in, err)
	}
}

// Programs of others read what is written, where there is one: pyarrow or DuckDB.
func TestOthersRead(t *testing.T) {
	from := historytest.Start.Truncate(time.Hour)
	path := filepath.Join(t.TempDir(), "out.parquet")
	r, err := Run(t.Context(), Config{Source: stored(t, from), What: "endpoints", Format: Parquet, From: from, To: from.Add(3 * time.Hour), Step: history.Minute, Output: path})
	if err != nil {
		t.Fatal(err)
	}
	read := false
	for module, program := range map[string]string{
		"pyarrow": "import pyarrow.parquet, sys; t = pyarrow.parquet.read_table(sys.argv[1]); print(t.num_rows, sum(map(sum, t['histogram_counts'].to_pylist())), t['time'][0].as_py().isoformat())",
		"duckdb":  "import duckdb, sys; print(*duckdb.sql(f\"set timezone='UTC'; select count(*), sum(list_sum(histogram_counts)), min(time) from '{sys.argv[1]}'\").fetchone())",
	} {
		if exec.CommandContext(t.Context(), "python3", "-c", "import "+module).Run() != nil {
			continue
		}
		read = true
		out, err := exec.CommandContext(t.Context(), "python3", "-c", program, path).CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), fmt.Sprint(r.Rows, " ")) || !strings.Contains(string(out), from.Format("2006-01-02")) {
			t.Errorf("%s reads %s, %v; want %d rows", module, out, err, r.Rows)
		}
	}
	if !read {
		t.Skip("there is neither pyarrow nor DuckDB for python3")
	}
}
