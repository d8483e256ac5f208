// SPDX-License-Identifier: Apache-2.0

package otelperf

import "fmt"

// Var is the summary of the last five minutes as an expvar.Var:
//
//	expvar.Publish("otelperf", mon.Var())
//
// Its String is JSON; calls within a fifth of a second share one. The package does not import expvar itself, since that alone serves
// /debug/vars to whoever reaches http.DefaultServeMux.
func (m *Monitor) Var() fmt.Stringer { return summaryVar{m} }

type summaryVar struct{ m *Monitor }

func (v summaryVar) String() string {
	body, err := v.m.companion.Shared("var", func() (any, error) { return v.m.Summary(Window5m), nil })
	if err != nil {
		return "{}"
	}
	return string(body)
}
