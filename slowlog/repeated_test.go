// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"fmt"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/trace"
)

// callsOf are n calls that follow each other, the i-th as make has it.
func callsOf(n int, make func(i int) Call) (out []Span) {
	for i := range n {
		at := float64(10 * i)
		out = append(out, call(i+2, 1, "query", at, at+5, make(i)))
	}
	return out
}

func TestRepeatedCalls(t *testing.T) {
	author := func(i int) Call {
		return Call{Category: DB, DBSystem: "postgresql", Dependency: "postgresql SELECT authors", DBStatement: fmt.Sprintf("SELECT * FROM authors WHERE id = %d", i)}
	}
	get := func(url, template string) func(int) Call {
		return func(i int) Call {
			return Call{Category: HTTP, HTTPMethod: "GET", Dependency: "GET stock", ServerAddress: "stock", URLFull: fmt.Sprintf(url, lamp(i)), URLTemplate: fmt.Sprintf(template, lamp(i))}
		}
	}
	named := func(all []Span, name string) []Span {
		for i := range all {
			all[i].Name = name
		}
		return all
	}
	below := func(all []Span, parent Span) []Span {
		for i := range all {
			all[i].Parent = parent.SpanID
		}
		return append(all, parent)
	}
	later := callsOf(24, author)[12:] // ids of their own
	for name, tc := range map[string]struct {
		children []Span
		want     []Repeated
	}{
		"other literals":       {callsOf(25, author), []Repeated{{"postgresql SELECT authors", 25, false}}},
		"few":                  {callsOf(9, author), nil},
		"no child":             {nil, nil},
		"no row of their own":  {callsOf(25, func(int) Call { return Call{Category: DB, DBSystem: "postgresql", DBStatement: "SELECT 1"} }), nil},
		"beyond what is heard": {callsOf(300, author), []Repeated{{"postgresql SELECT authors", 256, false}}},
		"other columns": {callsOf(18, func(i int) Call {
			c := author(i)
			c.DBStatement = fmt.Sprintf("SELECT * FROM authors WHERE %s = 1", []string{"id", "name"}[i%2])
			return c
		}), nil},
		"each with its rows": {append(named(callsOf(12, author), "sql.conn.query"), named(later, "sql.rows")...), []Repeated{{"postgresql SELECT authors", 12, false}}},
		"paths with words":   {callsOf(12, get("http://stock/items/%s?x=1", "%.0s")), []Repeated{{"GET stock", 12, false}}},
		"one template":       {callsOf(12, get("http://stock/items/%s", "/items/{item}%.0s")), []Repeated{{"GET stock", 12, false}}},
		"many templates":     {callsOf(12, get("http://stock/%s", "/%s")), nil},
		"a batch":            {below(callsOf(12, author), call(90, 1, "batch start", 0, 200, Call{Category: DB, DBSystem: "postgresql", Dependency: "postgresql batch"})), nil},
		"below own code":     {below(callsOf(12, author), span(90, 1, "load authors", 0, 200)), []Repeated{{"postgresql SELECT authors", 12, false}}},
		"messages": {callsOf(12, func(int) Call {
			return Call{Category: Messaging, MessagingSystem: "kafka", Dependency: "kafka orders"}
		}), nil},
		"connections": {callsOf(12, func(int) Call {
			return Call{Category: DB, DBSystem: "postgresql", Dependency: "postgresql pool.acquire"}
		}), nil},
		"of any producer": {kinds(callsOf(12, func(int) Call { return Call{Dependency: "orders"} }), trace.SpanKindProducer), nil},
		"two dependencies": {append(callsOf(12, author), callsOf(30, func(int) Call { return Call{Category: Cache, DBSystem: "redis", Dependency: "redis GET"} })...),
			[]Repeated{{"postgresql SELECT authors", 12, false}, {"redis GET", 30, false}}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := RepeatedCalls(tc.children, 10); !slices.Equal(got, tc.want) {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

// lamp has no digit, which would make it an id.
func lamp(i int) string { return string(rune('a'+i)) + "-lamp" }

func kinds(all []Span, kind trace.SpanKind) []Span {
	for i := range all {
		all[i].Kind = kind
	}
	return all
}

func TestRepeatedCallsAtTheSameTime(t *testing.T) {
	for together, want := range map[int]bool{1: false, 2: true, 12: true} {
		var all []Span
		for i := range 12 {
			at := float64(10 * (i / together))
			all = append(all, call(i+2, 1, "query", at, at+9, Call{Category: RPC, RPCSystem: "grpc", Dependency: "grpc shop.Cart/Get"}))
		}
		if got := RepeatedCalls(all, 10); len(got) != 1 || got[0].Parallel != want {
			t.Errorf("of calls of which %d run at the same time: got %+v, want parallel %v", together, got, want)
		}
	}
}

// TestRepeatedCallsOfAnyShape: parents that go round in a circle, ids that are there twice, times that run back.
func TestRepeatedCallsOfAnyShape(t *testing.T) {
	all := callsOf(40, func(int) Call { return Call{Category: Own, Dependency: "client x"} })
	for i := range all {
		all[i].Parent = all[(i+1)%len(all)].SpanID
		all[i].SpanID = all[i/2].SpanID
		all[i].Start, all[i].End = all[i].End, all[i].Start
	}
	if got := RepeatedCalls(all, 10); len(got) != 1 || got[0].Count != 40 {
		t.Errorf("got %+v, want 40 calls", got)
	}
}
