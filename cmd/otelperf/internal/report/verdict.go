// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

// Verdict is the answer to whether anything is wrong, in a line, such as "FAILING  GET /pay is failing. Most of them: context deadline
// exceeded"; "" if no instance gives one.
func Verdict(v *fleet.View) string {
	w := v.Verdict()
	if w.Status == "" {
		return ""
	}
	text := strings.ToUpper(plain.Clip(w.Status, 20)) + "  " + plain.Clip(w.Title, 200)
	if w.Detail != "" {
		text += ". " + plain.Clip(w.Detail, 400)
	}
	return text
}
