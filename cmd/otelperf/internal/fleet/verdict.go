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
	at, others, counted := v.worst(), 0, 0
	if at == nil {
		return worst
	}
	for i := range v.Instances {
		if in := &v.Instances[i]; in.judged() {
			counted++
			if in.Verdict.Status != "ok" {
				others++
			}
		}
	}
	worst = at.Verdict
	if counted > 1 || len(v.Instances) > 1 {
		worst.Title = plain.Clip(at.Name, 40) + ": " + worst.Title
	}
	switch {
	case counted > 1 && others == 0:
		worst.Title = "Nothing is wrong"
	case others > 1:
		worst.Title += fmt.Sprintf("; %s", plain.Plural(uint64(others-1), "more instance")+" not well")
	}
	return worst
}

// worst is the instance whose verdict is worst, the first of several; nil if none has a verdict.
func (v *View) worst() (at *Instance) {
	least := len(byWeight)
	for i := range v.Instances {
		if in := &v.Instances[i]; in.judged() {
			if rank := max(0, slices.Index(byWeight, in.Verdict.Status)); rank < least { // what only a newer version knows weighs most
				least, at = rank, in
			}
		}
	}
	return at
}

// judged tells whether it has a verdict that counts.
func (i *Instance) judged() bool { return i.Counted() && i.Verdict.Status != "" }
