// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// span is a child span; times are milliseconds from epoch.
func span(id, parent int, name string, start, end float64) Span {
	return Span{
		SpanID: spanID(id), Parent: spanID(parent), Name: name, Kind: trace.SpanKindInternal,
		Start: epoch.Add(fromMillis(start)), End: epoch.Add(fromMillis(end)),
	}
}

// call is a span of kind client.
func call(id, parent int, name string, start, end float64, c Call) Span {
	s := span(id, parent, name, start, end)
	s.Kind, s.Call = trace.SpanKindClient, c
	return s
}

func root(end float64) Span {
	s := span(1, 0, "GET /checkout", 0, end)
	s.Kind = trace.SpanKindServer
	return s
}

func sqlCall(id, parent int, start, end float64, statement string) Span {
	return call(id, parent, "query", start, end, Call{Category: DB, DBSystem: "postgresql", DBStatement: statement})
}

// find is the node of that name.
func find(t *testing.T, a *Anatomy, name string) *Node {
	t.Helper()
	var found *Node
	a.Root.walk(func(n *Node) {
		if n.Name == name {
			found = n
		}
	})
	if found == nil {
		t.Fatalf("no node %q", name)
	}
	return found
}

func names(nodes []*Node) string {
	var out []string
	for _, n := range nodes {
		out = append(out, n.Name)
	}
	return strings.Join(out, " ")
}

func TestSelfTimes(t *testing.T) {
	for _, tc := range []struct {
		name     string
		children []Span
		want     map[string]float64
	}{
		{"no children", nil, map[string]float64{"GET /checkout": 100}},
		{"one after the other", []Span{span(2, 1, "a", 10, 30), span(3, 1, "b", 40, 90)},
			map[string]float64{"GET /checkout": 30, "a": 20, "b": 50}},
		{"overlap counts once", []Span{span(2, 1, "a", 10, 50), span(3, 1, "b", 30, 70)},
			map[string]float64{"GET /checkout": 40, "a": 40, "b": 40}},
		{"nested", []Span{span(2, 1, "a", 10, 90), span(3, 2, "b", 20, 80), span(4, 3, "c", 30, 70)},
			map[string]float64{"GET /checkout": 20, "a": 20, "b": 20, "c": 40}},
		{"within one another", []Span{span(2, 1, "a", 0, 100), span(3, 1, "b", 20, 30)},
			map[string]float64{"GET /checkout": 0, "a": 100, "b": 10}},
		{"clamped into the parent", []Span{span(2, 1, "a", 10, 50), span(3, 2, "b", 40, 80)},
			map[string]float64{"GET /checkout": 60, "a": 30, "b": 10}},
		{"beyond both ends of the root", []Span{span(2, 1, "a", -50, 20), span(3, 1, "b", 90, 500)},
			map[string]float64{"GET /checkout": 70, "a": 20, "b": 10}},
		{"all of it late", []Span{span(2, 1, "a", 200, 300)}, map[string]float64{"GET /checkout": 100, "a": 0}},
		{"end before start", []Span{span(2, 1, "a", 50, 20)}, map[string]float64{"GET /checkout": 100, "a": 0}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := Build(root(100), tc.children, BuildOptions{})
			for name, want := range tc.want {
				if got := find(t, a, name).SelfMs; math.Abs(got-want) > 1e-9 {
					t.Errorf("self time of %s: got %g ms, want %g", name, got, want)
				}
			}
		})
	}
}

