// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"encoding/json"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf"
)

func TestHeadline(t *testing.T) {
	part := func(route, matter, state string) otelperf.SpikeEndpoint {
		return otelperf.SpikeEndpoint{Method: "GET", Route: route, Kind: "server", Matter: matter, State: state}
	}
	spike := func(id string, parts ...otelperf.SpikeEndpoint) otelperf.Spike {
		return otelperf.Spike{ID: id, State: "open", Endpoints: parts}
	}
	muted := spike("muted", part("/f", "failures", "open"))
	if err := json.Unmarshal([]byte(`{"by": "ana"}`), &muted.Muted); err != nil { // its type has no name here
		t.Fatal(err)
	}
	ended := spike("ended", part("/f", "failures", "ended"))
	ended.State = "ended"
	for _, tt := range []struct {
		name      string
		spikes    []otelperf.Spike
		id, route string
	}{
		{"none", []otelperf.Spike{ended}, "", ""},
		{"the matter that is worst, not the newest", []otelperf.Spike{spike("new", part("/a", "latency", "open")), spike("old", part("/b", "panics", "open"))}, "old", "/b"},
		{"what costs most", []otelperf.Spike{spike("new", part("/cheap", "latency", "open"), part("/dear", "latency", "open"))}, "new", "/dear"},
		{"what costs most, of several", []otelperf.Spike{spike("new", part("/cheap", "latency", "open")), spike("old", part("/dear", "latency", "open"))}, "old", "/dear"},
		{"what is open of it", []otelperf.Spike{spike("x", part("/dear", "latency", "ended"), part("/cheap", "latency", "open"))}, "x", "/cheap"},
		{"not what is muted", []otelperf.Spike{muted, spike("x", part("/cheap", "client_errors", "open"))}, "x", "/cheap"},
		{"only what is muted", []otelperf.Spike{muted, ended}, "muted", "/f"},
		{"of an earlier version", []otelperf.Spike{spike("x")}, "x", ""},
	} {
		row := func(route string, impact float64) otelperf.EndpointRow {
			return otelperf.EndpointRow{Method: "GET", Route: route, Kind: "server", Impact: impact}
		}
		s := &otelperf.Summary{Service: "shop", Instance: "a", Spikes: tt.spikes, Endpoints: []otelperf.EndpointRow{row("/cheap", 1), row("/dear", 9)}}
		s.Verdict.Status = "slow"
		got, p := Merge([]Answer{{URL: "http://a/", Summary: s}}).Headline()
		if tt.id == "" != (got == nil) || got != nil && got.ID != tt.id || tt.route == "" != (p == nil) || p != nil && p.Route != tt.route {
			t.Errorf("%s: it is %+v, %+v, want %s of %s", tt.name, got, p, tt.route, tt.id)
		}
	}
	quiet := &otelperf.Summary{Service: "shop", Instance: "a", Spikes: []otelperf.Spike{spike("a1", part("/dear", "latency", "open"))}}
	loud := &otelperf.Summary{Service: "shop", Instance: "b", Spikes: []otelperf.Spike{spike("b1", part("/x", "objective", "open"))}}
	quiet.Verdict.Status, loud.Verdict.Status = "elevated", "burning"
	if got, _ := Merge([]Answer{{URL: "http://a/", Summary: quiet}, {URL: "http://b/", Summary: loud}}).Headline(); got == nil || got.ID != "b1" {
		t.Errorf("of two instances it is %+v, want that of the worse", got)
	}
}
