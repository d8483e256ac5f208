// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

const (
	minPrefix   = 4  // hex digits of a trace id
	traceDigits = 32 // of a whole one
)

// mostPages is how many answers of 1000 requests are looked through for the first digits of a trace id.
const mostPages = 10

// WholeTraceID completes the first digits of a trace id, 4 or more, from the list of slow requests: if p has a time, of those that began in it,
// else of those in memory, and if there is none of the last 30 days, newest first, at most 10 000. If there is none of them there, the error
// is ErrNotFound, and says what was looked through.
func (c *Client) WholeTraceID(ctx context.Context, prefix string, p Period) (string, error) {
	prefix = strings.ToLower(strings.TrimSpace(prefix))
	if len(prefix) < minPrefix || len(prefix) > traceDigits || strings.Trim(prefix, "0123456789abcdef") != "" {
		return "", fmt.Errorf("%q is no trace id, accepted: 32 hex digits, or the first 4 or more", plain.Clip(prefix, 40))
	}
	if len(prefix) == traceDigits {
		return prefix, nil
	}
	of := "of that time"
	if p.To.IsZero() {
		list, _, err := c.Slow(ctx, maxRows)
		if err != nil {
			return "", err
		}
		if id, err := only(prefix, begunWith(prefix, list)); id != "" || err != nil {
			return id, err
		}
		of = "of the last 30 days"
		p.To = time.Now().Truncate(time.Minute).Add(time.Minute)
		p.From = p.To.Add(-storedFor)
	}
	found, note := map[string]bool{}, ""
	for range mostPages {
		list, err := c.SlowWithin(ctx, p.From, p.To)
		if err != nil {
			return "", err
		}
		maps.Copy(found, begunWith(prefix, list))
		if note = list.Note; list.Stored <= len(list.Slow) || len(list.Slow) == 0 {
			note = list.Note
			break
		}
		of = fmt.Sprintf("since %s", list.Slow[len(list.Slow)-1].Time.UTC().Format(time.RFC3339))
		p.To = list.Slow[len(list.Slow)-1].Time.Add(time.Second).Truncate(time.Second) // whole seconds are asked for
	}
	if id, err := only(prefix, found); id != "" || err != nil {
		return id, err
	}
	text := fmt.Sprintf("no slow request that is stored %s has a trace id that begins with %s", of, prefix)
	if note != "" {
		text += ": " + plain.Clip(note, 300)
	}
	return "", &statusError{status: http.StatusNotFound, field: "trace_id", text: text}
}

// begunWith are the trace ids of a list that begin with some digits.
func begunWith(prefix string, list *SlowList) map[string]bool {
	found := map[string]bool{}
	for i := range list.Slow {
		if id := list.Slow[i].TraceID; strings.HasPrefix(id, prefix) {
			found[id] = true
		}
	}
	return found
}

// only is the one id of those found; "" if there is none, and an error if there are several.
func only(prefix string, found map[string]bool) (id string, err error) {
	if len(found) > 1 {
		return "", fmt.Errorf("%d traces begin with %s: give more digits", len(found), prefix)
	}
	for id = range found {
	}
	return id, nil
}
