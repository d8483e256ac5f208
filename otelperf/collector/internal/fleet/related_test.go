// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"slices"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

// TestIncidentsOfOneCause: two services that are slow since a database is say the same place, and once both are known to be, each names the other.
func TestIncidentsOfOneCause(t *testing.T) {
	f := slowDatabase(t)
	ids, named := map[string]string{}, map[string][]Related{}
	for _, n := range f.news {
		if n.Event.Part != nil || n.Member != nil {
			continue
		}
		name := n.Service.Name().Name
		ids[name] = n.Event.Incident.ID
		if place := placeOf(&n.Event.Incident); place != "" {
			if place != "inventory -> postgresql" {
				t.Errorf("%s spends its time at %q", name, place)
			}
			named[name] = n.Related
		}
	}
	if len(ids) != 2 || len(named) != 2 {
		t.Fatalf("incidents %v, of which the place is known of %v", ids, named)
	}
	if !slices.Contains(slices.Concat(named["checkout"], named["inventory"]), Related{Name{Name: "inventory"}, ids["inventory"]}) &&
		!slices.Contains(slices.Concat(named["checkout"], named["inventory"]), Related{Name{Name: "checkout"}, ids["checkout"]}) {
		t.Errorf("incidents %v name %v", ids, named)
	}
	// While both are open each would name the other.
	var news []News
	for _, s := range f.Services() {
		for _, in := range s.engine.Incidents() {
			n := News{Service: s}
			n.Event.Incident = in
			news = append(news, n)
		}
	}
	relate(news, f.Services())
	for _, n := range news {
		other := map[string]string{"checkout": "inventory", "inventory": "checkout"}[n.Service.Name().Name]
		if !slices.Equal(n.Related, []Related{{Name{Name: other}, ids[other]}}) {
			t.Errorf("%s names %v", n.Service.Name(), n.Related)
		}
	}
}

// TestPlaces: where time is spent is the same whichever way leads there, and tells namespaces apart.
func TestPlaces(t *testing.T) {
	a, b := Name{Namespace: "shop", Name: "a"}, Name{Namespace: "shop", Name: "b"}
	node := func(id byte, category slowlog.Category, system string, children ...*slowlog.Node) *slowlog.Node {
		return &slowlog.Node{SpanID: trace.SpanID{id}.String(), Category: category, System: system, Critical: true, SelfMs: float64(id), Children: children}
	}
	of := func(names ...Name) map[trace.SpanID]Name {
		m := map[trace.SpanID]Name{}
		for i, n := range names {
			m[trace.SpanID{byte(i + 1)}] = n
		}
		return m
	}
	places := func(root *slowlog.Node, names ...Name) (all []string) {
		for _, p := range pathsOf(&slowlog.Anatomy{Root: root}, of(names...), names[0]) {
			all = append(all, p.way+": "+p.at)
		}
		return all
	}
	got := places(node(1, slowlog.Own, "", node(2, slowlog.HTTP, "", node(3, slowlog.Own, "", node(4, slowlog.DB, "postgresql")))), a, a, b, b)
	if want := []string{"a -> b: shop/b", "a -> b -> postgresql: shop/b -> postgresql", "a: shop/a"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	got = places(node(1, slowlog.Own, "", node(2, slowlog.DB, "postgresql")), Other, Other)
	if want := []string{"(other) -> postgresql: ", "(other): "}; !slices.Equal(got, want) {
		t.Errorf("of several services %q, want %q", got, want)
	}
}
