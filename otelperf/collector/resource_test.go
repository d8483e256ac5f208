// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/simulate"
)

// TestResources: services that are judged as one, since there are too many, and one that is called as these are have resources of their own.
func TestResources(t *testing.T) {
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	r := newRig(t, newShareBook(c.time, false), "{max_services: 1}")
	for _, name := range []string{fleet.Other.Name, "a", "b"} { // the first one is the one for which there is room
		b := simulate.Batch{Service: name, Requests: []simulate.Request{{Service: name, Route: "/a", End: c.time(), Duration: time.Millisecond, Status: 200}}}
		r.send(b.Traces(0))
	}
	md := metricsOf(r.share().fleet, c.time())
	rest := map[string]bool{}
	for _, rm := range md.ResourceMetrics().All() {
		attrs := rm.Resource().Attributes()
		name, _ := attrs.Get("service.name")
		instance, ok := attrs.Get("service.instance.id")
		marked, has := attrs.Get(restKey)
		if name.Str() != "(other)" || ok != has || has && !marked.Bool() {
			t.Errorf("a resource is %v", attrs.AsRaw())
		}
		if ok {
			rest[instance.Str()] = true
		} else {
			rest[""] = true
		}
	}
	if len(rest) != 2 || md.ResourceMetrics().Len() != 2 {
		t.Errorf("%d resources of the instances %v, want two that differ", md.ResourceMetrics().Len(), rest)
	}
	for n, want := range map[fleet.Name]int{fleet.Other: 3, {Name: "(other)"}: 1, {Namespace: "a", Name: "b"}: 2} {
		to := pcommon.NewResource()
		if putResource(to, n); to.Attributes().Len() != want {
			t.Errorf("the resource of %v is %v", n, to.Attributes().AsRaw())
		}
	}
}
