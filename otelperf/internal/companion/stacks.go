// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"net/http"

	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

// Formats of GET endpoints/stacks.
const (
	formatJSON   = "json"
	formatFolded = "folded"
	formatPprof  = "pprof"
)

func (c *Companion) serveStacks(w http.ResponseWriter, r *http.Request) {
	q := web.QueryOf(r)
	e, format := endpointOf(q), q.Choice("format", formatJSON, []string{formatJSON, formatFolded, formatPprof})
	if q.Refused(w) {
		return
	}
	if format != formatJSON {
		c.serveStacksFile(w, r, e, format)
		return
	}
	answer, ok := c.service.Stacks(e)
	if !ok {
		noEndpoint(w, e)
		return
	}
	web.JSON(w, r, answer)
}

func (c *Companion) serveStacksFile(w http.ResponseWriter, r *http.Request, e EndpointQuery, format string) {
	body, ok, err := c.service.StacksFile(e, format == formatPprof)
	switch {
	case err != nil:
		web.Failed(w, err)
		return
	case !ok:
		noEndpoint(w, e)
		return
	}
	name, mediaType := "stacks.txt", "text/plain; charset=utf-8"
	if format == formatPprof {
		name, mediaType = "stacks.pb.gz", "application/octet-stream"
	}
	web.File(w, r, mediaType, name, body)
}
