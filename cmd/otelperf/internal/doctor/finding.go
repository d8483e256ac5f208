// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"slices"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
)

// Finding is something about the wiring that can be better.
type Finding struct {
	Name  string   `json:"name"`  // in a word that stays as it is
	Mend  bool     `json:"mend"`  // it is wrong; otherwise it is advice
	Text  string   `json:"text"`  // what is the matter, and what it costs
	Lines []string `json:"lines"` // of Go, that mend it; empty where no lines do
}

// Report is what was found at a service.
type Report struct {
	URL      string    `json:"url"`
	Service  string    `json:"service"`
	Instance string    `json:"instance"`
	Findings []Finding `json:"findings"` // what is wrong first
}

// Examine says what is not wired at a service that was reached at a URL.
func Examine(w *client.Wiring, url string) Report {
	r := Report{URL: url, Service: w.Service, Instance: w.Instance, Findings: []Finding{}}
	if w.Diagnostics.Disabled == "" {
		r.outside(w, url)
	}
	r.hints(&w.Diagnostics)
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

func (r *Report) add(when bool, name string, mend bool, text string) {
	if when {
		r.Findings = append(r.Findings, Finding{name, mend, text, append([]string{}, mending[name]...)})
	}
}
