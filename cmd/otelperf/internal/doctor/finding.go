// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"slices"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
)

// Finding is something about the wiring that can be better.
type Finding struct {
	Name  string   `json:"name"`  // in a word that stays as it is
	Mend  bool     `json:"mend"`  // it is wrong; otherwise it is advice
	Text  string   `json:"text"`  // what is the matter, and what it costs
	Lines []string `json:"lines"` // of Go, that mend it; empty where no lines do, and of a service that a Collector judges
}

// Report is what was found at a service.
type Report struct {
	URL      string    `json:"url"`
	Service  string    `json:"service"`
	Instance string    `json:"instance"`
	Findings []Finding `json:"findings"` // what is wrong first, and of that the most probable

	wired *otelperf.Diagnostics
}

// Examine says what is not wired at a service that was reached at a URL.
func Examine(w *client.Wiring, url string) Report {
	r := Report{URL: url, Service: w.Service, Instance: w.Instance, Findings: []Finding{}, wired: &w.Diagnostics}
	switch {
	case fed(&w.Diagnostics):
		r.collector(w, url)
	case w.Diagnostics.Disabled == "":
		r.uncounted(w)
		r.outside(w, url)
	}
	r.hints(w)
	r.health(&w.Health)
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		switch {
		case a.Mend == b.Mend:
			return 0
		case a.Mend:
			return -1
		}
		return 1
	})
	return r
}

// ToMend is the number of findings that are wrong.
func (r *Report) ToMend() (n int) {
	for i := range r.Findings {
		if r.Findings[i].Mend {
			n++
		}
	}
	return n
}

// lines are those for a finding. No line of Go mends what a Collector is given.
func (r *Report) lines(name string) []string {
	if fed(r.wired) {
		return []string{}
	}
	return linesOf(name, r.wired)
}

func (r *Report) add(when bool, name string, mend bool, text string) {
	if when && !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Name == name }) {
		r.Findings = append(r.Findings, Finding{name, mend, text, r.lines(name)})
	}
}