func TestBuildTakesWhatItGets(t *testing.T) {
	far := span(2, 1, "a", 0, 1)
	far.Start, far.End = time.Time{}, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name                          string
		children                      []Span
		opts                          BuildOptions
		spans, late, orphans, dropped int
		belowRoot                     string
	}{
		{name: "nothing", belowRoot: ""},
		{name: "out of order", children: []Span{span(3, 2, "b", 20, 30), span(2, 1, "a", 10, 40)}, spans: 2, belowRoot: "a"},
		{name: "late", children: []Span{span(2, 1, "a", 50, 101), span(3, 1, "b", 50, 100)}, spans: 2, late: 1, belowRoot: "a b"},
		{name: "unknown parent", children: []Span{span(2, 77, "a", 1, 2)}, spans: 1, orphans: 1, belowRoot: "a"},
		{name: "no parent", children: []Span{span(2, 0, "a", 1, 2)}, spans: 1, orphans: 1, belowRoot: "a"},
		{name: "its own parent", children: []Span{span(2, 2, "a", 1, 2), span(3, 2, "b", 1, 2)}, spans: 2, orphans: 1, belowRoot: "a"},
		{name: "cycle of two", children: []Span{span(2, 3, "a", 1, 2), span(3, 2, "b", 1, 2)}, spans: 2, orphans: 1, belowRoot: "b"},
		{name: "cycle with a tail", children: []Span{span(5, 4, "d", 1, 2), span(2, 3, "a", 1, 2), span(3, 4, "b", 1, 2), span(4, 2, "c", 1, 2)},
			spans: 4, orphans: 1, belowRoot: "b"},
		{name: "ended twice", children: []Span{span(2, 1, "a", 1, 2), span(2, 1, "again", 1, 3)}, spans: 1, dropped: 1, belowRoot: "a"},
		{name: "the root once more", children: []Span{span(1, 0, "root", 0, 100)}, dropped: 1},
		{name: "too deep", children: []Span{span(2, 1, "a", 1, 9), span(3, 2, "b", 1, 9), span(4, 3, "c", 1, 9), span(5, 4, "d", 1, 9)},
			opts: BuildOptions{MaxDepth: 2, Dropped: 5}, spans: 2, dropped: 7, belowRoot: "a"},
		{name: "too many", children: []Span{span(2, 1, "a", 1, 2), span(3, 1, "b", 3, 4), span(4, 1, "c", 5, 6)},
			opts: BuildOptions{MaxSpans: 2}, spans: 2, dropped: 1, belowRoot: "a b"},
		{name: "too many, the parent last", children: []Span{span(2, 9, "a", 1, 2), span(3, 9, "b", 3, 4), span(4, 9, "c", 5, 6), span(9, 1, "p", 0, 7)},
			opts: BuildOptions{MaxSpans: 3}, spans: 3, dropped: 1, belowRoot: "p"},
		{name: "times out of this world", children: []Span{far}, spans: 1, late: 1, belowRoot: "a"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := slices.Clone(tc.children)
			a := Build(root(100), tc.children, tc.opts)
			got := []int{a.Spans, a.Late, a.Orphans, a.Dropped}
			if want := []int{tc.spans, tc.late, tc.orphans, tc.dropped}; !slices.Equal(got, want) {
				t.Errorf("spans, late, orphans, dropped: got %v, want %v", got, want)
			}
			if got := names(a.Root.Children); got != tc.belowRoot {
				t.Errorf("below the root: %q, want %q", got, tc.belowRoot)
			}
			if !reflect.DeepEqual(tc.children, before) {
				t.Error("Build changed its argument")
			}
			if _, err := json.Marshal(a); err != nil {
				t.Errorf("as JSON: %v", err)
			}
		})
	}
}

// unitTree is a request of n time units, each span given by parent and interval, its id by its place plus 2.
type unitSpan struct{ parent, start, end int }

// oracle computes own times unit by unit, from the definition: a unit of a span counts if it lies in all of its
// ancestors, and is its own if no child has it.
func oracle(rootEnd int, spans []unitSpan) []int {
	const lo, hi = -64, 192
	has := make([][hi - lo]bool, len(spans)+1)
	runs := func(start, end, at int) bool { return start <= at && at < end }
	self := make([]int, len(spans)+1)
	for at := lo; at < hi; at++ {
		var in func(i int) bool
		in = func(i int) bool {
			if i < 0 {
				return runs(0, rootEnd, at)
			}
			return runs(spans[i].start, spans[i].end, at) && in(spans[i].parent)
		}
		for i := -1; i < len(spans); i++ {
			has[i+1][at-lo] = in(i)
		}
		for i := -1; i < len(spans); i++ {
			covered := false
			for j, s := range spans {
				covered = covered || s.parent == i && has[j+1][at-lo]
			}
			if has[i+1][at-lo] && !covered {
				self[i+1]++
			}
		}
	}
	return self
}

