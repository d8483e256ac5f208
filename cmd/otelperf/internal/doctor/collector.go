// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
)

// fed tells whether the service is judged by a Collector, from what comes there: how the process is wired nobody knows here.
func fed(d *otelperf.Diagnostics) bool { return d.Source == "otlp" }

// collector adds what can be better about one.
func (r *Report) collector(w *client.Wiring, at string) {
	r.noName(w)
	r.proxy(w, at)
	r.add(true, "collector_state", false,
		"A Collector judges this service. Whether its connector has state is not known here: without, after a restart all has to be learned anew, and a spike that was open is "+
			"forgotten. state::directory or state::storage of the connector keep it.")
}
