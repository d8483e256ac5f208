// SPDX-License-Identifier: Apache-2.0

package marks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Request is a mark that somebody wants to set.
type Request struct {
	Text string     `json:"text"`           // 1 to 200 bytes
	Kind string     `json:"kind,omitzero"`  // one of Kinds; "" is deploy
	Time *time.Time `json:"time,omitempty"` // within the last hour; nil is now
}

// A FieldError is what is wrong with a Request.
type FieldError struct{ Field, Detail, Accepted string }

func (e *FieldError) Error() string {
	return fmt.Sprintf("%s: %s, accepted: %s", e.Field, e.Detail, e.Accepted)
}

// Mark is the mark that is wanted, or a *FieldError.
func (r *Request) Mark(by string, now time.Time) (m Mark, err error) {
	m = Mark{Time: now, Kind: Kind(cmp.Or(r.Kind, string(Deploy))), Text: Clean(r.Text), By: Clean(by)}
	if m.Text == "" || len(r.Text) > MaxText || len(m.Text) > MaxText {
		return m, &FieldError{"text", fmt.Sprintf("the text has %d bytes, %d without what cannot be printed", len(r.Text), len(m.Text)),
			fmt.Sprintf("1 to %d bytes of printable text", MaxText)}
	}
	if !slices.Contains(Kinds(), string(m.Kind)) {
		return m, &FieldError{"kind", fmt.Sprintf("kind is %.40q", r.Kind), strings.Join(Kinds(), ", ")}
	}
	if r.Time != nil {
		if m.Time = *r.Time; m.Time.After(now) || now.Sub(m.Time) > MaxAge {
			return m, &FieldError{"time", "time is " + m.Time.UTC().Format(time.RFC3339) + ", and now is " + now.UTC().Format(time.RFC3339),
				"a time within the last hour, not in the future"}
		}
	}
	return m, nil
}