// FuzzBuild compares own times with the oracle on trees of any shape, and whole requests with what must always hold.
func FuzzBuild(f *testing.F) {
	f.Add([]byte{100, 0, 10, 30, 0, 20, 40, 1, 15, 5})
	f.Add([]byte{1, 0, 0, 0})
	f.Add([]byte{50, 9, 200, 100, 3, 90, 90, 0, 64, 64, 1, 70, 1})
	rnd := rand.New(rand.NewPCG(7, 7))
	for range 200 {
		b := make([]byte, 1+3*rnd.IntN(40))
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		rootEnd := int(data[0] % 128)
		var units []unitSpan
		var children []Span
		for i := 1; i+2 < len(data) && len(units) < 60; i += 3 {
			n := len(units)
			u := unitSpan{parent: int(data[i])%(n+1) - 1, start: int(data[i+1])%192 - 64}
			u.end = u.start + int(data[i+2])%(192-64-u.start)
			units = append(units, u)
			// A name of its own keeps each from being folded.
			children = append(children, span(n+2, u.parent+2, string(rune('A'+n)), float64(u.start), float64(u.end)))
		}
		rnd := rand.New(rand.NewPCG(uint64(len(data)), uint64(data[0])))
		rnd.Shuffle(len(children), func(i, j int) { children[i], children[j] = children[j], children[i] })
		a := Build(root(float64(rootEnd)), children, BuildOptions{})
		want := oracle(rootEnd, units)
		var critical float64
		a.Root.walk(func(n *Node) {
			i := 0
			if n != a.Root {
				i = int([]rune(n.Name)[0]-'A') + 1
			}
			if math.Abs(n.SelfMs-float64(want[i])) > 1e-6 {
				t.Errorf("self time of %d: got %g, want %d\n%d %v", i-1, n.SelfMs, want[i], rootEnd, units)
			}
			if n.SelfMs < 0 || n.BusyMs < n.SelfMs-1e-6 || n.DurationMs < n.BusyMs-1e-6 {
				t.Errorf("self %g, busy %g, duration %g are out of order", n.SelfMs, n.BusyMs, n.DurationMs)
			}
			if n.Critical {
				critical += n.SelfMs
			}
		})
		if critical > float64(rootEnd)+1e-6 {
			t.Errorf("own times on the critical path are %g of %d", critical, rootEnd)
		}
		if a.Spans != len(units) || a.Orphans != 0 || a.Dropped != 0 {
			t.Errorf("%d spans, %d orphans, %d dropped, of %d", a.Spans, a.Orphans, a.Dropped, len(units))
		}
		if a.Breakdown[Own] != a.Root.DurationMs {
			t.Errorf("own time %g, without any call it is %g", a.Breakdown[Own], a.Root.DurationMs)
		}
	})
}

// FuzzBuildAnyIDs throws any parent ids at Build, cycles and repetitions among them.
func FuzzBuildAnyIDs(f *testing.F) {
	f.Add([]byte{2, 3, 3, 2, 4, 4, 5, 1, 5, 5})
	f.Fuzz(func(t *testing.T, data []byte) {
		var children []Span
		for i := 0; i+1 < len(data); i += 2 {
			children = append(children, span(int(data[i]), int(data[i+1]), string(data[i:i+2]), float64(i), float64(i+3)))
		}
		a := Build(root(50), children, BuildOptions{MaxDepth: 9})
		nodes, spans := 0, 0
		a.Root.walk(func(n *Node) { nodes++; spans += n.Count })
		if spans != a.Spans+1 || nodes != spans-a.Folded || a.Spans+a.Dropped != len(children) {
			t.Errorf("%d nodes of %d spans for %+v, given %d", nodes, spans, a, len(children))
		}
	})
}

// In trees without parallel children, own times add up to the duration of the root.
func TestSelfTimesOfSequentialTreesAddUp(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var children []Span
		id := 1
		var grow func(parent int, start, end float64)
		grow = func(parent int, start, end float64) {
			for at := start; end-at > 1 && len(children) < 100; {
				from := at + rnd.Float64()*(end-at)/2
				to := from + rnd.Float64()*(end-from)
				id++
				me := id
				children = append(children, span(me, parent, string(rune('a'+id)), from, to))
				grow(me, from, to)
				at = to
			}
		}
		grow(1, 0, 1000)
		a := Build(root(1000), children, BuildOptions{MaxDepth: 200})
		var sum float64
		a.Root.walk(func(n *Node) { sum += n.SelfMs })
		if math.Abs(sum-1000) > 1e-3 {
			t.Fatalf("own times of %d spans add up to %g ms of 1000", len(children)+1, sum)
		}
	}
}

