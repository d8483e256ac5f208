// SPDX-License-Identifier: Apache-2.0

package involved

import (
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

func TestRequestsThatASpikeOfADependencyAffects(t *testing.T) {
	tree := &slowlog.Anatomy{Root: &slowlog.Node{Name: "GET /checkout", Children: []*slowlog.Node{
		{Name: "tx", Children: []*slowlog.Node{{Dependency: "postgresql SELECT users", LongestMs: 50}}},
		{Dependency: "GET inventory:8080", LongestMs: 5},
	}}}
	for route, want := range map[string]bool{
		"postgresql SELECT users": true, "postgresql SELECT orders": false, "GET inventory:8080": false, "GET inventory": false,
	} {
		p := engine.Part{Endpoint: conventions.Endpoint{Kind: conventions.KindDependency, Route: route}, Evidence: baseline.Event{Threshold: 10 * time.Millisecond}}
		if got := Is(&p, &slowlog.Entry{Anatomy: tree}); got != want {
			t.Errorf("a request is an example of %s: %v, want %v", route, got, want)
		}
		if Is(&p, &slowlog.Entry{}) {
			t.Errorf("a request of which nothing is known is an example of %s", route)
		}
	}
}
