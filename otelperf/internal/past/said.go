// SPDX-License-Identifier: Apache-2.0

package past

import "time"

// Stored says in JSON what of a time was stored.
type Stored struct {
	From        *time.Time `json:"from"`               // beginning of what there is; nil if there is nothing
	To          *time.Time `json:"to"`                 // its end
	StepSeconds float64    `json:"step_seconds"`       // the longest step that numbers were read in: 60, 600 or 3600
	Gaps        []Span     `json:"gaps"`               // of the time that was asked for, before from and after to, too: no process ran, or could write; at most 20, the longest, of a second at least
	MoreGaps    int        `json:"more_gaps,omitzero"` // that are not in gaps
	Missing     float64    `json:"missing_seconds"`    // of all gaps, those that are not in gaps, too
	Note        string     `json:"note,omitzero"`      // what else is missing
	// Instances are those whose numbers they are, by name, at most 20, where a store can be shared. Of several it is all that is stored, up to
	// the last whole minute that all of them have, and nothing else that one has in memory.
	Instances     []string `json:"instances,omitempty"`
	MoreInstances int      `json:"more_instances,omitzero"` // that are not in instances
	Seen          []Seen   `json:"seen,omitempty"`          // for how long each of several instances was there, by name, at most 20
}

// Add adds a sentence to the note.
func (s *Stored) Add(note string) { s.Note = both(s.Note, note) }

// Said is c in JSON.
func (c *Coverage) Said() *Stored {
	s := &Stored{StepSeconds: c.Step.Seconds(), Gaps: []Span{}, MoreGaps: c.MoreGaps, Missing: c.Missing, Note: c.Note, Instances: c.Instances, MoreInstances: c.MoreInstances}
	for _, g := range c.Gaps {
		s.Gaps = append(s.Gaps, Span{From: g.From.UTC(), To: g.To.UTC()})
	}
	for _, x := range c.Seen {
		x.From, x.To = x.From.UTC(), x.To.UTC()
		s.Seen = append(s.Seen, x)
	}
	if !c.From.IsZero() {
		s.From, s.To = new(c.From.UTC()), new(c.To.UTC())
	}
	return s
}
