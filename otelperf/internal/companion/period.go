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
func (c *Companion) needsHistory() string {
	if c.config.Elsewhere {
		return "of a service that is received from elsewhere the last hour is here, unless the connector's configuration has history::directory"
	}
	return "otelperf.WithHistory(store) has a history, such as history/bolt in a file"
}

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
		if c.config.History {
			return q.Choice("window", c.config.Window, slices.Concat(c.config.Windows, c.config.LongWindows))
		}
		return c.window(q)
	case !c.config.History:
		q.Refuse("window", "window is "+text+", which takes a history, and there is none: "+c.needsHistory()+".",
			strings.Join(c.config.Windows, ", ")+"; with a history "+strings.Join(c.config.LongWindows, ", "))
	}
	return text
}

// usual is ?usual=, which takes a history.
func (c *Companion) usual(q *web.Query) bool {
	if !q.Flag("usual") || c.config.History {
		return q.Flag("usual")
	}
	q.Refuse("usual", "What is usual at this time takes a history, and there is none: "+c.needsHistory()+".", "false; with a history true")
	return false
}

// fixedTime is ?from= and ?to=; the zero Period if both are missing. Of a fixed time there may be nothing stored: the answer says so.
func (c *Companion) fixedTime(q *web.Query) (p Period) {
	from, to := q.Instant("from"), q.Instant("to")
	const accepted = "window, or from before to, both in unix seconds or RFC 3339, from not in the future"
	switch {
	case from.IsZero() && to.IsZero():
		return p
	case q.Text("window") != "":
		q.Refuse("window, from, to", "window is given besides a fixed time: an answer is of one of them", accepted)
	case from.IsZero():
		q.Refuse("from", "from is missing: a fixed time has from and to", accepted)
	case to.IsZero():
		q.Refuse("to", "to is missing: a fixed time has from and to", accepted)
	case !from.Before(to):
		q.Refuse("from", fmt.Sprintf("from is %s, not before to, which is %s", readable(from), readable(to)), accepted)
	case from.After(time.Now()):
		q.Refuse("from", fmt.Sprintf("from is %s, which is still to come", readable(from)), accepted)
	}
	return Period{From: from, To: to}
}

// readable is a time as it was asked for and as people read it.
func readable(t time.Time) string {
	return fmt.Sprintf("%d (%s)", t.Unix(), t.UTC().Format(time.RFC3339))
}
