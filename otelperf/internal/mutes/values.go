// SPDX-License-Identifier: Apache-2.0

package mutes

import (
	"strings"
	"time"
	"unicode"

	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// Bounds of what is stored.
const (
	MaxMutes = 100                // that are in force at a time
	MaxAcks  = 50                 // those of the incidents that were acknowledged last
	MaxTime  = 7 * 24 * time.Hour // from now, for a mute
	MaxBy    = 64                 // bytes
	MaxWhy   = 200                // bytes
)

// Ack says that somebody looks after an incident.
type Ack struct {
	By  string    `json:"by"`  // who; 1 to 64 bytes
	Why string    `json:"why"` // at most 200 bytes
	At  time.Time `json:"at"`  // when
}

// Muted says why, and until when, an incident that is open is not reported.
type Muted struct {
	By    string    `json:"by"`
	Why   string    `json:"why"`
	Until time.Time `json:"until"`
}

// Mute has what goes wrong at some endpoints not reported for a time. There is one for an endpoint pattern and a matter.
type Mute struct {
	ID       string    `json:"id"`
	Endpoint string    `json:"endpoint"` // pattern of "METHOD ROUTE"; "*" is everything
	Matter   string    `json:"matter"`   // one of Matters; "" is any
	By       string    `json:"by"`       // who; 1 to 64 bytes
	Why      string    `json:"why"`      // at most 200 bytes
	At       time.Time `json:"at"`       // when it was set
	Until    time.Time `json:"until"`    // at most 7 days from then
}

// Matters are what an incident can be about.
var Matters = []string{"latency", "failures", "panics", "client_errors", "silence", "objective"}

// Everything is the pattern of a mute of all endpoints.
const Everything = "*"

// Part is an endpoint of an incident that is open, and what is wrong there.
type Part struct{ Endpoint, Matter string }

// mute is a Mute that can be matched.
type mute struct {
	Mute
	pattern spikeprocessor.Pattern // unless it is of everything
}

func newMute(m Mute) (*mute, error) {
	if m.Endpoint == Everything {
		return &mute{Mute: m}, nil
	}
	p, err := spikeprocessor.ParsePattern(m.Endpoint)
	return &mute{m, p}, err
}

func (m *mute) covers(p Part) bool {
	return (m.Matter == "" || m.Matter == p.Matter) && (m.Endpoint == Everything || m.pattern.Match(p.Endpoint))
}

// Plain is text on one line, without what a terminal or a log would act on: control and formatting characters become spaces, and what is
// no UTF-8 is left out.
func Plain(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "")))
}
