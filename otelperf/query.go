// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

// maxLimit bounds ?limit=.
const maxLimit = 1000

// query reads the parameters of a request. The first that is wrong is what refused answers with.
type query struct {
	values url.Values
	fault  *problem.Problem
}

func queryOf(r *http.Request) *query {
	values, err := url.ParseQuery(r.URL.RawQuery)
	q := &query{values: values}
	if err != nil {
		q.refuse("query", "The query string cannot be read.", "name=value&name=value, percent-encoded")
	}
	return q
}

func (q *query) refuse(field, detail, accepted string) {
	if q.fault == nil {
		p := problem.Invalid(field, detail, accepted)
		q.fault = &p
	}
}

// refused answers a bad request, and reports that it did.
func (q *query) refused(w http.ResponseWriter) bool {
	if q.fault == nil {
		return false
	}
	problem.Write(w, *q.fault)
	return true
}

func (q *query) window() Window {
	w, err := ParseWindow(q.values.Get("window"))
	if err != nil {
		q.refuse("window", err.Error(), "1m, 5m, 1h, all")
	}
	return w
}

func (q *query) limit(usual int) int {
	text := q.values.Get("limit")
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxLimit {
		q.refuse("limit", fmt.Sprintf("limit is %.20q, accepted are 1 to %d", text, maxLimit), fmt.Sprintf("1 to %d", maxLimit))
	}
	return n
}

func (q *query) flag(name string) bool {
	text := q.values.Get(name)
	if text == "" {
		return false
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		q.refuse(name, fmt.Sprintf("%s is %.20q, accepted are true and false", name, text), "true, false")
	}
	return on
}

// choice is one of accepted, the first of which is the default.
func (q *query) choice(name string, accepted []string) string {
	text := q.values.Get(name)
	if text == "" {
		return accepted[0]
	}
	if !slices.Contains(accepted, text) {
		list := strings.Join(accepted, ", ")
		q.refuse(name, fmt.Sprintf("%s is %.20q, accepted are %s", name, text, list), list)
	}
	return text
}

// required is a parameter that has no default, at most 512 bytes.
func (q *query) required(name string) string {
	text := q.values.Get(name)
	if text == "" || len(text) > 512 {
		q.refuse(name, fmt.Sprintf("%s has %d bytes", name, len(text)), "1 to 512 bytes")
	}
	return text
}
