// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"slices"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
)

// byWeight are the statuses of a verdict; what is worst is first.
var byWeight = []string{"failing", "slow", "silent", "burning", "off", "elevated", "unknown", "ok"}

// Verdict is the worst of the instances, whose title says how many more are not well where there are several; that of the first
// instance where all are. The zero value if none has one.
func (v *View) Verdict() (worst otelperf.Verdict) {
	least, others, counted := len(byWeight), 0, 0
	for i := range v.Instances {
		in := &v.Instances[i]
		if !in.Counted() || in.Verdict.Status == "" {
			continue
		}
		counted++
		rank := max(0, slices.Index(byWeight, in.Verdict.Status)) // what only a newer version knows weighs most
		if in.Verdict.Status != "ok" {
			others++
		}
		if rank < least {
			least, worst = rank, in.Verdict
			if counted > 1 || len(v.Instances) > 1 {
				worst.Title = plain.Clip(in.Name, 40) + ": " + worst.Title
			}
		}
	}
	switch {
	case counted > 1 && others == 0:
		worst.Title = "Nothing is wrong"
	case others > 1:
		worst.Title += fmt.Sprintf("; %s", plain.Plural(uint64(others-1), "more instance")+" not well")
	}
	return worst
}
