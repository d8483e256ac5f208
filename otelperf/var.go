// SPDX-License-Identifier: Apache-2.0

package otelperf

// Var is the summary of the last five minutes as an expvar.Var:
//
//	expvar.Publish("otelperf", mon.Var())
//
// The package does not import expvar itself, since that alone serves /debug/vars to whoever reaches http.DefaultServeMux.
func (m *Monitor) Var() Var { return Var{m} }

// Var is the summary as text.
type Var struct{ m *Monitor }

// String returns the summary as JSON. Calls within a fifth of a second share one.
func (v Var) String() string {
	body, err := v.m.snapshots.get("var", snapshotAge, func() any { return v.m.Summary(Window5m) })
	if err != nil {
		return "{}"
	}
	return string(body)
}
