// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"slices"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
)

// advice are hints of the library about what may well be as it has to be.
var advice = []string{"stale_spans", "long_spans", "anatomies", "clipped", "negative_durations", "log_lines", "proxied", "sampled", "instance"}

// hints takes over what the library says. Of one that does not name its hints yet, each is to be mended.
func (r *Report) hints(w *client.Wiring) {
	d := &w.Diagnostics
	for i, text := range d.Hints {
		name := fmt.Sprintf("hint_%d", i+1)
		if i < len(d.HintNames) {
			name = d.HintNames[i]
		}
		mend := !slices.Contains(advice, name)
		if name == "sampler" && hasCounted(w.Summary) && slices.Equal(d.RequestSpans, []string{"recorded"}) {
			mend = false // all that came were sampled
		}
		if name == "shared_metrics" && d.Metrics != "read" {
			mend = false // nobody may ever read them
		}
		r.add(name != "subtrees" || !subtreesAreOwn(w), name, mend, text)
	}
}

// hint takes over the one of a name, to be mended.
func (r *Report) hint(d *otelperf.Diagnostics, name string) {
	if i := slices.Index(d.HintNames, name); i >= 0 && i < len(d.Hints) {
		r.add(true, name, true, d.Hints[i])
	}
}

// checked are the checks of GET health that nothing else here speaks of, with what they mean.
var checked = map[string]string{
	"engine": "The evaluation stands still: ", "counting": "Requests are not counted: ", "faults": "", "notify": "Spikes may not be reported: ",
	"bundles": "Bundles of spikes are not stored: ",
}

// health takes over what is not well, and is not about traffic.
func (r *Report) health(h *otelperf.Health) {
	for i := range h.Checks {
		c := &h.Checks[i]
		if text, known := checked[c.Name]; known && c.Status != "pass" {
			r.add(true, "health_"+c.Name, true, text+c.Detail)
		}
	}
}
