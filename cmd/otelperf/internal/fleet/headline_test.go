// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"testing"

	"github.com/otelperf/otelperf-go/otelperf"
)

func TestHeadline(t *testing.T) {
	part := func(route, state string) otelperf.SpikeEndpoint {
		return otelperf.SpikeEndpoint{Method: "GET", Route: route, Kind: "http", Matter: "latency", State: state}
	}
	spike := func(id, state string, parts ...otelperf.SpikeEndpoint) otelperf.Spike {
		return otelperf.Spike{ID: id, State: state, Endpoints: parts}
	}
	of := func(id, route string) otelperf.VerdictSubject {
		return otelperf.VerdictSubject{SpikeID: id, Method: "GET", Route: route, Kind: "http", Matter: "latency"}
	}
	ended := spike("ended", "ended", part("/f", "ended"))
	for _, tt := range []struct {
		name      string
		of        otelperf.VerdictSubject
		spikes    []otelperf.Spike
		id, route string
	}{
		{"none", otelperf.VerdictSubject{}, []otelperf.Spike{ended}, "", ""},
		{"named", of("old", "/b"), []otelperf.Spike{spike("new", "open", part("/a", "open")), spike("old", "open", part("/a", "open"), part("/b", "open"))}, "old", "/b"},
		{"not named", otelperf.VerdictSubject{}, []otelperf.Spike{ended, spike("new", "open", part("/a", "ended"), part("/b", "open"))}, "new", "/b"},
		{"named, and gone from the list", of("gone", "/b"), []otelperf.Spike{spike("new", "open", part("/a", "open"))}, "new", "/a"},
		{"of an earlier version", otelperf.VerdictSubject{}, []otelperf.Spike{spike("x", "open")}, "x", ""},
	} {
		s := &otelperf.Summary{Service: "shop", Instance: "a", Spikes: tt.spikes, Verdict: otelperf.Verdict{Status: "slow", Of: tt.of}}
		got, p := Merge([]Answer{{URL: "http://a/", Summary: s}}).Headline()
		if tt.id == "" != (got == nil) || got != nil && got.ID != tt.id || tt.route == "" != (p == nil) || p != nil && p.Route != tt.route {
			t.Errorf("%s: it is %+v, %+v, want %s of %s", tt.name, got, p, tt.route, tt.id)
		}
	}
	quiet := &otelperf.Summary{Service: "shop", Instance: "a", Spikes: []otelperf.Spike{spike("a1", "open", part("/dear", "open"))}}
	loud := &otelperf.Summary{Service: "shop", Instance: "b", Spikes: []otelperf.Spike{spike("b1", "open", part("/x", "open"))}}
	quiet.Verdict, loud.Verdict = otelperf.Verdict{Status: "elevated", Of: of("a1", "/dear")}, otelperf.Verdict{Status: "burning", Of: of("b1", "/x")}
	if got, _ := Merge([]Answer{{URL: "http://a/", Summary: quiet}, {URL: "http://b/", Summary: loud}}).Headline(); got == nil || got.ID != "b1" {
		t.Errorf("of two instances it is %+v, want that of the worse", got)
	}
}
