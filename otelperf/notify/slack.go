// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

var slackEscape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// Slack posts text to an incoming webhook of Slack, or of what takes its format (Mattermost, Rocket.Chat). Whoever knows the webhook's URL may post: it
// is a secret. What a client has a hand in, such as a route, cannot mention anybody, format, or be a link.
func Slack(webhook Secret, opts ...SinkOption) Option {
	return optionFunc(func(c *config) {
		host, text := "", ""
		if c.check("slack: URL", webhook) {
			text, _ = webhook.read()
			u, err := parseURL(text)
			if err != nil {
				c.refuse("slack: URL: %v", err)
				return
			}
			host = u.Host
		}
		s := c.add("slack", host, opts, false)
		s.build = func(m *message, _ time.Time) (request, error) {
			target, err := webhook.read()
			if err != nil {
				return request{}, fmt.Errorf("URL: %w", err)
			}
			if _, err := parseURL(target); err != nil {
				return request{}, fmt.Errorf("URL: %w", err)
			}
			body, err := json.Marshal(map[string]any{"text": slackText(m), "mrkdwn": false, "unfurl_links": false, "unfurl_media": false})
			return request{url: target, body: body}, err
		}
	})
}

// slackText is the title, the details and the links, a line each.
func slackText(m *message) string {
	var b strings.Builder
	b.WriteString(slackEscape.Replace(m.title()))
	for _, line := range m.details() {
		b.WriteString("\n" + slackEscape.Replace(line))
	}
	for i, link := range m.Links.all() {
		separator := " | "
		if i == 0 {
			separator = "\n"
		}
		fmt.Fprintf(&b, "%s<%s|%s>", separator, strings.ReplaceAll(slackEscape.Replace(link.url), "|", "%7C"), link.name)
	}
	return b.String()
}
