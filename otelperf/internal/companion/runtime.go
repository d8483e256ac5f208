// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"fmt"
	"net/http"

	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

func (c *Companion) serveRuntime(w http.ResponseWriter, r *http.Request) {
	q := web.QueryOf(r)
	p := c.period(q)
	ofInstance(q)
	if q.Refused(w) {
		return
	}
	c.shared.Serve(w, r, fmt.Sprint("runtime ", p), shareFor, failed, func() (any, error) { return c.service.Runtime(p) })
}
