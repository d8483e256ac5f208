// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"fmt"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/replay/format"
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
