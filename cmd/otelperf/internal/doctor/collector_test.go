// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
)

// TestOfACollector: what is judged there is not to be mended by what a program in Go has, and that spans say nothing of sampling is no fault.
func TestOfACollector(t *testing.T) {
	w := &client.Wiring{
		Diagnostics: otelperf.Diagnostics{Source: "otlp", Metrics: "off", Hints: []string{"spans say nothing of sampling", "one is out of line"}, HintNames: []string{"sampled", "instance"}},
		Summary:     &otelperf.Summary{Endpoints: []otelperf.EndpointRow{{Method: "GET", Route: "/", Kind: "http"}}},
		Settings:    otelperf.Settings{Access: []string{"this machine"}},
	}
	r := Examine(w, "http://localhost:55690/services/mail/")
	if n := r.ToMend(); n != 0 {
		t.Errorf("%d are to be mended", n)
	}
	var names []string
	for _, f := range r.Findings {
		names = append(names, f.Name)
		if len(f.Lines) > 0 || strings.Contains(f.Text, "Monitor") || strings.Contains(f.Text, "With") {
			t.Errorf("of Go: %+v", f)
		}
	}
	if got := strings.Join(names, " "); got != "collector_state sampled instance" {
		t.Errorf("findings are %s", got)
	}
	r = Examine(w, "http://shop.example.com/services/mail/")
	if r.ToMend() != 1 || r.Findings[0].Name != "open_behind_proxy" || len(r.Findings[0].Lines) > 0 {
		t.Errorf("behind a proxy: %+v", r.Findings)
	}
}
