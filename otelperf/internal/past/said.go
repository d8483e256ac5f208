// SPDX-License-Identifier: Apache-2.0

package past

import (
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/slowlog/fault"
)

// Stored says in JSON what of a time was stored.
type Stored struct {
	From        *time.Time `json:"from"`               // beginning of what there is; nil if there is nothing
	To          *time.Time `json:"to"`                 // its end
	StepSeconds float64    `json:"step_seconds"`       // the longest step that numbers were read in: 60, 600 or 3600
	Gaps        []Span     `json:"gaps"`               // of the time that was asked for, before from and after to, too: no process ran, or could write, and with an error what may be stored; at most 20, the longest, of a second at least; not what several instances have not stored yet
	MoreGaps    int        `json:"more_gaps,omitzero"` // that are not in gaps
	Missing     float64    `json:"missing_seconds"`    // of all gaps, those that are not in gaps, too
	Note        string     `json:"note,omitzero"`      // what else is missing
	// Error is why the store could not be read: all is what this process has in memory, and what is in gaps may be stored.
	Error string `json:"error,omitzero"`
	// Instances are those whose numbers they are, by name, at most 20, where a store can be shared. Of several it is all that is stored, up to
	// the last whole minute that all of them have, and nothing else that one has in memory: what follows is no gap. Of what began after it, it is of
	// this one alone, from its memory; note says so.
	Instances     []string `json:"instances,omitempty"`
	MoreInstances int      `json:"more_instances,omitzero"` // that are not in instances
	Seen          []Seen   `json:"seen,omitempty"`          // for how long each of several instances was there, by name, at most 20

	pending Span
}

// pendingFor is how long what several instances did is mostly not stored by all of them: the running minute, and until the one before is written.
const pendingFor = 2 * time.Minute

// Pending says of what is not stored by all instances yet that it is left out; "" if there is none.
func Pending(s Span) string {
	if s.To.Sub(s.From) < leastGap {
		return ""
	}
	return "What is from " + readable(s.From) + " on is not stored by all instances yet, and left out."
}

// SayPending adds to the note what Pending says: also of the time that is always so.
func (s *Stored) SayPending() {
	if s != nil {
		s.Add(Pending(s.pending))
	}
}

// Add adds a sentence to the note of what could be read, unless it is there.
func (s *Stored) Add(note string) {
	if s.Read() && !strings.Contains(s.Note, note) {
		s.Note = both(s.Note, note)
	}
}

// Read reports whether there is a store, and it could be read.
func (s *Stored) Read() bool { return s != nil && s.Error == "" }

// Said is c in JSON.
func (c *Coverage) Said() *Stored {
	s := &Stored{StepSeconds: c.Step.Seconds(), Gaps: []Span{}, MoreGaps: c.MoreGaps, Missing: c.Missing, Note: c.Note, Instances: c.Instances, MoreInstances: c.MoreInstances, pending: c.Pending}
	for _, g := range c.Gaps {
		s.Gaps = append(s.Gaps, Span{From: g.From.UTC(), To: g.To.UTC()})
	}
	for _, x := range c.Seen {
		x.From, x.To = x.From.UTC(), x.To.UTC()
		s.Seen = append(s.Seen, x)
	}
	if c.Err != nil {
		s.Error = fault.Text(c.Err)
	}
	if c.Pending.To.Sub(c.Pending.From) > pendingFor {
		s.SayPending()
	}
	if !c.From.IsZero() {
		s.From, s.To = new(c.From.UTC()), new(c.To.UTC())
	}
	return s
}
