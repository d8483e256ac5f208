// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"net/url"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
)

// escaped are the characters that tell the parts of a slug apart, within a part, and that by which they are written.
var escaped = strings.NewReplacer("%", "%25", "/", "%2F", "@", "%40")

// slugOf is what a service is called in a path, unescaped: its name, before which stands its namespace, if it has one, and a slash; after it, of a
// connector that has a name of its own, an @ and that. No two services of the connectors that are shown have the same one.
func (s *shown) slugOf(svc *fleet.Service) string {
	n := svc.Name()
	slug := escaped.Replace(n.Name)
	switch {
	case n == fleet.Other:
		slug = n.Name
	case n.Namespace != "":
		slug = escaped.Replace(n.Namespace) + "/" + slug
	case n.Name == fleet.Other.Name: // and yet a service
		slug = "%28" + n.Name[1:]
	}
	if id := s.connector.Name(); id != "" {
		slug += "@" + id
	}
	switch slug {
	case "": // a path would have no segment
		slug = "%"
	case ".", "..": // which browsers fold
		slug = strings.ReplaceAll(slug, ".", "%2E")
	}
	return slug
}

// find is the service of a slug, and its history; nil if there is none.
func (p *Pages) find(slug string) (*fleet.Service, *otelperf.FeedHistory) {
	for _, one := range p.fleets() {
		for _, s := range one.fleet.Services() {
			if one.slugOf(s) != slug {
				continue
			}
			if one.past == nil {
				return s, nil
			}
			return s, one.past(s)
		}
	}
	return nil, nil
}

// pathOf is that of a service, relative to the list.
func pathOf(slug string) string { return "services/" + url.PathEscape(slug) + "/" }
