// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"cmp"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/otelperf/otelperf-go/otelperf"
)

// Kinds of messages. Others of otelperf.Notice are no message by themselves.
const (
	firing   = "firing"
	update   = "update"
	resolved = "resolved"
	open     = "open" // it goes on: for sinks that are told so again and again
)

// Bounds of what one message holds.
const (
	maxEndpoints = 10  // of the spike's, the worst
	maxText      = 600 // bytes of a sentence
	maxName      = 200 // bytes of a label
)

// message is a notice with what all sinks say of it.
type message struct {
	otelperf.Notice
	Links  links
	Test   bool
	size   int       // of its JSON
	first  string    // the endpoint that the spike began with
	matter string    // of that endpoint
	until  time.Time // it is tried
}

// links are where more is to be seen; those that are not configured are empty.
type links struct {
	Page   string   `json:"page,omitzero"`
	Spike  string   `json:"spike,omitzero"`
	Bundle string   `json:"bundle,omitzero"`
	Traces []string `json:"traces,omitzero"` // of slow requests
}

var traceID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// newMessage makes the message of a notice, within the bounds, for all sinks: they only read it.
func (c *config) newMessage(n otelperf.Notice) *message {
	n.Service, n.Instance, n.Version = clean(n.Service, maxName), clean(n.Instance, maxName), clean(n.Version, maxName)
	first, matter := firstEndpoint(n.Spike.Endpoints)
	n.Spike.Endpoints = n.Spike.Endpoints[:min(len(n.Spike.Endpoints), maxEndpoints)]
	m := &message{Notice: n, first: first, matter: matter}
	if c.baseURL != "" {
		spike := c.baseURL + "spikes/" + url.PathEscape(n.Spike.ID)
		m.Links.Page, m.Links.Spike, m.Links.Bundle = c.baseURL, spike, spike+"/bundle"
	}
	for i := range n.Spike.SlowRequests {
		if id := n.Spike.SlowRequests[i].TraceID; c.traceURL != "" && traceID.MatchString(id) {
			m.Links.Traces = append(m.Links.Traces, strings.ReplaceAll(c.traceURL, traceIDVariable, id))
		}
	}
	raw, _ := json.Marshal(m.Notice) // plain values
	m.size = len(raw)
	return m
}

// firstEndpoint is the one that a spike began with, which stays while others join and become the worst.
func firstEndpoint(all []otelperf.SpikeEndpoint) (endpoint, matter string) {
	if len(all) == 0 {
		return "", ""
	}
	first := slices.MinFunc(all, func(a, b otelperf.SpikeEndpoint) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(name(&a), name(&b)), cmp.Compare(a.Matter, b.Matter))
	})
	return clean(name(&first), maxName), first.Matter
}

func name(e *otelperf.SpikeEndpoint) string { return strings.TrimSpace(e.Method + " " + e.Route) }

// summary is one line: the cause where it is known, else what was seen.
func (m *message) summary() string { return clean(cmp.Or(m.Spike.Cause, m.Spike.Reason), maxText) }

// title is the summary with what has happened to whom.
func (m *message) title() string {
	title := map[string]string{firing: "FIRING", update: "UPDATE", resolved: "RESOLVED", open: "FIRING"}[m.Kind] + " " + m.Service + ": " + m.summary()
	if m.Test {
		return "[TEST] " + title
	}
	return title
}

// details are the lines below the title.
func (m *message) details() (lines []string) {
	if m.Spike.Cause != "" {
		lines = append(lines, clean(m.Spike.Reason, maxText))
	}
	for i := range m.Spike.Signals[:min(len(m.Spike.Signals), 3)] {
		lines = append(lines, clean(m.Spike.Signals[i].Sentence, maxText))
	}
	where := "instance " + m.Instance
	if m.Version != "" {
		where += ", version " + m.Version
	}
	return append(lines, where+", since "+m.Spike.Start.UTC().Format("2006-01-02 15:04:05 UTC"))
}

// link is one of the links with its name.
type link struct{ name, url string }

func (l *links) all() (all []link) {
	for _, one := range []link{{"page", l.Page}, {"spike", l.Spike}, {"bundle", l.Bundle}} {
		if one.url != "" {
			all = append(all, one)
		}
	}
	for _, trace := range l.Traces {
		all = append(all, link{"slow trace", trace})
	}
	return all
}

// clean is text of a client on one line of at most n bytes, without what could change how the rest is read.
func clean(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s)
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n-3], "") + "…"
}
