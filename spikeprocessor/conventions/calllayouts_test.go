// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/attribute"
)

// callKeys are those that name calls, and some that do not.
var callKeys = []string{
	"db.system.name", "db.system", "db.query.summary", "db.query.text", "db.statement", "server.address", "net.peer.name", "server.port",
	"net.peer.port", "url.full", "net.peer.ip", "http.request.method", "rpc.system", "messaging.system", "db.namespace", "peer.service", "db.user",
}

var callValues = []attribute.Value{
	attribute.StringValue("postgresql"), attribute.StringValue("redis"), attribute.StringValue(""), attribute.StringValue("SELECT users"),
	attribute.StringValue("db1"), attribute.StringValue("db1:6432"), attribute.StringValue("/run/db.sock"), attribute.StringValue("5432"),
	attribute.IntValue(5432), attribute.IntValue(6432), attribute.IntValue(0), attribute.BoolValue(true), attribute.StringSliceValue([]string{"a"}),
}

// randomCall has up to so many attributes; those of one seed have the same keys.
func randomCall(seed uint64, values *rand.Rand, most int) (attrs []attribute.KeyValue) {
	keys := rand.New(rand.NewPCG(seed, 1))
	for range keys.IntN(most) {
		key := callKeys[keys.IntN(len(callKeys))]
		attrs = append(attrs, attribute.KeyValue{Key: attribute.Key(key), Value: callValues[values.IntN(len(callValues))]})
	}
	return attrs
}

// TestCallLayoutsAsDependency has calls of many layouts come again with other values: all are read as if nothing were remembered.
func TestCallLayoutsAsDependency(t *testing.T) {
	var l CallLayouts
	var wg sync.WaitGroup
	for g := range uint64(4) {
		wg.Go(func() {
			values := rand.New(rand.NewPCG(g, 2))
			for i := range 50_000 {
				attrs := randomCall(uint64(i%300), values, maxCallKeys+2)
				c1, p1, n1, s1, port1 := Dependency(client, attrs)
				c2, p2, n2, s2, port2 := l.Dependency(client, attrs)
				if c1 != c2 || p1 != p2 || n1 != n2 || s1 != s2 || port1 != port2 {
					t.Errorf("%v is read as %v %q %q %q %d, want %v %q %q %q %d", attrs, c2, p2, n2, s2, port2, c1, p1, n1, s1, port1)
					return
				}
			}
		})
	}
	wg.Wait()
	learned := 0
	for i := range l {
		if l[i].Load() != nil {
			learned++
		}
	}
	if learned < 5 {
		t.Errorf("%d layouts were remembered: the test says nothing", learned)
	}
}

// TestCallLayoutsByAddress: a key of the same length at another address is looked at.
func TestCallLayoutsByAddress(t *testing.T) {
	var l CallLayouts
	attrs := []attribute.KeyValue{attribute.String("db.system.name", "redis"), attribute.String("db.query.summary", "GET")}
	for range 2 {
		l.Dependency(client, attrs)
	}
	attrs[1].Key = attribute.Key(strings.Replace("db.query_summary", "_", ".", 1))
	attrs[0].Key = "db.system.nome"
	attrs[1].Value = attribute.StringValue("SET")
	if c, prefix, name, _, _ := l.Dependency(client, attrs); c != categoryOther || prefix != "" || name != "" {
		t.Errorf("keys that are not those of before are read as %v %q %q", c, prefix, name)
	}
}

// TestCallLayoutsAreBounded: keys that are new strings each time fill what there is, and then nothing more.
func TestCallLayoutsAreBounded(t *testing.T) {
	var l CallLayouts
	call := func() []attribute.KeyValue {
		return []attribute.KeyValue{attribute.String("db.system.name", "redis"), attribute.String(strings.Clone("db.query.summary"), "GET")}
	}
	for range 5000 {
		if c, prefix, name, _, _ := l.Dependency(client, call()); c != categoryDB || prefix != "redis" || name != "GET" {
			t.Fatalf("read as %v %q %q", c, prefix, name)
		}
	}
	long := []attribute.KeyValue{attribute.String("db.system.name", "redis"), attribute.String(strings.Repeat("k", maxCallKey+1), "")}
	if newCallLayout(long) != nil {
		t.Error("a layout has a key that is too long")
	}
	again := call()
	if n := testing.AllocsPerRun(100, func() { l.Dependency(client, again) }); n != 0 {
		t.Errorf("%v allocations for a layout that has no place", n)
	}
}

func BenchmarkCallLayouts(b *testing.B) {
	attrs := []attribute.KeyValue{
		attribute.String("db.system.name", "postgresql"), attribute.String("db.namespace", "shop"), attribute.String("db.query.summary", "SELECT users"),
		attribute.String("db.query.text", "SELECT name FROM users WHERE id = $1"), attribute.String("server.address", "db1"), attribute.Int("server.port", 5432),
	}
	var l CallLayouts
	b.Run("remembered", func(b *testing.B) {
		for b.Loop() {
			l.Dependency(client, attrs)
		}
	})
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			Dependency(client, attrs)
		}
	})
}
