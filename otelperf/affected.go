// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// affected is what an incident is about, in the words of a Verdict: each says what it is.
type affected []affectedOne

type affectedOne struct{ name, noun string }

// What may be affected.
const (
	nounEndpoint   = "endpoint"
	nounDependency = "dependency"
	nounJob        = "job"
	nounObjective  = "objective"
)

func affectedBy(p *SpikeEndpoint) affectedOne {
	one := affectedOne{shortName(p.Method, p.Route), nounEndpoint}
	switch {
	case p.Matter == "objective":
		one.noun = nounObjective
	case p.Kind == conventions.KindDependency.String():
		one.noun = nounDependency
	case p.Kind == conventions.KindJob.String():
		one.noun = nounJob
	}
	return one
}

// title is a sentence about all of them: how many there are where they are alike, and which comes first.
func (a affected) title(t *trouble) string {
	switch {
	case len(a) == 1:
		return sentence(fmt.Sprintf(t.one, a.text()))
	case a.alike():
		return fmt.Sprintf(t.many, counted(len(a), a[0].noun)) + ": " + a[0].name + " and " + a.others()
	}
	return sentence(fmt.Sprintf(t.many, a.text()))
}

// text names the first, and the second where there are two that are alike; of the others it says how many there are of what.
func (a affected) text() string {
	first := a[0].name
	if a[0].noun == nounDependency { // the name of a job begins with what it is
		first = nounDependency + " " + first
	}
	switch {
	case len(a) == 1:
		return first
	case a.alike():
		return first + " and " + a.others()
	}
	list := []string{first}
	for _, noun := range []string{nounEndpoint, nounDependency, nounJob, nounObjective} {
		n := 0
		for _, one := range a[1:] {
			if one.noun == noun {
				n++
			}
		}
		switch {
		case n == 0:
		case noun == a[0].noun:
			list = append(list, counted(n, "more "+noun))
		default:
			list = append(list, counted(n, noun))
		}
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

func (a affected) alike() bool {
	return !slices.ContainsFunc(a, func(one affectedOne) bool { return one.noun != a[0].noun })
}

// others are all but the first, which are like it.
func (a affected) others() string {
	if len(a) == 2 {
		return a[1].name
	}
	return fmt.Sprintf("%d more", len(a)-1)
}

func counted(n int, noun string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "y"):
		noun = strings.TrimSuffix(noun, "y") + "ies"
	default:
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// sentence begins with a capital, unless it begins with a name.
func sentence(s string) string {
	if rest, ok := strings.CutPrefix(s, nounDependency+" "); ok {
		return "Dependency " + rest
	}
	return s
}
