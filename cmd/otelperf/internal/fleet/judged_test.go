// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"testing"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
)

// What is not judged yet is said, unless it is an endpoint of few requests among others that are.
func TestCannotTell(t *testing.T) {
	row := func(route string, count uint64, state string, needed uint64, ready *float64) Row {
		r := otelperf.EndpointRow{Method: "GET", Route: route, Totals: otelperf.Totals{Count: count}, State: state, Needed: needed, ReadySeconds: ready}
		return Row{EndpointRow: r, Parts: []Part{{Instance: "a", Row: client.Row{EndpointRow: r}}}}
	}
	normal, quiet := row("/a", 500, "normal", 0, nil), row("/q", 0, "learning", 400, nil)
	learning, rare := row("/b", 300, "learning", 120, new(39.0)), row("/r", 3, "learning", 400, nil)
	for _, tt := range []struct {
		name string
		rows []Row
		want string
	}{
		{"no requests", []Row{quiet}, "cannot tell yet: no requests"},
		{"all judged", []Row{normal, quiet}, ""},
		{"a rare one learns", []Row{normal, rare}, ""},
		{"a busy one learns", []Row{normal, learning, rare}, "cannot tell yet: GET /b: still learning what is usual: 120 requests missing, about 39s at this rate; and 1 endpoint more"},
		{"only a rare one", []Row{rare}, "cannot tell yet: GET /r: still learning what is usual: 400 requests missing"},
		{"after a restart", []Row{row("/a", 500, "normal", 0, new(150.0))}, "cannot tell yet: GET /a: not judged for another 2m30s, since it has started or was without requests"},
	} {
		if got := (&View{Endpoints: tt.rows}).CannotTell(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
