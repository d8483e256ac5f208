// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"slices"

	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

// What ?scope= may be.
const (
	scopeInstance = "instance"
	scopeFleet    = "fleet"
)

// scoped is a period with ?scope=.
func (c *Companion) scoped(q *web.Query, p Period) Period {
	if q.Choice("scope", scopeInstance, []string{scopeInstance, scopeFleet}) != scopeFleet {
		return p
	}
	const accepted = scopeInstance + "; with a fleet " + scopeFleet
	switch {
	case c.config.Elsewhere:
		q.Refuse("scope", "scope is fleet: what is received from elsewhere is of all instances as it is.", scopeInstance)
	case !c.config.Fleet:
		q.Refuse("scope", "scope is fleet, and there is none: otelperf.WithFleet(store) has one, such as fleet/redis.", accepted)
	case !p.To.IsZero():
		q.Refuse("scope", "scope is fleet, and a fixed time is given: of a fleet there are the windows 1m, 5m, 1h and all.", "fleet without from and to")
	case q.Text("window") != "" && !slices.Contains(c.config.Windows, p.Window):
		q.Refuse("scope", "scope is fleet, and window "+p.Window+": of a fleet there are the windows 1m, 5m, 1h and all.", "fleet with a window of 1m, 5m, 1h, all")
	}
	p.Fleet = true
	return p
}

// ofInstance refuses ?scope=fleet of what is of one instance.
func ofInstance(q *web.Query) {
	if q.Choice("scope", scopeInstance, []string{scopeInstance, scopeFleet}) == scopeFleet {
		q.Refuse("scope", "scope is fleet, which summary, endpoints, dependencies and spikes can be of: this is of one instance.", scopeInstance)
	}
}

// ofNow refuses ?from= and ?to= of what is of the last requests or of a window alone.
func ofNow(q *web.Query) {
	for _, name := range []string{"from", "to"} {
		if q.Text(name) != "" {
			q.Refuse(name, name+" is given, and this is not of a fixed time.", "no from and to")
		}
	}
}
