// SPDX-License-Identifier: Apache-2.0

package fleet

import "github.com/otelperf/otelperf-go/otelperf/engine"

// Related is an incident of another service that is open for the same cause.
type Related struct {
	Service Name
	ID      string // of the incident
}

const maxRelated = 20

// relate says of messages which other services have an open incident whose slow requests spend their time at the same place: who waits for
// inventory's database has an incident as inventory has, and both are one matter to those who are woken.
func relate(news []News, services []*Service) {
	var open map[string][]openIncident // by place
	for i := range news {
		n := &news[i]
		at := placeOf(&n.Event.Incident)
		if n.Member != nil || n.Event.Part != nil || at == "" {
			continue
		}
		if open == nil {
			open = openBy(services)
		}
		for _, o := range open[at] {
			if o.service != n.Service && len(n.Related) < maxRelated {
				n.Related = append(n.Related, Related{o.service.name, o.id})
			}
		}
	}
}

// openIncident is an open incident.
type openIncident struct {
	service *Service
	id      string
}

func openBy(services []*Service) map[string][]openIncident {
	by := map[string][]openIncident{}
	for _, s := range services {
		if s.engine.OpenIncidents() == 0 {
			continue
		}
		all := s.engine.Incidents()
		for i := range all {
			if at := placeOf(&all[i]); at != "" && all[i].State == engine.Open {
				by[at] = append(by[at], openIncident{s, all[i].ID})
			}
		}
	}
	return by
}

// placeOf is where the slow requests of an incident spend their time; "" while that is not known, and for one that is led by something else.
func placeOf(in *engine.Incident) string {
	if len(in.Parts) == 0 || in.Parts[0].Matter != engine.Latency {
		return ""
	}
	if w := in.Why(); len(w.Causes) > 0 {
		return w.Causes[0].At
	}
	return ""
}
