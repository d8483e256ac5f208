// SPDX-License-Identifier: Apache-2.0

package marks

import (
	"fmt"
	"strings"
	"time"
)

// How long after a mark what begins is put beside it. A start explains less and less the longer it is ago.
const (
	Reach      = 15 * time.Minute
	StartReach = 5 * time.Minute
)

// After says which mark something began soon after, or came back soon after. That is a circumstance, and proves nothing.
type After struct {
	Mark     string  `json:"mark"`     // id
	Kind     Kind    `json:"kind"`     // version, start, deploy or config
	Text     string  `json:"text"`     // of the mark
	Seconds  float64 `json:"seconds"`  // from the mark to the beginning of the evidence, or of that of the return
	Sentence string  `json:"sentence"` // "began about 40 s after version 1.5.0", "came back within seconds of version 1.6.0; first began ..."
}

// exactness is how exactly it is known when evidence begins.
const exactness = 2 * time.Second

// After returns the last mark soon before what began at start came back, where that is another than before it first began; else the one
// before start. returned is zero for what never came back.
func (l *List) After(start, returned time.Time) *After {
	first := l.after(start)
	if returned.IsZero() {
		return first
	}
	switch again := l.after(returned); {
	case again == nil || first != nil && first.Mark == again.Mark:
		return first
	default:
		again.Sentence = "came back" + strings.TrimPrefix(again.Sentence, "began")
		if first != nil {
			again.Sentence += "; first " + first.Sentence
		}
		return again
	}
}

// after returns the last mark within Reach before start, StartReach for a start of the process; nil if there is none. A mark that is
// later than start by more than 2 s, which is how exactly that is known, is never named: what began before it cannot be due to it. Resets are left out: they change what is measured, not the
// service.
func (l *List) after(start time.Time) *After {
	m, ok := l.before(start)
	if !ok {
		return nil
	}
	ago := start.Sub(m.Time)
	return &After{Mark: m.ID, Kind: m.Kind, Text: m.Text, Seconds: max(0, ago.Seconds()), Sentence: "began " + about(ago) + m.phrase()}
}

// about is how long after a mark something began, as exactly as that is known.
func about(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return "within seconds of "
	case d < 100*time.Second:
		return fmt.Sprintf("about %d s after ", int(d.Round(10*time.Second).Seconds()))
	default:
		return fmt.Sprintf("about %d min after ", int(d.Round(time.Minute).Minutes()))
	}
}
