// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"net/http"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

// CompareQuery names an endpoint and what to compare it around: a mark, a spike, or what lies from a time on, up to another.
type CompareQuery struct {
	Endpoint, Kind string    // "METHOD ROUTE"
	Mark, Spike    string    // ids
	From, To       time.Time // zero: not given
}

func (c *Companion) serveCompare(w http.ResponseWriter, r *http.Request) {
	q := web.QueryOf(r)
	want := CompareQuery{Endpoint: q.Required("endpoint"), Kind: q.Text("kind"), Mark: q.Text("mark"), Spike: q.Text("spike"), From: q.Instant("from"), To: q.Instant("to")}
	if want.From.After(time.Now()) {
		q.Refuse("from", "from is "+want.From.UTC().Format(time.RFC3339)+", which is still to come", "a time that is not in the future")
	}
	if q.Refused(w) {
		return
	}
	around := 0
	for _, given := range []bool{want.Mark != "", want.Spike != "", !want.From.IsZero()} {
		if given {
			around++
		}
	}
	if around != 1 {
		problem.Write(w, problem.Invalid("mark", "What to compare around is missing, or there is too much of it.",
			"one of mark (an id of GET marks), spike (an id of GET spikes) and from (a time)"))
		return
	}
	switch answer, missing := c.service.Compare(&want); missing {
	case "mark":
		web.NotFound(w, "mark", "There is no mark %.40q, or no longer. GET marks lists those that are stored.", want.Mark)
	case "spike":
		web.NotFound(w, "spike", spikeUnknown, want.Spike)
	case "endpoint":
		web.NotFound(w, "endpoint", "There is no endpoint %.100q. GET endpoints and GET dependencies list those there are, as METHOD ROUTE.", want.Endpoint)
	default:
		web.JSON(w, r, answer)
	}
}
