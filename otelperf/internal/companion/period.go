// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

// needsHistory says how to have what takes a history.
const needsHistory = "otelperf.WithHistory(store) has a history, such as history/bolt in a file"

// period is ?window=, or ?from= and ?to=.
func (c *Companion) period(q *web.Query) Period {
	p := Period{Window: c.longWindow(q)}
	if fixed := c.fixedTime(q); !fixed.To.IsZero() {
		return fixed
	}
	return p
}

// longWindow is ?window=, which may be one that takes a history where there is one.
func (c *Companion) longWindow(q *web.Query) string {
	text := q.Text("window")
	switch {
	case !slices.Contains(c.config.LongWindows, text):
		return c.window(q)
	case !c.config.History:
		q.Refuse("window", "window is "+text+", which takes a history, and there is none: "+needsHistory+".",
			strings.Join(c.config.Windows, ", ")+"; with a history "+strings.Join(c.config.LongWindows, ", "))
	}
	return text
}

// usual is ?usual=, which takes a history.
func (c *Companion) usual(q *web.Query) bool {
	if !q.Flag("usual") || c.config.History {
		return q.Flag("usual")
	}
	q.Refuse("usual", "What is usual at this time takes a history, and there is none: "+needsHistory+".", "false; with a history true")
	return false
}

// fixedTime is ?from= and ?to=, of which some has to be stored; the zero Period if both are missing.
func (c *Companion) fixedTime(q *web.Query) (p Period) {
	from, to := q.UnixTime("from"), q.UnixTime("to")
	if from.IsZero() && to.IsZero() {
		return p
	}
	stored, now := c.service.Stored()
	accepted := fmt.Sprintf("from before to, some of it within %d to %d, which is stored", stored.Unix(), now.Unix())
	switch {
	case from.IsZero():
		q.Refuse("from", "from is missing: a fixed time has from and to", accepted)
	case to.IsZero():
		q.Refuse("to", "to is missing: a fixed time has from and to", accepted)
	case !from.Before(to):
		q.Refuse("from", fmt.Sprintf("from is %d, not before to, which is %d", from.Unix(), to.Unix()), accepted)
	case !to.After(stored.Truncate(time.Second)):
		detail := fmt.Sprintf("to is %d: nothing of that time is stored, or no longer", to.Unix())
		if !c.config.History {
			detail += ". " + needsHistory
		}
		q.Refuse("to", detail, accepted)
	case from.After(now):
		q.Refuse("from", fmt.Sprintf("from is %d: that time is still to come", from.Unix()), accepted)
	}
	if c.config.History && from.Before(stored) {
		from = stored.Truncate(time.Second)
	}
	return Period{From: from, To: to}
}
