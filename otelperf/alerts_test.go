// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"testing"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

func TestRequestsThatASpikeOfADependencyAffects(t *testing.T) {
	tree := &slowlog.Anatomy{Root: &slowlog.Node{Name: "GET /checkout", Children: []*slowlog.Node{
		{Name: "tx", Children: []*slowlog.Node{{Dependency: "postgresql SELECT users"}}},
		{Dependency: "GET inventory:8080"},
	}}}
	for route, want := range map[string]bool{
		"postgresql SELECT users": true, "postgresql SELECT orders": false, "GET inventory:8080": true, "GET inventory": false, "POST inventory:8080": false,
	} {
		ep := conventions.Endpoint{Kind: conventions.KindDependency, Route: route}
		if got := affects(&ep, &slowlog.Entry{Anatomy: tree}); got != want {
			t.Errorf("%s affects the request: %v, want %v", route, got, want)
		}
		if affects(&ep, &slowlog.Entry{}) {
			t.Errorf("%s affects a request of which nothing is known", route)
		}
	}
}
