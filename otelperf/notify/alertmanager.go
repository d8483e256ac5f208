// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"encoding/json"
	"strings"
	"time"
)

const (
	// refreshEvery is how often an alert is sent again while it fires, and endsIn when it ends by itself unless it is: when the process is dead.
	refreshEvery = time.Minute
	endsIn       = 4*refreshEvery + 30*time.Second
)

// Alertmanager is an Alertmanager (API version 2) by its URL, such as "https://alertmanager.example.com:9093"; a path in front of /api is kept.
// An alert is named OtelperfSpike, has the labels service, severity, endpoint, matter, instance and incident, and is sent again each minute while it fires:
// one of a process that is dead ends after five. Route it with group_by: [alertname, service], so that a fleet has one page.
func Alertmanager(baseURL string, opts ...SinkOption) Option {
	return optionFunc(func(c *config) {
		u, err := parseURL(baseURL)
		if err != nil || u.RawQuery != "" || u.Fragment != "" {
			c.refuse("alertmanager: URL: %v, query and fragment", errURL)
			return
		}
		target := strings.TrimSuffix(u.String(), "/") + "/api/v2/alerts"
		s := c.add("alertmanager", u.Host, opts, false)
		known := labelled{}
		s.refresh = true
		s.build = func(m *message, now time.Time) (request, error) {
			body, err := json.Marshal(known.alerts(m, now))
			return request{url: target, body: body}, err
		}
	})
}

// alert is one of Alertmanager's.
type alert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitzero"`
}

// labelled has the labels that each incident's alert was sent with: with others it would be another alert.
type labelled map[string]map[string]string

func labelsOf(m *message) map[string]string {
	labels := map[string]string{
		"alertname": "OtelperfSpike", "service": m.Service, "severity": m.Spike.Severity, "endpoint": m.first,
		"matter": m.matter, "instance": m.Instance, "incident": m.Spike.ID,
	}
	if m.Test {
		labels["alertname"] = "OtelperfTest"
	}
	return labels
}

// alerts are that of a message and, where it is more severe than before, the one that it takes the place of.
func (l labelled) alerts(m *message, now time.Time) (all []alert) {
	id, labels := m.Spike.ID, l[m.Spike.ID]
	if labels == nil {
		if len(l) >= maxIncidents {
			clear(l)
		}
		labels = labelsOf(m)
		l[id] = labels
	}
	a := alert{StartsAt: m.Spike.Start.UTC(), EndsAt: now.Add(endsIn).UTC(), GeneratorURL: m.Links.Spike}
	a.Annotations = map[string]string{"summary": m.summary(), "description": strings.Join(m.details(), "\n")}
	for _, link := range m.Links.all() {
		key := strings.ReplaceAll(link.name, " ", "_")
		a.Annotations[key] = strings.TrimSpace(a.Annotations[key] + " " + link.url)
	}
	if m.Spike.Severity == "critical" && labels["severity"] != "critical" && m.Kind != resolved {
		was := a
		was.Labels, was.EndsAt = labels, m.Time.UTC()
		all = append(all, was)
		labels = labelsOf(m)
		l[id] = labels
	}
	a.Labels = labels
	if m.Kind == resolved {
		a.EndsAt = now.UTC() // not the spike's, which may be before the last refresh
		defer delete(l, id)
	}
	return append(all, a)
}
