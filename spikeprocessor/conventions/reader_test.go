// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"math/rand/v2"
	"os"
	"regexp"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// everyName is the name of each key: those of names.go, and our own.
func everyName(t *testing.T) []string {
	source, err := os.ReadFile("names.go")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{string(RouteKey), string(OutcomeKey)}
	for _, m := range regexp.MustCompile(`(?m)^\tkey\w+ += "(.*)"`).FindAllStringSubmatch(string(source), -1) {
		switch {
		case KeyOf(m[1]) != noKey:
			names = append(names, m[1])
		case m[1] != keyOverflow: // of metric points alone
			t.Errorf("%s has no key", m[1])
		}
	}
	return names
}

// TestReader: what a Reader finds in a span is what Span and Dependency find in it.
func TestReader(t *testing.T) {
	names := everyName(t)
	if len(names) != int(atOutcome) {
		t.Errorf("%d names, want %d", len(names), atOutcome)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	var r Reader
	for range 30_000 {
		var some []attribute.KeyValue
		for _, i := range rng.Perm(len(names))[:rng.IntN(len(names))] {
			some = append(some, randomValue(rng, names[i]))
		}
		s := Span{Kind: trace.SpanKind(rng.IntN(6)), Name: []string{"", "GET /a", "GET", "process a", "b/c", "sql.conn.ping", "SELECT * FROM a WHERE b = 1"}[rng.IntN(7)], Failed: rng.IntN(2) == 0, Attributes: some}
		r.Begin(s.Kind, s.Name, s.Failed, true)
		for i := range some {
			if key := r.KeyOf(string(some[i].Key)); key != 0 {
				r.Take(key, valueOf(&some[i].Value))
			}
		}
		if rng.IntN(4) == 0 {
			s.exceptional("net/http: abort Handler")
			r.Exception("net/http: abort Handler")
		}
		if got, want := r.Request(), s.Request(); got != want {
			t.Fatalf("%+v: a reader has %+v, a span %+v", s, got, want)
		}
		if s.Kind == client || s.Kind == producer {
			c, prefix, name, statement, port := r.Dependency()
			c2, prefix2, name2, statement2, port2 := Dependency(s.Kind, some)
			if c != c2 || prefix != prefix2 || name != name2 || statement != statement2 || port != port2 {
				t.Fatalf("%+v: a reader has %v %q %q %q %d, a span %v %q %q %q %d", s, c, prefix, name, statement, port, c2, prefix2, name2, statement2, port2)
			}
			name, statement = r.NameOf(c)
			if name2, statement2 = c.NameOf(s.Name, some); name != name2 || statement != statement2 {
				t.Fatalf("%+v: a reader has the name %q %q, a span %q %q", s, name, statement, name2, statement2)
			}
		}
	}
}

// TestKeysThatAreRead: the sets of keys that are looked at are those that make a difference.
func TestKeysThatAreRead(t *testing.T) {
	for key := noKey; key <= atOutcome; key++ {
		var request, call, messages bool
		for _, v := range []Value{{Text: "ok", Type: TypeText}, {Number: 1, Type: TypeBool}, {Number: 7, Type: TypeInteger}} {
			var s said
			var p peer
			var d destination
			s.take(key, v)
			p.take(key, v)
			d.take(key, v)
			request, call, messages = request || s != said{}, call || p != peer{}, messages || d != destination{}
		}
		for _, set := range []struct {
			name      string
			makes, is bool
		}{
			{"requests", request, saidKeys.has(key)}, {"calls", call, peerKeys.has(key)}, {"destinations", messages, destinationKeys.has(key)},
		} {
			if set.makes != set.is {
				t.Errorf("key %d makes a difference for %s: %v, is in their set: %v", key, set.name, set.makes, set.is)
			}
		}
	}
}

func randomValue(rng *rand.Rand, name string) attribute.KeyValue {
	switch rng.IntN(6) {
	case 0:
		return attribute.Int(name, rng.IntN(20))
	case 1:
		return attribute.Bool(name, rng.IntN(2) == 0)
	case 2:
		return attribute.Float64(name, 1.5)
	}
	return attribute.String(name, []string{"a", "GET", "/a", "12", "b", "OK", "http://a:80/x?y", "a:1", "SELECT 1"}[rng.IntN(9)])
}
