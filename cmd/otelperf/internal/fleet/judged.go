// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

// Waiting is the first part with requests that are not judged yet; nil if all of the row are.
func (r *Row) Waiting() *Part {
	for i := range r.Parts {
		if p := &r.Parts[i]; p.Count > 0 && (p.State == "learning" || p.ReadySeconds != nil) {
			return p
		}
	}
	return nil
}

// Wait says what is missing until the requests of a part are judged, which are not yet.
func (p *Part) Wait() string {
	if p.State != "learning" {
		return fmt.Sprintf("not judged for another %s, since it has started or was without requests", plain.Seconds(*p.ReadySeconds))
	}
	text := fmt.Sprintf("still learning what is usual: %s missing", plain.Plural(p.Needed, "request"))
	if p.ReadySeconds != nil {
		text += fmt.Sprintf(", about %s at this rate", plain.Seconds(*p.ReadySeconds))
	}
	return text
}

// busy is how many requests in the window make it matter that an endpoint is not judged while others are: the default of "check".
const busy = 100

// CannotTell says why nobody knows whether there is a spike: there are no requests, none are judged yet, or not those of a busy endpoint. ""
// if it can be told.
func (v *View) CannotTell() string {
	var first *Row
	judged, waiting, matters := 0, 0, false
	for i := range v.Endpoints {
		r := &v.Endpoints[i]
		switch {
		case r.Count == 0:
		case r.Waiting() == nil:
			judged++
		default:
			waiting++
			if first == nil || r.Count > first.Count {
				first = r
			}
			matters = matters || r.Count >= busy
		}
	}
	switch {
	case judged+waiting == 0:
		return "cannot tell yet: no requests"
	case waiting == 0 || judged > 0 && !matters:
		return ""
	}
	text := fmt.Sprintf("cannot tell yet: %s: %s", plain.Clip(first.Name(), 120), first.Waiting().Wait())
	if waiting > 1 {
		text += fmt.Sprintf("; and %s more", plain.Plural(waiting-1, "endpoint"))
	}
	return text
}
