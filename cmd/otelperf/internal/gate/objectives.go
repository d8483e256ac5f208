// SPDX-License-Identifier: Apache-2.0

package gate

import (
	"fmt"
	"slices"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/report"
)

// objectives judges error budgets by their alerts and by what is left.
func (out *Verdict) objectives(v *fleet.View, l *Limits) {
	if v.Answered() == 0 {
		return
	}
	if len(v.Objectives) == 0 {
		out.Unjudged = append(out.Unjudged, "no objective is known: none is configured (WithObjective), or the version there is an older one")
		return
	}
	judged := make([]bool, len(v.Objectives))
	for _, p := range l.Objectives {
		if !slices.ContainsFunc(v.Objectives, func(o fleet.Objective) bool { return matches(p, o.Name) }) {
			out.Unjudged = append(out.Unjudged, fmt.Sprintf("no objective like %s", plain.Clip(p, 80)))
		}
		for i := range v.Objectives {
			if o := &v.Objectives[i]; matches(p, o.Name) && !judged[i] {
				judged[i] = true
				out.objective(o)
			}
		}
	}
}

func (out *Verdict) objective(o *fleet.Objective) {
	line := report.ObjectiveLine(o)
	switch {
	case o.Severity != nil || o.State == "used_up":
		out.Breaches = append(out.Breaches, line)
	case o.State == "ok":
		out.Passed = append(out.Passed, line)
	default:
		out.Unjudged = append(out.Unjudged, line)
	}
}
