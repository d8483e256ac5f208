// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"fmt"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/replay/format"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

func TestEndpoints(t *testing.T) {
	e := newEndpoints()
	long := strings.Repeat("x", maxName)
	tests := []struct {
		rec  format.Record
		want string
	}{
		{format.Record{Route: []byte("/csv <&> é")}, "/csv <&> é"},
		{format.Record{Service: "shop", Method: []byte("GET"), Route: []byte("/a")}, "GET /a"},
		{format.Record{Service: "cart", Method: []byte("GET"), Route: []byte("/a")}, "cart GET /a"},
		{format.Record{Service: "shop", Method: []byte("GET"), Route: []byte("/no"), Unmatched: true}, "GET (unmatched)"},
		{format.Record{Service: "shop", Method: []byte("GET"), Route: []byte("/a"), Unmatched: true}, "GET /a"},
		{format.Record{Service: "shop", Method: []byte("GET"), Route: []byte("/nope"), Unmatched: true}, "GET (unmatched)"},
		{format.Record{Route: []byte(long + "y")}, long},
		{format.Record{Service: long, Method: []byte("GET"), Route: []byte("/a")}, long},
	}
	for _, tt := range tests {
		for range 2 {
			if got := e.all[e.of(&tt.rec)].String(); got != tt.want {
				t.Errorf("%+v is %q, want %q", tt.rec, got, tt.want)
			}
		}
	}
}

func TestEndpointsAreBounded(t *testing.T) {
	e := newEndpoints()
	for i := range 10 * MaxEndpoints {
		e.of(&format.Record{Route: fmt.Appendf(nil, "/%d", i)})
	}
	if len(e.all) != MaxEndpoints+1 || len(e.ids) != MaxEndpoints+1 || e.overflowed != 9*MaxEndpoints {
		t.Errorf("%d endpoints, %d names, %d requests in (other)", len(e.all), len(e.ids), e.overflowed)
	}
	if got := e.all[MaxEndpoints].String(); got != "(other)" {
		t.Errorf("the last one is %q", got)
	}
}

// Paths for names leave routes their rows, as in a live service.
func TestEndpointsThatMayBePaths(t *testing.T) {
	e := newEndpoints()
	row := func(route string, unmatched bool) string {
		return e.all[e.of(&format.Record{Method: []byte("GET"), Route: []byte(route), Unproven: true, Unmatched: unmatched})].String()
	}
	if got := row("/cart", false); got != "GET /cart" {
		t.Errorf("a route without wildcards is %s", got)
	}
	if got := row("/missing", true); got != "GET (unmatched)" {
		t.Errorf("a path that is not there is %s", got)
	}
	for i := range 600 {
		row(fmt.Sprint("/files/", i), false)
	}
	if len(e.all) > conventions.GuessesAtSight+1 {
		t.Errorf("%d rows, want at most %d and the unmatched", len(e.all), conventions.GuessesAtSight)
	}
	for range 5 {
		row("/later", false)
	}
	if got := row("/later", false); got != "GET /later" {
		t.Errorf("a route that is asked for again and again is %s", got)
	}
	rpc := e.all[e.of(&format.Record{Kind: conventions.KindRPC, Method: []byte("grpc"), Route: []byte("a.B/C"), Unproven: true, Unmatched: true})]
	if rpc != (conventions.Endpoint{Kind: conventions.KindRPC, Method: "grpc", Route: conventions.UnmatchedRoute}) {
		t.Errorf("an RPC to a method that is not there is %+v", rpc)
	}
}
