// SPDX-License-Identifier: Apache-2.0

package causes

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

func TestSentences(t *testing.T) {
	cart, report := Place{"shop.cart", "cart.go", 88}, Place{"shop.report", "report.go", 40}
	whole := Place{Func: "shop.render", File: "cart.go"}
	for _, tt := range []struct {
		cause Cause
		want  string
	}{
		{Cause{Reason: Reason{Lock, cart, "GET /report", Sleep, report}, Share: 0.96}, "96 % waiting for the lock at cart.go:88, held by GET /report (report.go:40), which was sleeping"},
		{Cause{Reason: Reason{Lock, cart, "GET /report", Running, whole}, Share: 0.96}, "96 % waiting for the lock at cart.go:88, held by GET /report, which was running shop.render (cart.go)"},
		{Cause{Reason: Reason{Lock, cart, "GET /cart", Lock, cart}, Share: 0.5}, "50 % waiting for the lock at cart.go:88, held by GET /cart"},
		{Cause{Reason: Reason{Lock, cart, Nobody, Unknown, Place{}}, Share: 0.5}, "50 % waiting for the lock at cart.go:88, by whom it was held is unknown"},
		{Cause{Reason: Reason{DBConnection, cart, Several, "", Place{}}, Share: 0.999}, "100 % waiting for a connection of the database pool at cart.go:88, held by several others"},
		{Cause{Reason: Reason{DBConnection, cart, "GET /report" + AndOthers, "", Place{}}, Share: 1.2}, "100 % waiting for a connection of the database pool at cart.go:88, held by GET /report and others"},
		{Cause{Reason: Reason{DBConnection, Place{}, Several, "", Place{}}, Share: 0.4}, "40 % waiting for a connection of the database pool, held by several others"},
		{Cause{Reason: Reason{HTTPReply, cart, Itself, NetworkRead, cart}, Share: 0.7, Times: 30.2}, "70 % waiting for the reply to an HTTP call at cart.go:88, 30 times a request"},
		{Cause{Reason: Reason{HTTPReply, cart, Itself, NetworkRead, report}, Share: 0.7}, "70 % waiting for the reply to an HTTP call at cart.go:88: it was waiting for data from the network at report.go:40"},
		{Cause{Reason: Reason{WaitGroup, cart, Itself, Sleep, report}, Share: 0.7}, "70 % waiting for goroutines at cart.go:88: it was sleeping at report.go:40"},
		{Cause{Reason: Reason{Sleep, cart, Itself, Sleep, cart}, Share: 0.7, Times: 1}, "70 % sleeping at cart.go:88"},
		{Cause{Reason: Reason{Running, whole, Itself, Running, whole}, Share: 0.7}, "70 % running shop.render (cart.go)"},
		{Cause{Reason: Reason{Runnable, Place{}, "goroutine main.rebuild", Runnable, Place{}}, Share: 0.7}, "70 % waiting for a CPU, the CPUs were used by goroutine main.rebuild"},
		{Cause{Reason: Reason{GC, Place{}, "", GC, Place{}}, Share: 0.7}, "70 % held up by garbage collection"},
		{Cause{Reason: Reason{NotScheduled, Place{}, "", NotScheduled, Place{}}, Share: 0.7}, "70 % not run by the machine: a CPU quota, or other programs"},
		{Cause{Reason: Reason{State: "new"}, Share: 0.7}, "70 % unknown"},
	} {
		if got := tt.cause.Sentence(); got != tt.want {
			t.Errorf("%+v\ngot  %s\nwant %s", tt.cause, got, tt.want)
		}
	}
}

// TestEveryStateHasWords, but for those that are no cause.
func TestEveryStateHasWords(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "state.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	states := 0
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		if typ, ok := v.Type.(*ast.Ident); !ok || typ.Name != "State" {
			return true
		}
		s, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		states++
		_, has := wordsOf[State(s)]
		if has != State(s).Known() || strings.ToLower(s) != s {
			t.Errorf("%q has words: %v", s, has)
		}
		return true
	})
	if states != len(wordsOf)+2 {
		t.Errorf("%d states, %d have words", states, len(wordsOf))
	}
}
