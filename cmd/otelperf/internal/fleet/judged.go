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
