// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
)

func get(id, parent int, start, end float64, url string) Span {
	return call(id, parent, "GET", start, end, Call{Category: HTTP, HTTPMethod: "GET", URLFull: url})
}

func repeated(n int, start, length float64) []Span {
	var out []Span
	for i := range n {
		at := start + float64(i)*length
		out = append(out, sqlCall(100+i, 1, at, at+length, fmt.Sprintf("SELECT * FROM users WHERE id = %d", i)))
	}
	return out
}

func TestFindings(t *testing.T) {
	usual := Normal{Breakdown: Breakdown{DB: 12, Own: 30}, Samples: 10}
	failed := get(2, 1, 0, 30, "http://inventory/items")
	failed.Status, failed.ErrType = codes.Error, "503"
	for _, tc := range []struct {
		name     string
		root     Span
		children []Span
		opts     BuildOptions
		want     []string
	}{
		{"N+1", root(601), repeated(87, 20, 4.735), BuildOptions{},
			[]string{"repeated: 87 calls of SELECT users took 412 of 601 ms", "gap: 169 ms after the last child, SELECT users: own code, queueing or GC"}},
		{"many short ones", root(100), append(repeated(20, 1, 0.1), span(2, 1, "a", 0, 1), span(3, 1, "b", 3, 100)), BuildOptions{},
			[]string{"own_time: 97 of 100 ms in b itself: own code, queueing or GC", "repeated: 20 calls of SELECT users took 2.0 of 100 ms"}},
		{"a few short ones are nothing", root(100), append(repeated(19, 1, 0.1), get(2, 1, 3, 24, "http://a/"), get(3, 1, 24, 50, "http://b/"), get(4, 1, 50, 100, "http://c/")), BuildOptions{},
			[]string{"dominant: 50 of 100 ms in GET http://c/"}},
		{"one call", root(640), []Span{get(2, 1, 10, 622, "http://inventory/items")}, BuildOptions{},
			[]string{"dominant: 612 of 640 ms in GET http://inventory/items"}},
		{"the innermost of calls", root(100), []Span{get(2, 1, 0, 98, "http://a/"), sqlCall(3, 2, 2, 97, "SELECT a FROM t"), span(4, 1, "later", 99, 100)}, BuildOptions{},
			[]string{"dominant: 95 of 100 ms in SELECT t"}},
		{"also behind own code", root(100), []Span{get(2, 1, 0, 98, "http://a/"), span(3, 2, "wrapper", 1, 98), sqlCall(4, 3, 2, 97, "SELECT a FROM t"), span(5, 1, "later", 98, 100)}, BuildOptions{},
			[]string{"dominant: 95 of 100 ms in SELECT t"}},
		{"a few calls", root(100), []Span{get(2, 1, 0, 30, "http://a/1"), get(3, 1, 30, 60, "http://a/2"), get(4, 1, 60, 90, "http://a/3")}, BuildOptions{},
			[]string{"dominant: 90 of 100 ms in 3 calls of GET http://a/{id}"}},
		{"late start", root(600), []Span{get(2, 1, 540, 600, "http://a/")}, BuildOptions{},
			[]string{"gap: 540 ms before the first child: own code, queueing or GC"}},
		{"between", root(100), []Span{get(2, 1, 0, 30, "http://a/"), get(3, 1, 70, 100, "http://b/")}, BuildOptions{},
			[]string{"gap: 40 ms between GET http://a/ and GET http://b/: own code, queueing or GC"}},
		{"nothing known", root(600), nil, BuildOptions{},
			[]string{"no_children: no child spans: 600 ms of own code, queueing or GC, or calls that are not instrumented"}},
		{"unusual", root(510), []Span{sqlCall(2, 1, 0, 240, "SELECT a FROM t"), sqlCall(3, 1, 240, 480, "SELECT a FROM u")}, BuildOptions{Normal: usual},
			[]string{"unusual: time in db is 480 ms, usually 12"}},
		{"too little known of the usual", root(510), []Span{sqlCall(2, 1, 0, 240, "SELECT a FROM t"), sqlCall(3, 1, 240, 480, "SELECT a FROM u")},
			BuildOptions{Normal: Normal{Breakdown: usual.Breakdown, Samples: 9}}, nil},
		{"failed", root(100), []Span{failed, get(3, 1, 30, 65, "http://a/"), get(4, 1, 65, 100, "http://b/")}, BuildOptions{},
			[]string{"failed: GET http://inventory/items failed after 30 ms: 503"}},
		{"remarks", root(100), []Span{span(2, 1, "a", 0, 20), span(3, 9, "b", 20, 40), span(4, 1, "c", 40, 60), span(5, 1, "d", 60, 80), span(6, 1, "e", 80, 110)},
			BuildOptions{Dropped: 3}, []string{
				"incomplete: 3 child spans beyond the bounds: it is not known how long they took, and times in the tree may belong to them",
				"late: 1 child span ended after the request had", "incomplete: 1 child span of unknown parent, shown below the root",
			}},
		{"calls left out", root(601), repeated(87, 20, 4.735), BuildOptions{Dropped: 1000, DroppedTime: 150 * time.Millisecond}, []string{
			"repeated: at least 87 calls of SELECT users, of 1087 child spans, took at least 412 of 601 ms",
			"incomplete: 1000 child spans beyond the bounds: they took 150 ms together, and times in the tree may belong to them",
		}},
		{"short calls left out", root(600), []Span{span(2, 1, "a", 0, 400)}, BuildOptions{Dropped: 9, DroppedTime: time.Millisecond}, []string{
			"own_time: at least 399 of 600 ms in a itself: own code, queueing or GC", "gap: at least 199 ms without any child: own code, queueing or GC",
			"incomplete: 9 child spans beyond the bounds: they took 1.0 ms together, and times in the tree may belong to them",
		}},
		{"calls of unknown time left out", root(600), []Span{span(2, 1, "a", 0, 400)}, BuildOptions{Dropped: 9, Normal: usual}, []string{
			"incomplete: 9 child spans beyond the bounds: it is not known how long they took, and times in the tree may belong to them",
		}},
		{"all left out", root(600), nil, BuildOptions{Dropped: 9}, []string{
			"incomplete: 9 child spans beyond the bounds: it is not known how long they took, and times in the tree may belong to them",
		}},
		{"not recorded", root(600), nil, BuildOptions{Unrecorded: 30, UnrecordedBy: "sampler mode roots", Normal: usual}, []string{
			"no_children: 30 child spans not recorded (sampler mode roots): what they took is not known",
		}},
		{"some not recorded", root(600), []Span{span(2, 1, "a", 0, 200)}, BuildOptions{Unrecorded: 1, UnrecordedBy: "sampler mode suspects", Normal: usual}, []string{
			"incomplete: 1 child span not recorded (sampler mode suspects): what they took is not known",
		}},
		{"nothing took any time", root(0), []Span{get(2, 1, 0, 0, "http://a/")}, BuildOptions{}, nil},
		{"names of hostile clients", root(100), []Span{call(2, 1, "a\x1b[2J\n\u202eb", 0, 100, Call{Category: RPC, RPCSystem: "x"})}, BuildOptions{},
			[]string{"dominant: 100 of 100 ms in a [2J  b"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, f := range Build(tc.root, tc.children, tc.opts).Findings {
				got = append(got, f.Kind+": "+f.Text)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(tc.want, "\n     "))
			}
		})
	}
}

