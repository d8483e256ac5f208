// SPDX-License-Identifier: Apache-2.0

package site

import (
	"fmt"
	"slices"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

// of returns what a stack of these functions says, the innermost first; their lines are 1, 2, ...
func of(t *Table, functions ...string) *Site {
	var frames []Frame
	for i, f := range functions {
		frames = append(frames, Frame{f, "/src/f.go", i + 1})
	}
	return t.At(t.Of(slices.Values(frames)))
}

func TestStates(t *testing.T) {
	table := NewTable(nil)
	for _, tt := range []struct {
		want  causes.State
		stack []string
	}{
		{causes.Lock, []string{"runtime.gopark", "sync.runtime_SemacquireMutex", "internal/sync.(*Mutex).lockSlow", "sync.(*Mutex).Lock", "main.cart"}},
		{causes.RWLock, []string{"sync.runtime_SemacquireMutex", "internal/sync.(*Mutex).lockSlow", "sync.(*Mutex).Lock", "sync.(*RWMutex).Lock", "main.cart"}},
		{causes.Once, []string{"sync.(*Mutex).Lock", "sync.(*Once).doSlow", "sync.(*Once).Do", "main.cart"}},
		{causes.DBConnection, []string{"runtime.selectgo", "database/sql.(*DB).conn", "database/sql.(*DB).query", "database/sql.(*DB).QueryContext", "main.cart"}},
		{causes.DBConnection, []string{"runtime.selectgo", "database/sql.(*DB).conn", "database/sql.(*Stmt).connStmt", "database/sql.(*Stmt).QueryContext", "main.cart"}},
		{causes.DBReply, []string{"internal/poll.(*FD).Read", "net.(*conn).Read", "github.com/lib/pq.(*conn).recv", "database/sql.(*DB).queryDC", "main.cart"}},
		{causes.HTTPReply, []string{"runtime.selectgo", "net/http.(*persistConn).roundTrip", "net/http.(*Transport).RoundTrip", "net/http.(*Client).Do", "main.cart"}},
		{causes.HTTPConnection, []string{"runtime.selectgo", "net/http.(*Transport).getConn", "net/http.(*Transport).roundTrip", "main.cart"}},
		{causes.Semaphore, []string{"runtime.selectgo", "golang.org/x/sync/semaphore.(*Weighted).Acquire", "main.cart"}},
		{causes.RateLimit, []string{"runtime.selectgo", "golang.org/x/time/rate.(*Limiter).wait", "golang.org/x/time/rate.(*Limiter).Wait", "main.cart"}},
		{causes.DBConnection, []string{"runtime.selectgo", "github.com/jackc/puddle/v2.(*Pool[go.shape.*uint8]).Acquire", "github.com/jackc/pgx/v5/pgxpool.(*Pool).Acquire", "main.cart"}},
		{causes.ChanReceive, []string{"runtime.chanrecv1", "main.cart"}},
		{causes.ChanSend, []string{"runtime.chansend", "runtime.chansend1", "main.cart"}},
		// What is further out than the program's own line says nothing of it.
		{causes.ChanReceive, []string{"runtime.chanrecv1", "main.cart", "sync.(*Once).doSlow", "sync.(*Once).Do", "main.main"}},
	} {
		if got := of(table, tt.stack...); got.State != tt.want {
			t.Errorf("%v is %q, want %q", tt.stack, got.State, tt.want)
		}
	}
}

func TestLines(t *testing.T) {
	table := NewTable([]string{"shop", "example.com/lib"})
	for _, tt := range []struct {
		line, outer, begin string
		stack              []string
	}{
		{"main.cart", "main.serve", "main.serve", []string{"sync.(*Mutex).Lock", "main.cart", "main.serve"}},
		{"redis.(*Client).Get", "", "", []string{"net.(*conn).Read", "github.com/redis/go-redis/v9/redis.(*Client).Get", "net/http.(*conn).serve"}},
		{"main.cart", "main.cart", "", []string{"net.(*conn).Read", "github.com/redis/go-redis/v9/redis.(*Client).Get", "main.cart", "net/http.HandlerFunc.ServeHTTP", "net/http.(*conn).serve"}},
		{"internal.f", "internal.f", "internal.f", []string{"sync.(*Mutex).Lock", "shop/internal.f"}}, // the path looks like the standard library's
		{"lib.f", "lib.f", "lib.f", []string{"sync.(*Mutex).Lock", "example.com/lib.f"}},
		{"library.f", "", "", []string{"sync.(*Mutex).Lock", "example.com/library.f"}}, // a library of somebody else
		{"main.worker", "main.worker", "main.worker", []string{"runtime.gopark", "main.worker", "golang.org/x/sync/errgroup.(*Group).Go.func1"}},
		{"", "", "", []string{"internal/poll.(*FD).Read", "go.opentelemetry.io/otel.f", "github.com/felixge/httpsnoop.f", "net/http.(*conn).serve"}},
	} {
		got := of(table, tt.stack...)
		if got.Line.Func != tt.line || got.Outer != tt.outer || got.Begin != tt.begin {
			t.Errorf("%v: line %q, outer %q, begin %q; want %q, %q, %q", tt.stack, got.Line.Func, got.Outer, got.Begin, tt.line, tt.outer, tt.begin)
		}
	}
	// A goroutine that was told to make way while it ran a function without a frame of its own.
	if got := of(table, "runtime.asyncPreempt2", "runtime.asyncPreempt"); *got != (Site{}) || got.Name() != "" {
		t.Errorf("a stack that says nothing is %+v", got)
	}
	if got := of(table, "runtime.asyncPreempt", "main.burn").Name(); got != "main.burn" {
		t.Errorf("a goroutine that burns is called %q", got)
	}
	if got := of(table, "runtime.gopark", "main.cart").Line.String(); got != "f.go:2" {
		t.Errorf("place %q, want f.go:2", got)
	}
}

func TestPackages(t *testing.T) {
	for name, want := range map[string]string{
		"main.f":                               "main",
		"sync.(*Mutex).Lock":                   "sync",
		"gopkg.in/yaml%2ev3.(*Decoder).Decode": "gopkg.in/yaml.v3",
		"github.com/a/b.F[go.shape.struct { github.com/x/y.Z }].func1": "github.com/a/b",
		"": "",
	} {
		if got := packageOf(name); got != want {
			t.Errorf("package of %q is %q, want %q", name, got, want)
		}
	}
}

func TestTheTableIsBounded(t *testing.T) {
	table := NewTable(nil)
	for i := range maxSites + 10 {
		of(table, fmt.Sprintf("main.f%d", i))
	}
	if table.Len() != maxSites || table.Dropped != 11 {
		t.Errorf("%d sites, %d dropped; want %d and 11", table.Len(), table.Dropped, maxSites)
	}
	if got := of(table, "main.f5"); got.Outer != "main.f5" {
		t.Errorf("a site that is there is %q", got.Outer)
	}
}

func BenchmarkTable(b *testing.B) {
	table := NewTable(nil)
	stack := []string{"runtime.gopark", "sync.(*Mutex).Lock", "main.cart", "net/http.HandlerFunc.ServeHTTP", "net/http.(*conn).serve"}
	for b.Loop() {
		of(table, stack...)
	}
}
