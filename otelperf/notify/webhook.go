// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
)

// SignatureHeader has the time of the try in Unix seconds and the HMAC-SHA256 of it, a dot and the body: "t=1767225600,v1=5257a8…".
const SignatureHeader = "Otelperf-Signature"

const schema = "otelperf.notify/v1"

// payload is the JSON that a webhook gets. Fields are added, never changed, within one schema.
type payload struct {
	Schema         string         `json:"schema"`
	Event          string         `json:"event"`           // firing, update, resolved
	IdempotencyKey string         `json:"idempotency_key"` // the same for all tries of a message
	ID             string         `json:"id"`              // of the incident, unique with service and instance
	Time           time.Time      `json:"time"`
	Test           bool           `json:"test"`
	Service        string         `json:"service"`
	Instance       string         `json:"instance"`
	Version        string         `json:"version"`
	Severity       string         `json:"severity"` // critical, warning
	Matter         string         `json:"matter"`   // of the endpoint that it began with
	Endpoint       string         `json:"endpoint"` // that it began with
	Summary        string         `json:"summary"`  // the cause where it is known, else what was seen
	Description    string         `json:"description"`
	Links          links          `json:"links"`
	Spike          otelperf.Spike `json:"spike"` // with 10 endpoints at most
}

// Webhook posts JSON (schema otelperf.notify/v1 in the README) to a URL, signed with key (SignatureHeader; see Verify). The header
// Idempotency-Key is the same for all tries of a message.
func Webhook(target string, key Secret, opts ...SinkOption) Option {
	return optionFunc(func(c *config) {
		u, err := parseURL(target)
		if err != nil {
			c.refuse("webhook: URL: %v", err)
			return
		}
		s := c.add("webhook", u.Host, opts, false)
		c.check("webhook: key", key)
		s.build = func(m *message, now time.Time) (request, error) {
			secret, err := key.read()
			if err != nil {
				return request{}, fmt.Errorf("key: %w", err)
			}
			p := payload{
				Schema: schema, Event: m.Kind, ID: m.Spike.ID, Time: m.Time, Test: m.Test, Service: m.Service, Instance: m.Instance, Version: m.Version,
				Severity: m.Spike.Severity, Matter: m.matter, Endpoint: m.first, Summary: m.summary(),
				Description: strings.Join(m.details(), "\n"), Links: m.Links, Spike: m.Spike,
			}
			sum := sha256.Sum256([]byte(strings.Join([]string{m.Service, m.Instance, m.Spike.ID, m.Kind, m.Time.Format(time.RFC3339Nano)}, "\x00")))
			p.IdempotencyKey = hex.EncodeToString(sum[:16])
			body, err := json.Marshal(p)
			at := strconv.FormatInt(now.Unix(), 10)
			return request{url: target, body: body, header: map[string]string{
				SignatureHeader: "t=" + at + ",v1=" + hex.EncodeToString(signature(secret, at, body)), "Idempotency-Key": p.IdempotencyKey,
			}}, err
		}
	})
}

func signature(secret, at string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%s.%s", at, body)
	return mac.Sum(nil)
}

// Verify reports whether a webhook's request is genuine, for receivers in Go: header is that of SignatureHeader, and the try is at most
// within old, or ahead by as much; that and Idempotency-Key are against replays.
func Verify(key string, header string, body []byte, within time.Duration) error {
	at, rest, _ := strings.Cut(strings.TrimPrefix(header, "t="), ",")
	seconds, err := strconv.ParseInt(at, 10, 64)
	given, hexErr := hex.DecodeString(strings.TrimPrefix(rest, "v1="))
	if key == "" || err != nil || hexErr != nil || !hmac.Equal(given, signature(key, at, body)) {
		return errors.New("notify: the signature is not right")
	}
	if age := time.Since(time.Unix(seconds, 0)).Abs(); age > within {
		return fmt.Errorf("notify: the signature is of %v ago, accepted are %v", age.Round(time.Second), within)
	}
	return nil
}
