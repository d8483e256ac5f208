// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

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

// TestRelatedIncidents: an event names the services that have an incident for the same cause, and has the ids of these.
func TestRelatedIncidents(t *testing.T) {
	for _, tt := range []struct {
		related []fleet.Related
		text    string
		ids     int
	}{
		{[]fleet.Related{{Service: fleet.Name{Namespace: "shop", Name: "inventory"}, ID: "1"}}, "slow; incidents for the same cause at: shop/inventory", 1},
		{[]fleet.Related{
			{Service: fleet.Name{Name: "a"}, ID: "1"}, {Service: fleet.Name{Name: "a"}, ID: "2"}, {Service: fleet.Name{Name: "b"}, ID: "3"},
			{Service: fleet.Name{Name: "c"}, ID: "4"}, {Service: fleet.Name{Name: "d"}, ID: "5"},
		}, "slow; incidents for the same cause at: a, b, c and 1 more", 5},
	} {
		r := plog.NewLogRecord()
		r.Body().SetStr("slow")
		putRelated(r, tt.related)
		ids, _ := r.Attributes().Get("otelperf.spike.related")
		if r.Body().Str() != tt.text || ids.Slice().Len() != tt.ids || ids.Slice().At(0).Str() != "1" {
			t.Errorf("%q, %v", r.Body().Str(), ids.AsRaw())
		}
	}
}
