// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
)

// maxWhose is the most instances that a service names.
const maxWhose = 20

// whose are the instances whose stored numbers an answer has; none where it is not known, or the numbers are of its memory.
func whose(s *otelperf.Summary) []string {
	if s == nil || s.Stored == nil {
		return nil
	}
	return s.Stored.Instances[:min(len(s.Stored.Instances), maxWhose)]
}

// together tells whether two answers are of the same numbers: of one service, out of a store that the same instances share.
func together(a, b *otelperf.Summary) bool {
	return a.Service == b.Service && len(whose(a)) > 0 && slices.Equal(whose(a), whose(b)) && a.Stored.MoreInstances == b.Stored.MoreInstances
}

// refuseOverlaps takes out answers of which each has numbers that are in the other one, too, and others that are not: what all of them did does
// not follow from these.
func refuseOverlaps(answers []Answer) {
	errs := make([]error, len(answers))
	for i := range answers {
		for j := range answers[:i] {
			a, b := answers[j].Summary, answers[i].Summary
			if a == nil || b == nil || a.Service != b.Service || together(a, b) {
				continue
			}
			in := slices.IndexFunc(whose(a), func(name string) bool { return slices.Contains(whose(b), name) })
			if in < 0 {
				continue
			}
			err := fmt.Errorf("%s and %s cannot be added up: both have what %s has stored, one of %s, the other of %s: give one of them",
				plain.Line(answers[j].URL), plain.Line(answers[i].URL), plain.Clip(whose(a)[in], 60), named(a), named(b))
			errs[i], errs[j] = cmp.Or(errs[i], err), cmp.Or(errs[j], err)
		}
	}
	for i, err := range errs {
		if err != nil {
			answers[i] = Answer{URL: answers[i].URL, Err: err}
		}
	}
}

// named are the instances of an answer.
func named(s *otelperf.Summary) string {
	all := whose(s)
	text := plain.Clip(strings.Join(all[:min(len(all), 5)], ", "), 200)
	if more := len(all) - min(len(all), 5) + s.Stored.MoreInstances; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
