// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

// MaxLimit bounds ?limit=.
const MaxLimit = 1000

// Query reads the parameters of a request. The first that is wrong is what Refused answers with.
type Query struct {
	values url.Values
	fault  *problem.Problem
}

// QueryOf reads the query string of r.
func QueryOf(r *http.Request) *Query {
	values, err := url.ParseQuery(r.URL.RawQuery)
	q := &Query{values: values}
	if err != nil {
		q.Refuse("query", "The query string cannot be read.", "name=value&name=value, percent-encoded")
	}
	return q
}

// Refuse has Refused answer with what is wrong with a parameter, unless something was wrong before.
func (q *Query) Refuse(field, detail, accepted string) {
	if q.fault == nil {
		q.fault = new(problem.Invalid(field, detail, accepted))
	}
}

// Refused answers a bad request, and reports that it did.
func (q *Query) Refused(w http.ResponseWriter) bool {
	if q.fault == nil {
		return false
	}
	problem.Write(w, *q.fault)
	return true
}

// Text is a parameter that may be missing: then it is empty.
func (q *Query) Text(name string) string { return q.values.Get(name) }

// Required is a parameter that has no default, at most 512 bytes.
func (q *Query) Required(name string) string {
	text := q.values.Get(name)
	if text == "" || len(text) > 512 {
		q.Refuse(name, fmt.Sprintf("%s has %d bytes", name, len(text)), "1 to 512 bytes")
	}
	return text
}

// Limit is ?limit=, 1 to MaxLimit.
func (q *Query) Limit(usual int) int {
	text := q.values.Get("limit")
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > MaxLimit {
		q.Refuse("limit", fmt.Sprintf("limit is %.20q, accepted are 1 to %d", text, MaxLimit), fmt.Sprintf("1 to %d", MaxLimit))
	}
	return n
}

// Count is a number from 0 on.
func (q *Query) Count(name string, usual int) int {
	text := q.values.Get(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		q.Refuse(name, fmt.Sprintf("%s is %.20q, accepted are numbers from 0 on", name, text), "0 or more")
	}
	return n
}

// Duration is a duration above 0 and up to most.
func (q *Query) Duration(name string, usual, most time.Duration) time.Duration {
	return q.duration(name, usual, 1, most, fmt.Sprintf("above 0s, up to %s", most))
}

// DurationFrom is a duration from least to most.
func (q *Query) DurationFrom(name string, usual, least, most time.Duration) time.Duration {
	return q.duration(name, usual, least, most, fmt.Sprintf("%s to %s", least, most))
}

func (q *Query) duration(name string, usual, least, most time.Duration, accepted string) time.Duration {
	text := q.values.Get(name)
	if text == "" {
		return usual
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < least || d > most {
		q.Refuse(name, fmt.Sprintf("%s is %.20q, accepted are durations %s", name, text, accepted), accepted)
	}
	return d
}

// Instant is a time that ParseInstant reads, the zero time if it is missing. An empty one is refused: what asks for a time without having one
// is not to get the numbers of another.
func (q *Query) Instant(name string) (t time.Time) {
	text := q.values.Get(name)
	switch {
	case text == "" && q.values.Has(name):
		q.Refuse(name, name+" is empty", AcceptedInstant+"; or leave it out")
		return t
	case text == "":
		return t
	}
	t, err := ParseInstant(text)
	if err != nil {
		q.Refuse(name, fmt.Sprintf("%s is %.40q, %v", name, text, err), AcceptedInstant)
	}
	return t
}

// Flag is true or false, false if it is missing.
func (q *Query) Flag(name string) bool {
	text := q.values.Get(name)
	if text == "" {
		return false
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		q.Refuse(name, fmt.Sprintf("%s is %.20q, accepted are true and false", name, text), "true, false")
	}
	return on
}

// Choice is one of accepted, usual if it is missing.
func (q *Query) Choice(name, usual string, accepted []string) string {
	text := q.values.Get(name)
	if text == "" {
		return usual
	}
	if !slices.Contains(accepted, text) {
		list := strings.Join(accepted, ", ")
		q.Refuse(name, fmt.Sprintf("%s is %.20q, accepted are %s", name, text, list), list)
	}
	return text
}

// Choices are names with commas between, each one of accepted; all if it is missing.
func (q *Query) Choices(name string, accepted []string) map[string]bool {
	text := q.values.Get(name)
	if text == "" {
		text = strings.Join(accepted, ",")
	}
	want := map[string]bool{}
	for item := range strings.SplitSeq(text, ",") {
		if !slices.Contains(accepted, item) {
			q.Refuse(name, fmt.Sprintf("%s is %.40q", name, text), strings.Join(accepted, ", "))
			break
		}
		want[item] = true
	}
	return want
}
