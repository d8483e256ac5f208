// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"net/http"

	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

func (c *Companion) serveBundle(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	zip, ok, err := c.service.Bundle(id)
	switch {
	case err != nil:
		failed(w, err)
	case !ok:
		noSpike(w, id)
	default:
		web.File(w, r, "application/zip", "spike-"+id+".zip", zip)
	}
}
