// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"cmp"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/instances"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/views"
)

// service says of which service something is.
type service struct {
	Service   string `json:"service"`             // service.name
	Namespace string `json:"namespace,omitempty"` // service.namespace
	Connector string `json:"connector"`           // id of the one that judges it
	Rest      bool   `json:"rest,omitempty"`      // it is no service, but all beyond max_services
	Path      string `json:"path"`                // of its endpoint, relative to the list
}

func (s *shown) service(of *fleet.Service) service {
	n := of.Name()
	return service{n.Name, n.Namespace, s.connector.String(), n == fleet.Other, pathOf(s.slugOf(of))}
}

// row is a service in the list.
type row struct {
	service
	otelperf.Glance
	Instances int       `json:"instances"`          // that were heard of in the last ten minutes
	OutOfLine []member  `json:"out_of_line"`        // of these, by name
	Began     time.Time `json:"began"`              // when it was first seen
	Seen      time.Time `json:"seen"`               // when something came from it last
	Sampling  string    `json:"sampling,omitempty"` // what share is seen, in words; missing if it is all
}

// member is an instance that differs from the others.
type member struct {
	Instance        string    `json:"instance"`
	Attributes      []string  `json:"attributes"`        // "key=value"
	Since           time.Time `json:"since"`             // when it was found
	Seconds         int64     `json:"seconds"`           // that were looked at, as what follows
	Requests        uint64    `json:"requests"`          // of it
	Slow            uint64    `json:"slow"`              // of these, slower than is usual for the service
	OthersSlowShare float64   `json:"others_slow_share"` // the same of all others, 0 to 1
	Text            string    `json:"text"`              // all that in words
}

// connector is one in the list.
type connector struct {
	ID          string  `json:"id"`
	Lateness    float64 `json:"lateness_seconds"` // after which a second is judged
	Services    int     `json:"services"`
	MaxServices int     `json:"max_services"`
	Beyond      uint64  `json:"resources_in_other"` // that are of services beyond, and share the service (other)
}

// list is the answer of GET services.
type list struct {
	Time       time.Time   `json:"time"`
	Count      int         `json:"count"`
	Open       int         `json:"open"`       // views that there are
	MaxViews   int         `json:"max_views"`  // that there may be
	Connectors []connector `json:"connectors"` // by id
	Services   []row       `json:"services"`   // what is wrong first, and of those the busiest
}

// outOfLine is the answer of GET instances.
type outOfLine struct {
	Time      time.Time  `json:"time"`
	Count     int        `json:"count"`     // that are out of line
	Known     int        `json:"known"`     // instances that were heard of in the last ten minutes
	Instances []deviator `json:"instances"` // by service and name
}

type deviator struct {
	service
	member
}

// order is in which order services are listed, by the status of their verdict.
var order = []string{"failing", "slow", "silent", "burning", "elevated", "unknown", "ok"}

func (p *Pages) list() (any, error) {
	l := list{Time: time.Now().UTC(), Open: p.views.Open(), MaxViews: p.maxViews, Connectors: []connector{}, Services: []row{}}
	for _, one := range p.fleets() {
		st, set := one.fleet.Stats(), one.fleet.Settings()
		l.Connectors = append(l.Connectors, connector{
			ID: one.connector.String(), Lateness: set.Lateness.Seconds(), Services: st.Services, MaxServices: set.MaxServices, Beyond: st.OtherServices,
		})
		for _, s := range one.fleet.Services() {
			l.Services = append(l.Services, row{
				service: one.service(s), Glance: views.Glance(s), Instances: s.Instances(), OutOfLine: membersOf(s.Members()),
				Began: s.Began().UTC(), Seen: s.Seen().UTC(), Sampling: s.Sampling(),
			})
		}
	}
	l.Count = len(l.Services)
	slices.SortStableFunc(l.Services, func(a, b row) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Verdict.Status), slices.Index(order, b.Verdict.Status)), cmp.Compare(b.Count, a.Count))
	})
	return l, nil
}

func (p *Pages) outOfLine() (any, error) {
	o := outOfLine{Time: time.Now().UTC(), Instances: []deviator{}}
	for _, one := range p.fleets() {
		for _, s := range one.fleet.Services() {
			o.Known += s.Instances()
			for _, m := range membersOf(s.Members()) {
				o.Instances = append(o.Instances, deviator{one.service(s), m})
			}
		}
	}
	o.Count = len(o.Instances)
	return o, nil
}

func membersOf(all []instances.Verdict) []member {
	out := make([]member, len(all))
	for i, v := range all {
		out[i] = member{
			Instance: v.Name, Attributes: append([]string{}, v.Attributes...), Since: v.Since.UTC(), Seconds: v.Seconds, Requests: v.Requests, Slow: v.Slow,
			OthersSlowShare: v.Others, Text: v.Text(),
		}
	}
	return out
}