func TestCriticalPath(t *testing.T) {
	for _, tc := range []struct {
		name     string
		children []Span
		want     string
	}{
		{"one after the other", []Span{span(2, 1, "a", 0, 40), span(3, 1, "b", 50, 90)}, "a b"},
		{"the longer of two", []Span{span(2, 1, "a", 0, 40), span(3, 1, "b", 0, 90)}, "b"},
		{"before the last one began", []Span{span(2, 1, "a", 0, 40), span(3, 1, "b", 0, 30), span(4, 1, "c", 40, 90)}, "a c"},
		{"inside the marked one", []Span{span(2, 1, "a", 0, 90), span(3, 2, "b", 0, 40), span(4, 2, "c", 0, 50)}, "a c"},
		{"not inside others", []Span{span(2, 1, "a", 0, 90), span(3, 1, "b", 0, 40), span(4, 3, "c", 0, 40)}, "a"},
		{"late ones were not waited for", []Span{span(2, 1, "a", 0, 200), span(3, 1, "b", 10, 50)}, "b"},
		{"ends in the wrong order", []Span{span(2, 1, "a", 0, 100.2)}, "a"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := Build(root(100), tc.children, BuildOptions{})
			var got []string
			a.Root.walk(func(n *Node) {
				if n.Critical && n != a.Root {
					got = append(got, n.Name)
				}
			})
			slices.Sort(got)
			if strings.Join(got, " ") != tc.want || !a.Root.Critical {
				t.Errorf("critical: %v, want %s", got, tc.want)
			}
		})
	}
}

func TestRepeatedCallsFold(t *testing.T) {
	var children []Span
	for i := range 87 {
		at := float64(10 + i*5)
		children = append(children, sqlCall(10+2*i, 1, at, at+4+float64(i%3)/4, "SELECT * FROM users WHERE id = "+strings.Repeat("9", 1+i%5)))
		children = append(children, span(11+2*i, 10+2*i, "scan rows", at+1, at+2))
	}
	for _, raw := range []bool{false, true} {
		a := Build(root(601), children, BuildOptions{QueryText: raw})
		if len(a.Root.Children) != 1 || a.Folded != 2*86 || a.Spans != 2*87 {
			t.Fatalf("QueryText %t: %d nodes, %d of %d spans folded", raw, len(a.Root.Children), a.Folded, a.Spans)
		}
		n := a.Root.Children[0]
		if n.Detail != "SELECT users" || n.Count != 87 || n.LongestMs != 4.5 || math.Abs(n.TotalMs-(87*4+29*0.75)) > 1e-9 || n.BusyMs != n.TotalMs {
			t.Errorf("folded node: %+v", n)
		}
		if n.OffsetMs != 10 || math.Abs(n.DurationMs-(86*5+4.5)) > 1 || math.Abs(n.SelfMs-(n.TotalMs-87)) > 1e-9 {
			t.Errorf("offset %g, duration %g, self %g", n.OffsetMs, n.DurationMs, n.SelfMs)
		}
		if len(n.Children) != 1 || n.Children[0].Count != 87 {
			t.Errorf("the children of folded calls did not fold: %s", names(n.Children))
		}
		want := "SELECT * FROM users WHERE id = ?"
		if raw {
			want = "SELECT * FROM users WHERE id = 9"
		}
		if got := n.Attributes["db.query.text"]; got != want {
			t.Errorf("statement %q, want %q", got, want)
		}
	}
}

func TestFoldKeepsApart(t *testing.T) {
	failed := sqlCall(4, 1, 30, 40, "SELECT 1 FROM users")
	failed.Status = codes.Error
	a := Build(root(100), []Span{
		sqlCall(2, 1, 0, 10, "SELECT 2 FROM users"), sqlCall(3, 1, 10, 20, "SELECT 3 FROM orders"), failed,
		span(5, 1, "query", 50, 60), sqlCall(6, 5, 50, 55, "SELECT 2 FROM users"),
	}, BuildOptions{})
	if len(a.Root.Children) != 4 || a.Folded != 0 {
		t.Errorf("got %d nodes, %d folded; another table, a failure, another kind and another parent are not equal", len(a.Root.Children), a.Folded)
	}
}

func TestParallelCallsBusyTime(t *testing.T) {
	a := Build(root(100), []Span{
		sqlCall(2, 1, 10, 60, "SELECT a FROM users"), sqlCall(3, 1, 20, 70, "SELECT a FROM users"), sqlCall(4, 1, 90, 130, "SELECT a FROM users"),
	}, BuildOptions{})
	n := a.Root.Children[0]
	if n.BusyMs != 70 || n.TotalMs != 140 || n.DurationMs != 120 || !n.Late {
		t.Errorf("busy %g, total %g, duration %g, late %t; want 70, 140, 120, true", n.BusyMs, n.TotalMs, n.DurationMs, n.Late)
	}
	if a.Root.SelfMs != 30 || a.Breakdown[DB] != 70 || a.Breakdown[Own] != 30 {
		t.Errorf("self %g, breakdown %v", a.Root.SelfMs, a.Breakdown)
	}
}

