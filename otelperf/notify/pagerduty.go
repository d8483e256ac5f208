// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

const pagerDutyURL = "https://events.pagerduty.com/v2/enqueue"

// PagerDuty sends events (Events API v2) to a service integration by its routing key. The dedup key is of service, instance and incident, so that a
// restart or a second message is no second page; severity is critical or warning.
func PagerDuty(routingKey Secret, opts ...SinkOption) Option {
	return optionFunc(func(c *config) {
		s := c.add("pagerduty", "events.pagerduty.com", opts, true)
		c.check("pagerduty: routing key", routingKey)
		target := cmp.Or(s.endpoint, pagerDutyURL)
		if u, err := parseURL(target); err == nil {
			s.host = u.Host
		}
		s.build = func(m *message, _ time.Time) (request, error) {
			key, err := routingKey.read()
			if err != nil {
				return request{}, fmt.Errorf("routing key: %w", err)
			}
			body, err := json.Marshal(pagerDutyEvent(m, key))
			return request{url: target, body: body}, err
		}
	})
}

func pagerDutyEvent(m *message, key string) map[string]any {
	dedup := m.Service + "/" + m.Instance + "/" + m.Spike.ID
	if len(dedup) > 255 {
		sum := sha256.Sum256([]byte(dedup))
		dedup = hex.EncodeToString(sum[:])
	}
	event := map[string]any{"routing_key": key, "event_action": "resolve", "dedup_key": dedup}
	if m.Kind == resolved {
		return event
	}
	event["event_action"], event["client"] = "trigger", "otelperf"
	if m.Links.Page != "" {
		event["client_url"] = m.Links.Page
	}
	event["payload"] = map[string]any{
		"summary": clean(m.title(), 1024), "source": m.Instance, "severity": m.Spike.Severity, "timestamp": m.Spike.Start.UTC(),
		"component": m.first, "group": m.Service, "class": m.matter,
		"custom_details": map[string]any{"description": strings.Join(m.details(), "\n"), "version": m.Version, "incident": m.Spike.ID},
	}
	var to []map[string]string
	for _, link := range m.Links.all() {
		to = append(to, map[string]string{"href": link.url, "text": link.name})
	}
	if to != nil {
		event["links"] = to
	}
	return event
}