func TestFindingsAreBounded(t *testing.T) {
	var children []Span
	for i := range 200 {
		s := span(i+2, 1, fmt.Sprint("name ", i, strings.Repeat("x", 500)), 0, 100)
		s.Status, s.StatusMessage = codes.Error, strings.Repeat("y", 5000)
		children = append(children, s)
	}
	findings := Build(root(100), children, BuildOptions{Dropped: 1, DroppedTime: 1}).Findings
	if len(findings) != maxFindings {
		t.Errorf("%d findings, want %d", len(findings), maxFindings)
	}
	if last := findings[len(findings)-1]; last.Kind != FindingIncomplete {
		t.Errorf("the last finding is %+v, want what is missing, however little it is", last)
	}
	for _, f := range findings {
		if len(f.Text) > maxMessage {
			t.Errorf("a finding of %d bytes", len(f.Text))
		}
	}
}

// TestOwnTimeIsNotThatOfSpansLeftOut: where the time of child spans is not known, there is no figure that may hold it.
func TestOwnTimeIsNotThatOfSpansLeftOut(t *testing.T) {
	child := []Span{sqlCall(2, 1, 0, 100, "SELECT a FROM t")}
	var many []Span
	for i := range 20 {
		many = append(many, sqlCall(2+i, 1, float64(10*i), float64(10*i+10), "SELECT a FROM t"))
	}
	for _, tc := range []struct {
		name     string
		children []Span
		opts     BuildOptions
		own      float64 // -1: there is none
		lost     float64
	}{
		{"all there", child, BuildOptions{}, 500, 0},
		{"beyond the bounds", child, BuildOptions{Dropped: 7, DroppedTime: 450 * time.Millisecond}, 50, 450},
		{"at the same time", child, BuildOptions{Dropped: 7, DroppedTime: time.Hour}, 0, 3.6e6},
		{"of unknown time", child, BuildOptions{Dropped: 7}, -1, 0},
		{"not recorded", child, BuildOptions{Unrecorded: 1}, -1, 0},
		{"beyond MaxSpans", many, BuildOptions{MaxSpans: 5}, 400, 150},
	} {
		a := Build(root(600), tc.children, tc.opts)
		own, ok := a.Breakdown[Own]
		if !ok {
			own = -1
		}
		if own != tc.own || a.DroppedMs != tc.lost || a.Unrecorded != tc.opts.Unrecorded {
			t.Errorf("%s: own is %v, %v ms left out, %d not recorded; want %v and %v", tc.name, own, a.DroppedMs, a.Unrecorded, tc.own, tc.lost)
		}
	}
}