func TestBreakdown(t *testing.T) {
	children := []Span{
		sqlCall(2, 1, 0, 40, "SELECT a FROM users"),
		call(3, 1, "GET", 20, 60, Call{Category: HTTP, HTTPMethod: "GET"}),
		call(4, 1, "get", 70, 75, Call{Category: Cache, DBSystem: "redis"}),
		call(5, 1, "publish", 80, 85, Call{Category: Messaging, MessagingSystem: "kafka"}),
		call(6, 1, "rpc", 90, 190, Call{Category: RPC, RPCSystem: "grpc"}),
		span(7, 1, "own", 0, 100),
	}
	want := Breakdown{Own: 20, DB: 40, HTTP: 40, Cache: 5, Messaging: 5, RPC: 10}
	if got := Build(root(100), children, BuildOptions{}).Breakdown; !reflect.DeepEqual(got, want) {
		t.Errorf("Build: got %v, want %v", got, want)
	}
	if got := BreakdownOf(root(100), children); !reflect.DeepEqual(got, want) {
		t.Errorf("BreakdownOf: got %v, want %v", got, want)
	}
}

func TestUsual(t *testing.T) {
	var u Usual
	if got := u.Normal(); got.Samples != 0 || len(got.Breakdown) != 0 {
		t.Errorf("nothing observed: %+v", got)
	}
	for i := range 10 {
		u.Observe(Breakdown{DB: float64(8 + i%2*8)})
	}
	if got := u.Normal(); math.Abs(got.Breakdown[DB]-12) > 1e-9 || got.Samples != 10 {
		t.Errorf("mean of 8 and 16: %+v", got)
	}
	for range 1000 {
		u.Observe(Breakdown{HTTP: 5})
	}
	if got := u.Normal(); got.Breakdown[DB] > 0.01 || math.Abs(got.Breakdown[HTTP]-5) > 0.01 {
		t.Errorf("the past is not forgotten: %+v", got)
	}
	u.Reset()
	if got := u.Normal(); got.Samples != 0 {
		t.Errorf("after Reset: %+v", got)
	}
}

func benchmarkChildren(n int) []Span {
	children := make([]Span, n)
	for i := range children {
		at := float64(i * 3)
		children[i] = sqlCall(i+2, 1, at, at+2, "SELECT id, name, email FROM users WHERE id = 17 AND tenant IN (1, 2, 3)")
	}
	return children
}

func BenchmarkBuild(b *testing.B) {
	for _, bc := range []struct {
		name string
		n    int
	}{{"children=0", 0}, {"children=5", 5}, {"children=200", 200}} {
		b.Run(bc.name, func(b *testing.B) {
			children := benchmarkChildren(bc.n)
			b.ReportAllocs()
			for b.Loop() {
				Build(root(601), children, BuildOptions{})
			}
		})
	}
}

func BenchmarkBreakdownOf(b *testing.B) {
	children := benchmarkChildren(5)
	b.ReportAllocs()
	for b.Loop() {
		BreakdownOf(root(601), children)
	}
}

// What comes with calls is one node whatever it is, and no finding for its number; what failed of it stands alone, with its name.
func TestUpkeepFolds(t *testing.T) {
	upkeep := Call{Category: DB, DBSystem: "sqlite", Upkeep: true}
	spans := []Span{call(90, 1, "sql.rows", 90, 95, upkeep)}
	for i := range 25 {
		at := float64(3 * i)
		spans = append(spans, sqlCall(3*i+2, 1, at, at+1, "SELECT name FROM authors WHERE id = 1"),
			call(3*i+3, 1, "sql.rows", at+1, at+2, upkeep), call(3*i+4, 1, "sql.conn.reset_session", at+2, at+3, upkeep))
	}
	spans[0].SpanID, spans[0].Status = spanID(500), codes.Error
	a := Build(root(100), spans, BuildOptions{})
	if n := find(t, a, upkeepName); n.Count != 50 || n.Category != DB || n.System != "sqlite" {
		t.Errorf("%d spans of %s %s folded, want 50 of db sqlite", n.Count, n.Category, n.System)
	}
	if n := find(t, a, "sql.rows"); n.Count != 1 || n.Status != "error" {
		t.Errorf("the failed one is %+v", n)
	}
	repeated := 0
	for _, f := range a.Findings {
		if f.Kind == FindingRepeated {
			repeated++
			if !strings.Contains(f.Text, "SELECT authors") {
				t.Errorf("a finding about what comes with calls: %s", f.Text)
			}
		}
	}
	if repeated != 1 || a.Breakdown[DB] != 80 {
		t.Errorf("%d findings of repeated calls, %v ms in the database, want 1 and 80", repeated, a.Breakdown[DB])
	}
}
