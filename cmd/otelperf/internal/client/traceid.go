// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

const (
	minPrefix   = 4  // hex digits of a trace id
	traceDigits = 32 // of a whole one
)

// WholeTraceID completes the first digits of a trace id, 4 or more, from the list of slow requests. If there is none of them there, the error
// is ErrNotFound.
func (c *Client) WholeTraceID(ctx context.Context, prefix string) (string, error) {
	prefix = strings.ToLower(strings.TrimSpace(prefix))
	if len(prefix) < minPrefix || len(prefix) > traceDigits || strings.Trim(prefix, "0123456789abcdef") != "" {
		return "", fmt.Errorf("%q is no trace id, accepted: 32 hex digits, or the first 4 or more", plain.Clip(prefix, 40))
	}
	if len(prefix) == traceDigits {
		return prefix, nil
	}
	list, _, err := c.Slow(ctx, maxRows)
	if err != nil {
		return "", err
	}
	found := map[string]bool{}
	id := ""
	for i := range list.Slow {
		if strings.HasPrefix(list.Slow[i].TraceID, prefix) {
			id = list.Slow[i].TraceID
			found[id] = true
		}
	}
	switch len(found) {
	case 0:
		text := "no slow request that is stored has a trace id that begins with " + prefix
		return "", &statusError{status: http.StatusNotFound, field: "trace_id", text: text}
	case 1:
		return id, nil
	}
	return "", fmt.Errorf("%d traces begin with %s: give more digits", len(found), prefix)
}
