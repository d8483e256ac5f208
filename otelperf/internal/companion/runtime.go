// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"net/http"

	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

func (c *Companion) serveRuntime(w http.ResponseWriter, r *http.Request) {
	q := web.QueryOf(r)
	window := c.window(q)
	ofInstance(q)
	ofNow(q)
	if q.Refused(w) {
		return
	}
	c.shared.Serve(w, r, "runtime "+window, shareFor, failed, func() (any, error) { return c.service.Runtime(window), nil })
}
