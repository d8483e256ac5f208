// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf"
)

// answer is an instance with a runtime section.
func answer(t *testing.T, instance, section string) fleet.Answer {
	t.Helper()
	s := &otelperf.Summary{Service: "shop", Instance: instance, Window: otelperf.Window5m}
	if err := json.Unmarshal([]byte(`{"runtime": `+section+`}`), s); err != nil {
		t.Fatal(err)
	}
	return fleet.Answer{URL: instance, Summary: s}
}

// What is unusual is said with the instance where there are several; that nothing is, or that this is not known yet, once for all.
func TestRuntimeLines(t *testing.T) {
	usual := `{"signals": [{"limit": 0.05}], "unusual": []}`
	learning := `{"signals": [{"limit": null}], "unusual": []}`
	unusual := `{"signals": [{"limit": 0.05}], "unusual": [{"sentence": "GC takes 9 %"}, {"sentence": "CPU throttled 38 %"}]}`
	for _, tt := range []struct {
		sections []string
		want     string
	}{
		{[]string{`null`}, ""},
		{[]string{usual}, "runtime   as usual\n"},
		{[]string{learning}, "runtime   learning what is usual\n"},
		{[]string{`{"notes": ["It is not known here."]}`}, "runtime   It is not known here.\n"},
		{[]string{usual, `null`}, "runtime   as usual\n"},
		{[]string{usual, learning}, "runtime   learning what is usual\n"},
		{[]string{unusual}, "runtime   GC takes 9 %; CPU throttled 38 %\n"},
		{[]string{usual, unusual, learning}, "runtime   shop-1: GC takes 9 %; CPU throttled 38 %\n"},
		{[]string{`{"unusual": [{"sentence": "` + strings.Repeat("x", 1000) + `\u001b[2J"}]}`}, "runtime   " + strings.Repeat("x", 299) + "…\n"},
	} {
		var answers []fleet.Answer
		for i, section := range tt.sections {
			answers = append(answers, answer(t, "shop-"+string(rune('0'+i)), section))
		}
		var b strings.Builder
		if writeRuntime(&b, fleet.Merge(answers)); b.String() != tt.want {
			t.Errorf("%v: %q, want %q", tt.sections, b.String(), tt.want)
		}
	}
}
